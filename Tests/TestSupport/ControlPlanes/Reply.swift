import AsyncHTTPClient
public import Manifests
import NIOCore
import NIOHTTP1

/// An answer, read whole.
public struct Reply: Sendable {
  public var status: Int
  var headers: HTTPHeaders
  public var bytes: [UInt8]

  public var text: String { String(decoding: bytes, as: UTF8.self) }
  public var value: Value { (try? JSON.parse(bytes, file: "reply")) ?? .null }
  public var reason: String? { value["reason"]?.string }
  public var message: String { value["message"]?.string ?? "" }
  public var causes: [Value] { value[path: "details", "causes"]?.array ?? [] }
  public var type: String { header("Content-Type") ?? "" }
  public func header(_ name: String) -> String? { headers.first(name: name) }
  public var resourceVersion: String { value[path: "metadata", "resourceVersion"]?.string ?? "" }
}

/// The events of a watch, one by one.
public final class WatchReader {
  private var bytes: [UInt8] = []
  private var chunks: HTTPClientResponse.Body.AsyncIterator
  public let status: Int
  let headers: HTTPHeaders

  init(_ response: HTTPClientResponse) {
    status = Int(response.status.code)
    headers = response.headers
    chunks = response.body.makeAsyncIterator()
  }

  /// The next event; nil when the server ended the stream.
  public func next(isolation: isolated (any Actor)? = #isolation) async throws -> Value? {
    while true {
      if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(bytes[..<end])
        bytes.removeSubrange(...end)
        return try JSON.parse(line, file: "event")
      }
      guard let chunk = try await chunks.next(isolation: isolation) else { return nil }
      bytes += chunk.readableBytesView
    }
  }

  /// The type and the object's name of the next event.
  public func nextLine(isolation: isolated (any Actor)? = #isolation) async throws -> String {
    guard let event = try await next(isolation: isolation) else { return "end" }
    return "\(event["type"]?.string ?? "") \(event[path: "object", "metadata", "name"]?.string ?? "")"
  }
}
