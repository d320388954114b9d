import Synchronization

/// Counts requests by verb and kind, and how they ended.
public final class RequestCounter: Sendable {
  public struct Key: Hashable, Sendable {
    public var verb: APIRequest.Verb
    public var kind: String
  }

  public struct Count: Hashable, Sendable {
    public var requests = 0
    /// Of them, those that came to nothing.
    public var failures = 0
  }

  /// Bounds the kinds that are told apart: names of kinds come from outside.
  static let kindsLimit = 1_000

  private let counts = Mutex<[Key: Count]>([:])

  public init() {}

  public var snapshot: [Key: Count] { counts.withLock { $0 } }

  /// How many requests there were, of these verbs.
  public func total(_ verbs: Set<APIRequest.Verb> = Set(APIRequest.Verb.allCases)) -> Int {
    counts.withLock { counts in counts.reduce(0) { verbs.contains($1.key.verb) ? $0 + $1.value.requests : $0 } }
  }

  func record(_ request: APIRequest, failed: Bool) {
    counts.withLock { counts in
      var key = Key(verb: request.verb, kind: request.kind)
      if counts[key] == nil, counts.count >= Self.kindsLimit { key.kind = "" }
      counts[key, default: Count()].requests += 1
      if failed { counts[key, default: Count()].failures += 1 }
    }
  }
}
