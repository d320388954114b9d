public import Manifests

/// Why a request to an API server came to nothing.
///
/// Made of what the server said (a `Status`, bare text, or a bare 500) or of what happened on the way. `error` is for
/// people; the rest decides what is done next.
public struct APIFailure: Error, Sendable {
  public enum Kind: Hashable, Sendable {
    /// The object does not exist, or its namespace does not.
    case notFound
    /// The server knows no such kind: a bare 404. Definitions may come; then the kinds are read again.
    case notServed
    /// Other field managers own what was applied.
    case ownership([FieldOwner])
    /// The resourceVersion is not the live one; `force` does not help.
    case stale
    case alreadyExists
    case unauthorized
    case forbidden
    /// The namespace is being deleted.
    case namespaceTerminating
    /// 422: admission policies, validation.
    case invalid
    /// 422: these fields, among them at least one, stay as the object was made.
    case immutable([String])
    /// The body is over the server's bound.
    case tooLarge
    /// The server asks to be left alone for a while.
    case throttled
    /// A resourceVersion or continue token is too old: list again.
    case expired
    /// A 500 with a reason, a 502, 503 or 504: the server, or what it rests on, is unwell.
    case serverFailure
    /// A bare 500: the server could not read the object. It will not read it next time either.
    case rejected
    /// There was no answer: no connection, or one that broke.
    case unreachable
    case deadline
    case cancelled
    /// The answer is not what a Kubernetes API server answers.
    case malformedAnswer
    /// Another agent may write, and this one may not.
    case notHolder
    /// Credentials or certificate authorities cannot be read.
    case access
    /// Any other refusal.
    case refused
  }

  public var kind: Kind
  /// The HTTP status; nil when there was no answer.
  public var status: Int?
  /// How long the server wants to be left alone.
  public var retryAfter: Duration?
  public var error: FleetError

  init(_ kind: Kind, status: Int? = nil, retryAfter: Duration? = nil, _ error: FleetError) {
    self.kind = kind
    self.status = status
    self.retryAfter = retryAfter
    self.error = error
  }

  /// Whether the same request may succeed soon without anybody changing anything.
  public var isTransient: Bool {
    switch kind {
    case .namespaceTerminating, .throttled, .expired, .serverFailure, .unreachable, .deadline, .cancelled, .stale,
      .unauthorized, .notServed, .access, .notHolder:
      true
    // A missing namespace is made by whoever makes it; a role may be given at any time.
    case .notFound, .forbidden: true
    case .ownership, .alreadyExists, .invalid, .immutable, .tooLarge, .rejected, .malformedAnswer, .refused: false
    }
  }
}

/// A field that somebody else owns, as a conflict names it.
public struct FieldOwner: Hashable, Sendable {
  /// Such as `.spec.replicas`.
  public var field: String
  /// In the server's words, such as `conflict with "kubectl-edit" using apps/v1`.
  public var conflict: String

  public init(field: String, conflict: String) {
    self.field = field
    self.conflict = conflict
  }
}

extension APIFailure: CustomStringConvertible {
  public var description: String { error.description }
}

extension APIFailure.Kind {
  /// The code of errors of this kind.
  var code: FleetError.Code {
    switch self {
    case .notFound: FleetError.Code("api-not-found")
    case .notServed: FleetError.Code("api-not-served")
    case .ownership: FleetError.Code("api-ownership-conflict")
    case .stale: FleetError.Code("api-stale")
    case .alreadyExists: FleetError.Code("api-already-exists")
    case .unauthorized: FleetError.Code("api-unauthorized")
    case .forbidden: FleetError.Code("api-forbidden")
    case .namespaceTerminating: FleetError.Code("api-namespace-terminating")
    case .invalid: FleetError.Code("api-invalid")
    case .immutable: FleetError.Code("api-immutable-field")
    case .tooLarge: FleetError.Code("api-too-large")
    case .throttled: FleetError.Code("api-throttled")
    case .expired: FleetError.Code("api-expired")
    case .serverFailure: FleetError.Code("api-server-failure")
    case .rejected: FleetError.Code("api-rejected")
    case .unreachable: FleetError.Code("api-unreachable")
    case .deadline: FleetError.Code("api-deadline")
    case .cancelled: FleetError.Code("api-cancelled")
    case .malformedAnswer: FleetError.Code("api-malformed-answer")
    case .access: .clusterAccess
    case .notHolder: FleetError.Code("api-not-holder")
    case .refused: FleetError.Code("api-refused")
    }
  }
}
