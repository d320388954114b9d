import NIOCore
import NIOHTTP1

/// An answer on its way to a connection. Everything is written from the connection's event loop, later.
struct Answer: Sendable {
  var response: APIResponse
  var isHead: Bool
  var keepAlive: Bool

  func write(to channel: any Channel) {
    var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
    var end = true
    var bytes: [UInt8] = []
    switch response.body {
    case .bytes(let body):
      bytes = isHead ? [] : body
      headers.add(name: "Content-Length", value: String(body.count))
    case .watch: end = false
    }
    headers.add(name: "Cache-Control", value: "no-cache, private")
    if !keepAlive { headers.add(name: "Connection", value: "close") }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    let closes = !keepAlive && end
    channel.eventLoop.execute { [bytes, end] in
      channel.write(HTTPServerResponsePart.head(head), promise: nil)
      if !bytes.isEmpty {
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
      }
      guard end else { return channel.flush() }
      let done = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
      if closes { done.whenComplete { _ in channel.close(promise: nil) } }
    }
  }

  static func write(_ bytes: [UInt8], to channel: any Channel) {
    channel.eventLoop.execute {
      channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes))), promise: nil)
    }
  }

  static func end(_ channel: any Channel) {
    channel.eventLoop.execute {
      channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
    }
  }
}
