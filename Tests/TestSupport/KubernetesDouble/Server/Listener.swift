import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The socket that clients connect to, and the connections it took.
final class Listener: Sendable {
  let channel: any Channel
  private let connections: Connections

  var port: Int { channel.localAddress?.port ?? 0 }

  static func start(core: DoubleCore, port: Int) async throws -> Listener {
    let connections = Connections()
    let tls = try core.settings.tls?.context()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        connections.add(channel)
        return channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
          try pipeline.configureHTTPServerPipeline()
          try pipeline.addHandler(RequestHandler(core: core))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    return Listener(channel, connections)
  }

  private init(_ channel: any Channel, _ connections: Connections) {
    self.channel = channel
    self.connections = connections
  }

  /// Takes no more connections.
  func close() async { try? await channel.close() }

  /// Closes what is open, at once.
  func dropConnections() async {
    for channel in connections.takeAll() { try? await channel.close() }
  }
}

private final class Connections: Sendable {
  private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

  func add(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    open.withLock { $0[id] = channel }
    channel.closeFuture.whenComplete { [weak self] _ in
      _ = self?.open.withLock { $0.removeValue(forKey: id) }
    }
  }

  func takeAll() -> [any Channel] {
    open.withLock { open in
      defer { open = [:] }
      return Array(open.values)
    }
  }
}
