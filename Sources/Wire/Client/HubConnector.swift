internal import Digests
internal import GRPCCore
internal import GRPCNIOTransportCore
internal import Manifests
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// Makes one verified connection to the hub.
struct HubConnector: Sendable {
  typealias Transport = HTTP2ClientTransport.WrappedChannel

  let address: HubAddress
  let material: ClientTLS.Material
  let eventLoopGroup: any EventLoopGroup
  let ending: ConnectionEnding

  /// Connects and verifies; the event loop is the connection's. Cancelling the task closes what is under way.
  func connect() async throws -> (Transport, any EventLoop) {
    let attempt = ConnectAttempt()
    return try await withTaskCancellationHandler {
      do {
        let context = try material.context(authorities: try await authorities(attempt))
        let channel = try await verified(context, attempt)
        let transport = try await Transport.wrapping(config: configuration) { configure in
          try await channel.eventLoop.flatSubmit {
            configure(channel).always { _ in
              // The verifier is still there: only a closed channel's pipeline has lost it, and then there is no need.
              try? channel.pipeline.syncOperations.handler(type: HubVerifier.self).release()
            }
          }.get()
        }
        return (transport, channel.eventLoop)
      } catch {
        try Task.checkCancellation()
        throw ending.explain(error)
      }
    } onCancel: {
      attempt.cancel()
    }
  }

  /// A connection that has shown to be the hub's.
  private func verified(_ context: NIOSSLContext, _ attempt: ConnectAttempt) async throws -> any Channel {
    let (channel, verified) = try await open(attempt) { channel in
      let verified = channel.eventLoop.makePromise(of: Void.self)
      let verifier = HubVerifier(
        fleet: material.trust.fleet, verified: verified, ending: ending)
      try channel.pipeline.syncOperations.addHandlers(
        NIOSSLClientHandler(context: context, serverHostname: serverName), verifier)
      return (channel, verified.futureResult)
    }
    try await verified.get()
    return channel
  }

  /// The certificates to verify the hub's against.
  private func authorities(_ attempt: ConnectAttempt) async throws -> [[UInt8]] {
    switch material.trust.anchor {
    case .certificates(let certificates): certificates
    case .publicKey(let digest): [try await authority(withPublicKey: digest, attempt)]
    }
  }

  /// Looks at the chain that the hub shows and takes from it the authority with this key; nothing is believed of it but
  /// that key, which the connection made next is verified with.
  private func authority(withPublicKey digest: Digest, _ attempt: ConnectAttempt) async throws -> [UInt8] {
    let context = try ClientTLS.Material.lookingContext()
    let (channel, shown) = try await open(attempt) { channel in
      let promise = channel.eventLoop.makePromise(of: [NIOSSLCertificate].self)
      let handler = try NIOSSLClientHandler(context: context, serverHostname: serverName) { certificates, verdict in
        promise.succeed(certificates)
        verdict.succeed(NIOSSLVerificationResult.failed)
      }
      try channel.pipeline.syncOperations.addHandler(handler)
      channel.closeFuture.whenComplete { _ in promise.fail(ending.error) }
      let timeout = channel.eventLoop.scheduleTask(in: TimeAmount(WireLimits.connectTimeout)) {
        channel.close(mode: .all, promise: nil)
      }
      promise.futureResult.whenComplete { _ in timeout.cancel() }
      return (channel, promise.futureResult)
    }
    let certificates = try await shown.get()
    channel.close(mode: .all, promise: nil)
    for certificate in certificates {
      if Digest(of: try certificate.extractPublicKey().toSPKIBytes()) == digest { return try certificate.toDERBytes() }
    }
    throw FleetError(
      .hubNotTrusted, "no certificate shown at \(address) has the public key that the join token names",
      nextStep: "check the address; if the hub's authority was replaced, make a new token")
  }
}

extension HubConnector {
  /// Opens a TCP connection.
  private func open<Output: Sendable>(
    _ attempt: ConnectAttempt, _ initialize: @escaping @Sendable (any Channel) throws -> Output
  ) async throws -> Output {
    do {
      return try await ClientBootstrap(group: eventLoopGroup)
        .connectTimeout(TimeAmount(WireLimits.connectTimeout))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: address.host, port: address.port) { channel in
          attempt.add(channel)
          return channel.eventLoop.makeCompletedFuture { try initialize(channel) }
        }
    } catch {
      throw FleetError(
        .unavailable, "cannot connect to the hub at \(address)", cause: "\(error)",
        nextStep: "check the address, and that the hub runs and can be reached from here")
    }
  }

  /// The name to ask for in the handshake; TLS knows none for an address.
  private var serverName: String? {
    (try? NIOCore.SocketAddress(ipAddress: address.host, port: 0)) == nil ? address.host : nil
  }

  /// Every setting by name: none is left to a default.
  private var configuration: Transport.Config {
    .defaults { config in
      config.http2 = .init(
        maxFrameSize: WireLimits.frameBytes, targetWindowSize: WireLimits.clientWindowBytes, authority: "\(address)")
      config.connection.maxIdleTime = nil
      config.connection.keepalive = .init(
        time: WireLimits.clientKeepalive, timeout: WireLimits.clientKeepaliveTimeout, allowWithoutCalls: true)
      config.connection.flushCoalescing = nil
      config.compression = .init(algorithm: .none, enabledAlgorithms: .gzip)
    }
  }
}

/// The channels of one attempt to connect: a name may have several addresses, which are tried side by side.
private final class ConnectAttempt: Sendable {
  private struct State {
    var channels: [any Channel] = []
    var isCancelled = false
  }
  private let state = Mutex(State())

  func add(_ channel: any Channel) {
    let isCancelled = state.withLock { state in
      if !state.isCancelled { state.channels.append(channel) }
      return state.isCancelled
    }
    if isCancelled { channel.close(mode: .all, promise: nil) }
  }

  func cancel() {
    let channels = state.withLock { state in
      defer { state.channels = [] }
      state.isCancelled = true
      return state.channels
    }
    for channel in channels { channel.close(mode: .all, promise: nil) }
  }
}
