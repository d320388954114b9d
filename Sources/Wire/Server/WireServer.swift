public import FleetModel
public import GRPCCore
internal import GRPCNIOTransportCore
public import Logging
public import Manifests
public import NIOCore
internal import Synchronization
internal import Trust

/// The hub's gRPC server: one port, TLS 1.3, client certificates where there are any.
public final class WireServer: Sendable {
  public struct Configuration: Sendable {
    /// A name or address of this machine to listen on.
    public var host: String
    /// 0 for any free port.
    public var port: Int
    public var tls: ServerTLS
    /// The fleet whose identities are let in.
    public var fleet: String
    /// Why a client is shut out, asked on every call, and for each connection every `limits.recheck`, so it
    /// answers from memory; nil for a client in good standing. Expiry is the server's own check.
    public var refusal: @Sendable (Peer) -> FleetError?
    /// The clock that certificates are held against.
    public var now: @Sendable () -> Timestamp
    public var limits = Limits()
    /// gRPC's status for kinds of errors that `Wire` does not know.
    public var statuses: [FleetError.Code: WireStatus]
    /// Hears of every call of a method that the server has: its full name, and gRPC's name for how it ended.
    public var callEnded: @Sendable (_ method: String, _ status: String) -> Void = { _, _ in }

    public init(
      host: String, port: Int, tls: ServerTLS, fleet: String,
      refusal: @escaping @Sendable (Peer) -> FleetError?, now: @escaping @Sendable () -> Timestamp,
      statuses: [FleetError.Code: WireStatus] = [:]
    ) {
      self.host = host
      self.port = port
      self.tls = tls
      self.fleet = fleet
      self.refusal = refusal
      self.now = now
      self.statuses = statuses
    }
  }

  /// How much of what the server takes, and how long it waits.
  public struct Limits: Sendable {
    /// See `WireLimits.connections`.
    public var connections = WireLimits.connections
    /// See `WireLimits.connectionsPerIdentity`.
    public var connectionsPerIdentity = WireLimits.connectionsPerIdentity
    /// See `WireLimits.handshakeTimeout`.
    public var handshake = WireLimits.handshakeTimeout
    /// See `WireLimits.anonymousConnectionAge`.
    public var anonymousConnection = WireLimits.anonymousConnectionAge
    /// See `WireLimits.recheckInterval`.
    public var recheck = WireLimits.recheckInterval
    /// See `WireLimits.stopGrace`.
    public var stopGrace = WireLimits.stopGrace

    public init() {}
  }

  private typealias Transport = HTTP2ServerTransport.Custom<HubListener>

  private let configuration: Configuration
  private let registry: ConnectionRegistry
  private let transport: Transport
  private let server: GRPCServer<Transport>
  private let stop = StopSignal()
  private let hurry = StopSignal()

  public init(
    _ configuration: Configuration, services: [any RegistrableRPCService], eventLoopGroup: any EventLoopGroup,
    logger: Logger
  ) {
    self.configuration = configuration
    let stop = stop
    registry = ConnectionRegistry(limits: configuration.limits)
    let policy = ConnectionPolicy(
      refusal: configuration.refusalOrExpiry, limits: configuration.limits,
      logger: logger)
    transport = Transport(
      listenerFactory: HubListener(
        eventLoopGroup: eventLoopGroup, host: configuration.host, port: configuration.port, tls: configuration.tls,
        registry: registry, policy: policy),
      config: .flotilla)
    let interceptor = PeerInterceptor(
      registry: registry, policy: policy, statuses: WireStatuses(configuration.statuses),
      isStopping: { stop.isGiven })
    server = GRPCServer(
      transport: transport, services: services,
      interceptors: [CallObserver(ended: configuration.callEnded), interceptor])
  }

  /// The port that the server listens on, once it does; nil when it could not or has stopped.
  public var boundPort: Int? {
    get async {
      guard let address = await transport.listeningAddress else { return nil }
      return address.ipv4?.port ?? address.ipv6?.port
    }
  }

  /// Serves until `beginGracefulShutdown`, and then until the calls under way are over or the grace is. To be called
  /// once. Cancelling the task stops the server without grace.
  public func run() async throws {
    // gRPC must not be cancelled while it accepts connections: one that it has accepted and not yet taken up would be
    // dropped in a state that NIO traps on. So cancellation, too, stops accepting first.
    let serving = Task { try await self.serveUntilStopped() }
    try await withTaskCancellationHandler {
      try await serving.value
    } onCancel: {
      hurry.give()
      beginGracefulShutdown()
    }
  }

  private func serveUntilStopped() async throws {
    let outcome = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
      group.addTask { await self.serve() }
      group.addTask { await self.cutDoomedConnections() }
      group.addTask { await self.limitGrace() }
      var outcome: Result<Void, any Error>?
      while outcome == nil, let ended = await group.next() { outcome = ended }
      group.cancelAll()
      return outcome
    }
    try outcome?.get()
  }

  /// Takes no more connections and calls; streams are cancelled, unary calls get to end.
  public func beginGracefulShutdown() {
    stop.give()
    server.beginGracefulShutdown()
  }

  /// Cuts the live connections of the clients that the condition names, and with them their streams; returns how many.
  ///
  /// Revoked and expired clients are cut without this, within `limits.recheck`.
  @discardableResult
  public func disconnect(where condition: (Peer) -> Bool) -> Int { registry.close(where: condition) }

  /// How many connections there are now.
  public var connectionCount: Int { registry.count }

  private func serve() async -> Result<Void, any Error> {
    do {
      try await server.serve()
      return .success(())
    } catch {
      // A server that was stopped before it began, or in the middle of a connection's end, has stopped.
      if stop.isGiven { return .success(()) }
      let cause = (error as? RuntimeError)?.cause ?? error
      return .failure(
        FleetError(
          .serverFailed, "cannot serve on \(configuration.host) port \(configuration.port)", cause: "\(cause)",
          nextStep: "check that the address is this machine's and that nothing else listens there"))
    }
  }

  private func cutDoomedConnections() async -> Result<Void, any Error>? {
    while (try? await Task.sleep(for: configuration.limits.recheck)) != nil {
      registry.close { configuration.refusalOrExpiry($0) != nil }
    }
    return nil
  }

  /// Ends a stop that takes too long.
  private func limitGrace() async -> Result<Void, any Error>? {
    await stop.wait()
    let grace = Task { try? await Task.sleep(for: configuration.limits.stopGrace) }
    let hurried = Task {
      await hurry.wait()
      grace.cancel()
    }
    await withTaskCancellationHandler {
      await grace.value
    } onCancel: {
      grace.cancel()
    }
    hurried.cancel()
    await cutAllConnections()
    return Task.isCancelled ? nil : .success(())
  }

  /// Cuts every connection until gRPC has come to its end, which cancels this; then `WireLimits.stopCut` has the say.
  ///
  /// A connection that was accepted before the end is still taken up by gRPC, and finds itself closed. Cancelling gRPC
  /// before that would drop it in a state that NIO traps on.
  private func cutAllConnections() async {
    let deadline = ContinuousClock.now + WireLimits.stopCut
    while !Task.isCancelled, ContinuousClock.now < deadline {
      registry.closeAll()
      try? await Task.sleep(for: WireLimits.stopCutInterval)
    }
  }
}

extension WireServer.Configuration {
  /// Why a client is turned away now; nil for one that is not.
  @Sendable fileprivate func refusalOrExpiry(_ peer: Peer) -> FleetError? {
    if !peer.identity.fleet.hasSameBytes(as: fleet) { return .wrongFleet(peer) }
    return peer.certificate.notAfter < now() ? .certificateExpired : refusal(peer)
  }
}

extension FleetError.Code {
  /// The server could not listen, or failed while it served.
  public static let serverFailed = FleetError.Code("server-failed")
}

/// A signal that is given once and stays given.
private final class StopSignal: Sendable {
  private let given = Atomic(false)
  private let stream = AsyncStream.makeStream(of: Void.self)

  var isGiven: Bool { given.load(ordering: .acquiring) }

  func give() {
    given.store(true, ordering: .releasing)
    stream.continuation.finish()
  }

  /// Returns when the signal is given or this task is cancelled. For one task.
  func wait() async {
    for await _ in stream.stream {}
  }
}
