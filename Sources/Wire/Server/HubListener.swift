internal import GRPCCore
internal import GRPCNIOTransportCore
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Accepts TCP connections and puts TLS, as it is configured at that moment, before gRPC's HTTP/2.
struct HubListener: HTTP2ServerTransport.ListenerFactory {
  let eventLoopGroup: any EventLoopGroup
  let host: String
  let port: Int
  let tls: ServerTLS
  let registry: ConnectionRegistry
  let policy: ConnectionPolicy

  func makeListeningChannel(
    listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
    connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
  ) async throws -> NIOAsyncChannel<HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never> {
    try await ServerBootstrap(group: eventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: WireLimits.listenBacklog)
      .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .bind(host: host, port: port) { channel in
        let ready = channel.eventLoop.makeCompletedFuture { try secure(channel) }
          .flatMap { connectionConfigurator.configure(channel: channel, tls: .configured(requireALPN: true)) }
        // NIO leaves a channel open whose initializer fails.
        ready.whenFailure { _ in channel.close(mode: .all, promise: nil) }
        return ready
      }
  }

  private func secure(_ channel: any Channel) throws {
    guard let number = registry.accept(channel) else { throw TooManyConnections() }
    let identifier = ClientIdentifier(number: number, registry: registry, policy: policy)
    try channel.pipeline.syncOperations.addHandlers(
      NIOSSLServerHandler(context: tls.current), InboundTrimmer(), identifier)
  }

  private struct TooManyConnections: Error {}
}

extension HTTP2ServerTransport.Custom.Config {
  /// Every setting by name: none is left to a default.
  static var flotilla: Self {
    let keepalive = HTTP2ServerTransport.Config.Keepalive(
      time: WireLimits.serverKeepalive, timeout: WireLimits.serverKeepaliveTimeout,
      clientBehavior: .init(
        minPingIntervalWithoutCalls: WireLimits.minimumPingInterval, allowWithoutCalls: true))
    return Self(
      compression: .init(enabledAlgorithms: [.gzip, .deflate]),
      connection: .init(
        maxAge: nil, maxGraceTime: WireLimits.stopGrace, maxIdleTime: WireLimits.idleConnectionAge,
        keepalive: keepalive),
      http2: .init(
        maxFrameSize: WireLimits.frameBytes, targetWindowSize: WireLimits.serverWindowBytes,
        maxConcurrentStreams: WireLimits.streamsPerConnection),
      rpc: .init(maxRequestPayloadSize: WireLimits.messageBytes),
      channelDebuggingCallbacks: .init(
        onBindTCPListener: nil, onAcceptTCPConnection: nil, onAcceptHTTP2Stream: StreamTagger.install))
  }
}
