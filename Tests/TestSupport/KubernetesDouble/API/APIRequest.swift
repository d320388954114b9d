import Manifests

/// A request as it came over HTTP, its caller known.
struct APIRequest: Sendable {
  var method: String
  var path: String
  var query: [String: String]
  var accept: String
  var contentType: String
  var ifNoneMatch: String
  var userAgent: String
  var user: User
  /// Who wants to act as `user`; nil when it is the user itself.
  var impersonator: User?
  var body: [UInt8]

  /// Who asks.
  struct User: Hashable, Sendable {
    var name: String
    var groups: [String]
  }

  func flag(_ name: String) -> Bool { query[name] == "true" || query[name] == "1" }

  func integer(_ name: String) -> Int? { query[name].flatMap { Int($0) } }

  var segments: [String] { path.split(separator: "/").map { Self.percentDecoded(String($0)) } }

  /// The name an update is recorded under: what was given, else the program's name in the user agent.
  var fieldManager: String {
    if let given = query["fieldManager"], !given.isEmpty { return given }
    return userAgent.split(separator: "/").first.map(String.init) ?? "unknown"
  }

  static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What the server answers.
struct APIResponse: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// A watch that was registered under this number: its events follow.
    case watch(Int)
  }

  var status: Int
  var headers: [(name: String, value: String)]
  var body: Body

  static func json(_ bytes: [UInt8], status: Int = 200) -> APIResponse {
    APIResponse(status: status, headers: [("Content-Type", "application/json")], body: .bytes(bytes))
  }

  static func json(_ value: Value, status: Int = 200) -> APIResponse { json(JSON.compact(value), status: status) }

  static func text(_ text: String, status: Int = 200) -> APIResponse {
    APIResponse(
      status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: .bytes(Array(text.utf8)))
  }
}
