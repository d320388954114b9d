import Manifests

extension APIFailure {
  /// What an answer that is no success means. Facts about real servers are in the cases.
  /// - Parameters:
  ///   - retryAfter: the header, in seconds.
  ///   - what: what was asked, such as `apply of Deployment shop/web`.
  init(status: Int, body: [UInt8], retryAfter header: String?, what: String) {
    let answer = StatusAnswer(body: body)
    let kind = Self.kind(status, answer)
    let seconds = header.flatMap { Int64($0) } ?? answer?.retryAfterSeconds
    let pause = seconds.map { min(Duration.seconds(max(0, $0)), ClientLimits.longestRetryAfter) }
    let text = answer?.message ?? String(decoding: body.prefix(ClientLimits.messageCharacters), as: UTF8.self)
    let error = FleetError(
      kind.code, "the API server refuses the \(what) with \(status)", cause: Self.plain(text),
      nextStep: Self.nextStep(kind))
    self.init(kind, status: status, retryAfter: pause, error)
  }

  /// What an event of type ERROR in a watch means: its object is a `Status` with a code of its own.
  init(event status: Value, what: String) {
    let code = status["code"]?.integer.flatMap { Int(exactly: $0) } ?? 500
    self.init(status: code, body: JSON.compact(status), retryAfter: nil, what: what)
  }

  private static func kind(_ status: Int, _ answer: StatusAnswer?) -> Kind {
    switch status {
    case 401: return .unauthorized
    case 403:
      return answer?.causes.contains { $0.reason == "NamespaceTerminating" } == true
        ? .namespaceTerminating : .forbidden
    // A server answers a path of a kind it does not serve with the text of its multiplexer, not with a Status.
    case 404: return answer == nil ? .notServed : .notFound
    case 409: return conflict(answer)
    case 410: return .expired
    case 413: return .tooLarge
    case 422:
      let fields = (answer?.causes ?? []).filter(\.isImmutability).map(\.field)
      return fields.isEmpty ? .invalid : .immutable(fields)
    case 429: return .throttled
    // Applying what does not fit the schema gives a 500 without a reason; a webhook that is down gives one with.
    case 500: return answer != nil && answer?.reason.isEmpty == true ? .rejected : .serverFailure
    // The server lost what it had, a restored backup for instance: what is known is newer than it is.
    case 504 where answer?.causes.contains { $0.reason == "ResourceVersionTooLarge" } == true: return .expired
    case 502...504: return .serverFailure
    default: return .refused
    }
  }

  private static func conflict(_ answer: StatusAnswer?) -> Kind {
    guard let answer else { return .refused }
    let owners = answer.causes.filter { $0.reason == "FieldManagerConflict" }
    if !owners.isEmpty { return .ownership(owners.map { FieldOwner(field: $0.field, conflict: $0.message) }) }
    return answer.reason == "AlreadyExists" ? .alreadyExists : .stale
  }

  private static func nextStep(_ kind: Kind) -> String {
    switch kind {
    case .unauthorized: "check the agent's token or certificate"
    case .forbidden: "give the agent's role the verb and resource named"
    case .ownership: "remove the fields from Git, or set conflicts to take"
    default: ""
    }
  }

  /// The text on one line and within bounds, for it comes from outside.
  private static func plain(_ text: String) -> String {
    let line = String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : Character($0) })
    let trimmed = line.drop { $0 == " " }.prefix(ClientLimits.messageCharacters)
    return String(trimmed.reversed().drop { $0 == " " }.reversed())
  }
}

/// A `Status` object as far as it is read.
struct StatusAnswer {
  struct Cause {
    var reason: String
    var message: String
    var field: String

    /// Whether it says that a field cannot be changed. There is no reason of its own for that, so its words decide: what
    /// the validation of the built-in kinds says, and what rules of custom kinds usually do.
    var isImmutability: Bool {
      ["immutable", "updates to ", "may not change", "can not be unset", "cannot change "].contains {
        message.contains($0)
      }
    }
  }

  /// Bounds the fields that a conflict lists.
  static let causesLimit = 100

  var reason: String
  var message: String
  var causes: [Cause]
  var retryAfterSeconds: Int64?

  /// nil when the body is no `Status`.
  init?(body: [UInt8]) {
    guard let value = try? JSON.parse(body, file: "answer"), value["kind"]?.string == "Status" else { return nil }
    reason = value["reason"]?.string ?? ""
    message = value["message"]?.string ?? ""
    let causes = value[path: "details", "causes"]?.array ?? []
    self.causes = causes.prefix(Self.causesLimit).map {
      Cause(
        reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "", field: $0["field"]?.string ?? "")
    }
    retryAfterSeconds = value[path: "details", "retryAfterSeconds"]?.integer
  }
}
