internal import Logging
internal import Manifests
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import NIOSSL
internal import NIOTLS

/// What decides about a connection.
struct ConnectionPolicy: Sendable {
  /// Why a client is turned away, expiry included; nil for one that is not.
  let refusal: @Sendable (Peer) -> FleetError?
  let limits: WireServer.Limits
  let logger: Logger
}

/// Sits behind TLS on each connection: bounds the handshake, then notes whose connection it is.
final class ClientIdentifier: ChannelInboundHandler {
  typealias InboundIn = NIOAny

  let number: UInt64
  private let registry: ConnectionRegistry
  private let policy: ConnectionPolicy
  private var deadline: Scheduled<Void>?

  init(number: UInt64, registry: ConnectionRegistry, policy: ConnectionPolicy) {
    self.number = number
    self.registry = registry
    self.policy = policy
  }

  func handlerAdded(context: ChannelHandlerContext) { closeAfter(policy.limits.handshake, context) }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event { identify(context) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    policy.logger.debug(
      "connection failed", metadata: ["error": "\(error)", "peer": "\(context.remoteAddress.map { "\($0)" } ?? "")"])
    context.fireErrorCaught(error)
    if error is NIOSSLError { context.close(promise: nil) }
  }

  private func identify(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = nil
    let client = read(context)
    // Who is nobody here, or turned away, has time to hear so, and no more.
    if client.peer == nil { closeAfter(policy.limits.anonymousConnection, context) }
    if !registry.note(number, client) { context.close(promise: nil) }
  }

  private func read(_ context: ChannelHandlerContext) -> ConnectionRegistry.Client {
    do {
      guard let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate() else { return .anonymous }
      let peer = try Peer(certificate: try certificate.toDERBytes())
      return policy.refusal(peer).map { .unusable($0) } ?? .identified(peer)
    } catch {
      return .unusable(
        FleetError(.certificateUnusable, "the client certificate is no identity of a fleet", cause: "\(error)"))
    }
  }

  private func closeAfter(_ time: Duration, _ context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(time)) { channel.close(mode: .all, promise: nil) }
  }
}

/// Sits between TLS and HTTP/2: hands what came on in buffers of its own size.
///
/// TLS decrypts into a buffer of 32 KB, and HTTP/2's decoder holds on to the last one that it was given, so that without
/// this a silent connection costs twice that.
final class InboundTrimmer: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(buffer: unwrapInboundIn(data))))
  }
}

/// Sits first on each HTTP/2 stream: writes its connection's number into the request, where the interceptor finds it,
/// and keeps long-lived calls from being compressed.
final class StreamTagger: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias InboundOut = HTTP2Frame.FramePayload

  /// A client that sends this field has it removed.
  static let field = "flotilla-connection"
  private static let acceptEncoding = "grpc-accept-encoding"

  private let number: UInt64

  init(number: UInt64) { self.number = number }

  /// Adds a tagger to a new stream, with the number of the connection it came on.
  static func install(on stream: any Channel) -> EventLoopFuture<Void> {
    stream.eventLoop.makeCompletedFuture {
      guard let connection = stream.parent else { throw ChannelError.inappropriateOperationForState }
      let identifier = try connection.pipeline.syncOperations.handler(type: ClientIdentifier.self)
      try stream.pipeline.syncOperations.addHandler(StreamTagger(number: identifier.number), position: .first)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .headers(var frame) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    frame.headers.remove(name: StreamTagger.field)
    frame.headers.add(name: StreamTagger.field, value: String(number))
    let path = frame.headers.first(name: ":path") ?? ""
    if !PeerPolicy.compressedPaths.contains(path) { frame.headers.remove(name: StreamTagger.acceptEncoding) }
    context.fireChannelRead(wrapInboundOut(.headers(frame)))
  }
}
