/// One request to an API server.
public struct APIRequest: Sendable {
  /// What is asked, as roles name it; requests are counted by it.
  public enum Verb: String, Sendable, CaseIterable {
    case get, list, watch, create, apply, patch, update, delete, discover
  }

  public var verb: Verb
  /// What it is asked of, such as `Deployment`; empty for the server itself.
  public var kind: String
  /// Already percent-encoded.
  public var path: String
  public var query: [(name: String, value: String)] = []
  public var body: [UInt8]?
  public var contentType = "application/json"
  public var accept = "application/json"
  /// The entity tag of what is known already; the answer may then be a 304.
  public var knownTag: String?
  /// How long request and answer may take; nil for what the client's settings say.
  public var deadline: Duration?
  public var answerBytes = ClientLimits.answerBytes
  /// Whether it begins at once, whatever waits for its turn: for the few that would mean something else when late.
  public var isUrgent = false
  /// Which object, for errors; empty for none in particular.
  public var name = ""

  public init(_ verb: Verb, kind: String, path: String) {
    self.verb = verb
    self.kind = kind
    self.path = path
  }

  /// What errors call it.
  var what: String {
    let object = [kind, name].filter { !$0.isEmpty }.joined(separator: " ")
    return object.isEmpty ? "\(verb.rawValue) of \(path)" : "\(verb.rawValue) of \(object)"
  }

  var method: String {
    switch verb {
    case .get, .list, .watch, .discover: "GET"
    case .create: "POST"
    case .apply, .patch: "PATCH"
    case .update: "PUT"
    case .delete: "DELETE"
    }
  }

  /// Path and query.
  var target: String {
    guard !query.isEmpty else { return path }
    let pairs = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
    return "\(path)?\(pairs.joined(separator: "&"))"
  }

  /// The text with everything but RFC 3986's unreserved characters percent-encoded.
  static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// An answer that is a success.
public struct APIAnswer: Sendable {
  public var status: Int
  public var contentType: String
  public var tag: String?
  public var body: [UInt8]

  /// Whether what the request's `knownTag` names is still what there is.
  public var isNotModified: Bool { status == 304 }
}
