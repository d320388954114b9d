internal import Digests
internal import Manifests
internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import Trust

/// Sits behind TLS on the client's connection: lets nothing pass as the hub but the hub, and remembers what ended the
/// connection.
///
/// gRPC's handlers come only when the hub is verified (they must not be dropped once they are made), so what the hub
/// sends until then is held back.
final class HubVerifier: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let fleet: String?
  private let verified: EventLoopPromise<Void>
  private let ending: ConnectionEnding
  private var deadline: Scheduled<Void>?
  private var held: [NIOAny]? = []
  private weak var context: ChannelHandlerContext?

  init(
    fleet: String?, verified: EventLoopPromise<Void>, ending: ConnectionEnding
  ) {
    self.fleet = fleet
    self.verified = verified
    self.ending = ending
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let (channel, verified) = (context.channel, verified)
    deadline = context.eventLoop.scheduleTask(in: TimeAmount(WireLimits.connectTimeout)) {
      verified.fail(FleetError(.timedOut, "the hub did not complete the TLS handshake"))
      channel.close(mode: .all, promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    verified.fail(ending.error)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if held == nil { context.fireChannelRead(data) } else { held?.append(data) }
  }

  /// Passes on what was held back, and all that comes from now on. For the event loop, when gRPC's handlers are there.
  func release() {
    let reads = held ?? []
    held = nil
    guard let context, !reads.isEmpty else { return }
    for read in reads { context.fireChannelRead(read) }
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event { check(context) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    ending.note(error)
    context.fireErrorCaught(error)
    if error is NIOSSLError { context.close(promise: nil) }
  }

  private func check(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    do {
      guard let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate() else {
        throw FleetError(.hubNotTrusted, "the hub showed no certificate")
      }
      try requireHub(try certificate.toDERBytes())
      verified.succeed()
    } catch {
      ending.note(error)
      verified.fail(error)
      context.close(promise: nil)
    }
  }

  private func requireHub(_ certificate: [UInt8]) throws(FleetError) {
    guard let peer = try? Peer(certificate: certificate), peer.identity.name == .hub else {
      throw FleetError(.hubNotTrusted, "what answers has a certificate of the fleet's authority, but not a hub's")
    }
    guard fleet == nil || fleet?.hasSameBytes(as: peer.identity.fleet) == true else {
      throw FleetError(.hubNotTrusted, "what answers is the hub of another fleet, \(peer.identity.fleet)")
    }
  }
}
