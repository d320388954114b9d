import FleetModel
import Logging
import Manifests
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Settings
import Synchronization

/// A port for those who watch over the agent: plain HTTP, one short answer a connection.
///
/// Of NIO alone: the agent shares small hosts, and three paths need no web framework.
struct AdminServer: Service {
  struct Answer: Sendable {
    var status: Int
    var type = "text/plain; charset=utf-8"
    var text: String
  }

  /// Connections at once: a kubelet and some collectors, and no more memory for anybody else.
  static let connectionsLimit = 32
  /// How long a connection lasts at most, whatever comes in on it.
  static let connectionLifetime = TimeAmount.seconds(10)

  let listen: HostAndPort
  let group: MultiThreadedEventLoopGroup
  /// What is answered on a path; nil when there is no such path.
  let answer: @Sendable (String) async -> Answer?
  let logger: Logger

  func run() async throws {
    let connections = Connections()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Int32(Self.connectionsLimit))
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        guard connections.add(channel) else { return channel.close() }
        channel.eventLoop.scheduleTask(in: Self.connectionLifetime) { channel.close(promise: nil) }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(AdminHandler(answer: answer))
        }
      }
    let port: any Channel
    do {
      port = try await bootstrap.bind(host: listen.host, port: listen.port).get()
    } catch {
      throw FleetError(
        .adminPort, "the admin port cannot be opened", at: .init(field: "admin-listen"), cause: "\(listen): \(error)",
        nextStep: "give an address of this host and a port that nobody has")
    }
    logger.info("the admin port listens", metadata: ["address": "\(listen)"])
    try await withGracefulShutdownHandler {
      try await port.closeFuture.get()
    } onGracefulShutdown: {
      port.close(promise: nil)
    }
  }

  /// Counts what is open.
  private final class Connections: Sendable {
    private let count = Atomic<Int>(0)

    func add(_ channel: any Channel) -> Bool {
      let (_, count) = count.wrappingAdd(1, ordering: .relaxed)
      channel.closeFuture.whenComplete { _ in self.count.wrappingSubtract(1, ordering: .relaxed) }
      return count <= AdminServer.connectionsLimit
    }
  }
}

extension AdminServer.Answer {
  /// 200 when nothing stands in the way; else 503 with a line each.
  init(obstacles: [String]) {
    self.init(
      status: obstacles.isEmpty ? 200 : 503,
      text: obstacles.isEmpty ? "ok\n" : obstacles.map { $0 + "\n" }.joined())
  }
}

extension FleetError.Code {
  /// The port for those who watch over the agent cannot be had.
  static let adminPort = FleetError.Code("admin-port")
}

/// One connection: a request, an answer, the end.
private final class AdminHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let answer: @Sendable (String) async -> AdminServer.Answer?
  private var head: HTTPRequestHead?

  init(answer: @escaping @Sendable (String) async -> AdminServer.Answer?) { self.answer = answer }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body: break
    case .end:
      guard let request = head else { return }
      head = nil
      let exchange = AdminExchange(head: request, answer: answer, channel: context.channel)
      Task { await exchange.run() }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// One request and its answer.
private struct AdminExchange: Sendable {
  let head: HTTPRequestHead
  let answer: @Sendable (String) async -> AdminServer.Answer?
  let channel: any Channel

  func run() async { write(await found()) }

  private func found() async -> AdminServer.Answer {
    guard head.method == .GET else { return .init(status: 405, text: "only GET is answered\n") }
    let path = String(head.uri.prefix { $0 != "?" })
    return await answer(path) ?? .init(status: 404, text: "only /healthz, /readyz and /metrics are here\n")
  }

  private func write(_ answer: AdminServer.Answer) {
    let body = ByteBuffer(string: answer.text)
    let headers: HTTPHeaders = [
      "content-type": answer.type, "content-length": "\(body.readableBytes)", "connection": "close",
    ]
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
    channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { [channel] _ in channel.close(promise: nil) }
  }
}
