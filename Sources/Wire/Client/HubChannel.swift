internal import GRPCCore
internal import GRPCNIOTransportCore
internal import Manifests
public import NIOCore

/// One connection to the hub, for the generated clients to call on.
///
/// It does not connect again by itself: when it is lost, calls fail with `unavailable` and the caller makes a new one,
/// with a pause that grows. Errors of calls are `FleetError`s as the hub threw them.
public final class HubChannel: Sendable {
  private let client: GRPCClient<HubConnector.Transport>
  private let tls: ClientTLS
  private let generation: UInt64
  private let ending: ConnectionEnding
  private let eventLoop: any EventLoop

  private init(
    client: GRPCClient<HubConnector.Transport>, tls: ClientTLS, generation: UInt64, ending: ConnectionEnding,
    eventLoop: any EventLoop
  ) {
    self.client = client
    self.tls = tls
    self.generation = generation
    self.ending = ending
    self.eventLoop = eventLoop
  }

  /// Connects to the hub, runs `body` with the connection, and closes it.
  ///
  /// Returns or throws what `body` does. Throws before `body` runs when the hub cannot be reached (`unavailable`,
  /// `timed-out`) or has not shown that it is the hub (`hub-not-trusted`). Cancelling the task ends all calls.
  public static func withConnection<Result: Sendable>(
    to address: HubAddress, tls: ClientTLS, eventLoopGroup: any EventLoopGroup,
    _ body: @Sendable @escaping (HubChannel) async throws -> Result
  ) async throws -> Result {
    let ending = ConnectionEnding(address)
    let material = tls.current
    let connector = HubConnector(
      address: address, material: material, eventLoopGroup: eventLoopGroup, ending: ending)
    let (transport, eventLoop) = try await connector.connect()
    let client = GRPCClient(transport: transport)
    let channel = HubChannel(
      client: client, tls: tls, generation: material.generation, ending: ending, eventLoop: eventLoop)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        // How the connection ends shows in the calls on it.
        try? await client.runConnections()
      }
      defer { group.cancelAll() }
      return try await body(channel)
    }
  }

  /// Returns when `ClientTLS` has something newer than this connection was made with: time to make a new connection and
  /// let this one go. Returns also when the task is cancelled.
  public func outdated() async { await tls.changed(since: generation) }
}

// How generated clients call.
extension HubChannel {
  func unary<Request, Response>(
    _ method: WireMethod<Request, Response>, _ request: Request, timeout: Duration
  ) async throws(FleetError) -> Response {
    do {
      return try await client.unary(
        request: ClientRequest(message: request), descriptor: method.descriptor,
        serializer: MessageEncoder<Request>(), deserializer: MessageDecoder<Response>(limit: WireLimits.messageBytes),
        options: HubChannel.options(timeout)
      ) { response in try response.message }
    } catch {
      throw ending.explain(error) as? FleetError ?? FleetError(.callCancelled, "the call was cancelled")
    }
  }

  func serverStreaming<Request, Response, Result: Sendable>(
    _ method: WireMethod<Request, Response>, _ request: Request, timeout: Duration?,
    onResponses body: @Sendable @escaping (MessageStream<Response>) async throws -> Result
  ) async throws -> Result {
    try await explaining {
      try await self.client.serverStreaming(
        request: ClientRequest(message: request), descriptor: method.descriptor,
        serializer: MessageEncoder<Request>(), deserializer: MessageDecoder<Response>(limit: WireLimits.messageBytes),
        options: HubChannel.options(timeout)
      ) { response in try await body(MessageStream(response.messages)) }
    }
  }

  func bidirectionalStreaming<Request, Response, Result: Sendable>(
    _ method: WireMethod<Request, Response>,
    sending requests: @Sendable @escaping (MessageWriter<Request>) async throws -> Void,
    onResponses body: @Sendable @escaping (MessageStream<Response>) async throws -> Result
  ) async throws -> Result {
    try await explaining {
      try await self.client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          try await requests(MessageWriter(writer, on: self.eventLoop))
        },
        descriptor: method.descriptor, serializer: MessageEncoder<Request>(),
        deserializer: MessageDecoder<Response>(limit: WireLimits.messageBytes), options: HubChannel.options(nil)
      ) { response in try await body(MessageStream(response.messages)) }
    }
  }

  private func explaining<Result: Sendable>(_ call: () async throws -> Result) async throws -> Result {
    do {
      return try await call()
    } catch {
      throw ending.explain(error)
    }
  }

  private static func options(_ timeout: Duration?) -> CallOptions {
    var options = CallOptions.defaults
    options.timeout = timeout
    // gRPC's transport bounds answers by this, whatever its name says.
    options.maxRequestMessageBytes = WireLimits.messageBytes
    options.maxResponseMessageBytes = WireLimits.messageBytes
    return options
  }
}
