/// A request as a fault or a test sees it.
public struct ReceivedRequest: Hashable, Sendable {
  public var method: String
  /// Without the query, percent-encoded as it came.
  public var path: String
  public var query: [String: String]
  public var userAgent: String
  public var contentType: String
  /// The status of the answer; 0 while there is none, or when none was given.
  public var status = 0

  public var isWatch: Bool { method == "GET" && ["true", "1"].contains(query["watch"] ?? "") }

  /// Whether it may change something: dry runs do not.
  public var isWrite: Bool { ["POST", "PUT", "PATCH", "DELETE"].contains(method) && query["dryRun"] == nil }

  public var isApply: Bool { method == "PATCH" && contentType.hasPrefix("application/apply-patch") }
}

/// Something that goes wrong with requests of a certain kind.
public struct Fault: Sendable {
  public enum Effect: Sendable {
    /// The answer comes this many seconds late.
    case delay(Double)
    /// No answer comes, and nothing happens.
    case hang
    /// The request is carried out, and no answer comes.
    case mute
    /// The connection is closed instead of an answer.
    case drop
    /// The request is carried out, and the connection is closed instead of the answer.
    case dropAfterwards
    /// This comes instead, as plain text: what proxies and failing servers answer.
    case answer(status: Int, text: String)
    /// A watch begins, and nothing ever comes on it.
    case silence
  }

  public var effect: Effect
  /// How many requests it strikes; nil: all until it is taken away.
  public var count: Int?
  public var strikes: @Sendable (ReceivedRequest) -> Bool

  public init(_ effect: Effect, count: Int? = nil, where strikes: @escaping @Sendable (ReceivedRequest) -> Bool) {
    self.effect = effect
    self.count = count
    self.strikes = strikes
  }
}
