import FreePorts
import LocalFleet
import NIOCore
import NIOPosix
import Synchronization

/// The network between agents and their hub: a port that leads to another one, until it is cut.
final class Link: Sendable {
  /// Where agents connect.
  let port: Int
  /// Where the hub listens.
  let target: Int
  private let group = MultiThreadedEventLoopGroup.singleton
  private let state = Mutex(State())

  private struct State {
    var isOpen = false
    var listener: (any Channel)?
    var channels: [any Channel] = []
  }

  init() throws {
    port = try FreePorts.one()
    target = try FreePorts.one()
  }

  /// Lets connections through.
  func open() async throws {
    let wasOpen = state.withLock { state in
      defer { state.isOpen = true }
      return state.isOpen
    }
    guard !wasOpen else { return }
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { self.connect($0) }
      .bind(host: "127.0.0.1", port: port).get()
    state.withLock { $0.listener = channel }
  }

  /// Ends what there is of connections and refuses new ones.
  func cut() async {
    let before = state.withLock { state in
      defer { state = State() }
      return state
    }
    try? await before.listener?.close()
    for channel in before.channels { try? await channel.close() }
  }

  /// Ends some of the connections that there are; new ones go through.
  func hiccup(using dice: inout some RandomNumberGenerator) async {
    let victims = state.withLock { $0.channels.filter { $0.isActive } }.filter { _ in
      Int.random(in: 0..<4, using: &dice) == 0
    }
    for channel in victims { try? await channel.close() }
  }

  /// Nothing is read of a new connection before its other half is there.
  private func connect(_ inbound: any Channel) -> EventLoopFuture<Void> {
    keep(inbound)
    return ClientBootstrap(group: inbound.eventLoop)
      .channelInitializer { outbound in
        outbound.eventLoop.makeCompletedFuture { try outbound.pipeline.syncOperations.addHandler(Half(of: inbound)) }
      }
      .connect(host: "127.0.0.1", port: target)
      .flatMap { outbound in
        self.keep(outbound)
        return inbound.eventLoop.makeCompletedFuture {
          try inbound.pipeline.syncOperations.addHandler(Half(of: outbound))
        }.flatMap { inbound.setOption(.autoRead, value: true) }
      }
  }

  private func keep(_ channel: any Channel) {
    let isOpen = state.withLock { state in
      state.channels.append(channel)
      return state.isOpen
    }
    if !isOpen { channel.close(promise: nil) }
  }
}

/// Passes on what its connection gets to the other one.
private final class Half: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let other: any Channel

  init(of other: any Channel) { self.other = other }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    other.writeAndFlush(unwrapInboundIn(data), promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    other.close(promise: nil)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
