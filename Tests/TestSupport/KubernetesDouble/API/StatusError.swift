import Manifests

/// A refusal as the API server words it: a `Status`, or bare text.
struct StatusError: Error, Sendable {
  var code: Int
  /// Absent in the answers that a real server gives without one.
  var reason: String?
  var message: String
  var details: Object?
  var retryAfterSeconds: Int?
  /// Whether the answer is plain text and no `Status`.
  var isBareText = false

  init(
    _ code: Int, _ reason: String?, _ message: String, details: Object? = nil, retryAfterSeconds: Int? = nil,
    isBareText: Bool = false
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
    self.retryAfterSeconds = retryAfterSeconds
    self.isBareText = isBareText
  }

  var status: Value {
    var object: Object = [
      "kind": "Status", "apiVersion": "v1", "metadata": .object(Object()), "status": "Failure",
      "message": .string(message),
    ]
    if let reason { object["reason"] = .string(reason) }
    var details = details ?? Object()
    if let retryAfterSeconds { details["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
    if !details.isEmpty { object["details"] = .object(details) }
    object["code"] = .integer(Int64(code))
    return .object(object)
  }

  var response: APIResponse {
    var response: APIResponse = isBareText ? .text(message, status: code) : .json(status, status: code)
    if let retryAfterSeconds { response.headers.append(("Retry-After", String(retryAfterSeconds))) }
    return response
  }
}

extension StatusError {
  /// One thing that is wrong, as `details.causes` lists it.
  struct Cause: Sendable {
    var reason: String
    var message: String
    var field: String

    var value: Value {
      ["reason": .string(reason), "message": .string(message), "field": .string(field)]
    }
  }

  static let pageNotFound = StatusError(404, nil, "404 page not found\n", isBareText: true)

  static func notFound(_ kind: ResourceKind, _ name: String) -> StatusError {
    StatusError(404, "NotFound", "\(kind.resource) \"\(name)\" not found", details: details(kind, name))
  }

  static func alreadyExists(_ kind: ResourceKind, _ name: String) -> StatusError {
    StatusError(409, "AlreadyExists", "\(kind.resource) \"\(name)\" already exists", details: details(kind, name))
  }

  static let unknownFormat = StatusError(
    415, "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, "
      + "application/yaml, application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")

  static func badRequest(_ message: String) -> StatusError { StatusError(400, "BadRequest", message) }

  /// What a stale resourceVersion gets, and a failed precondition.
  static func stale(
    _ kind: ResourceKind, _ name: String,
    _ why: String = "the object has been modified; please apply your changes to the latest version and try again"
  ) -> StatusError {
    StatusError(
      409, "Conflict", "Operation cannot be fulfilled on \(kind.resource) \"\(name)\": \(why)",
      details: details(kind, name))
  }

  static func forbidden(_ kind: ResourceKind, _ name: String, _ why: String, causes: [Cause] = []) -> StatusError {
    var details = details(kind, name)
    if !causes.isEmpty { details["causes"] = .array(causes.map(\.value)) }
    let object = name.isEmpty ? kind.resource : "\(kind.resource) \"\(name)\""
    return StatusError(403, "Forbidden", "\(object) is forbidden: \(why)", details: details)
  }

  static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [Cause]) -> StatusError {
    let problems = causes.map { "\($0.field): \($0.message)" }
    let text = problems.count == 1 ? problems.joined() : "[\(problems.joined(separator: ", "))]"
    var details: Object = ["name": .string(name), "group": .string(kind.group), "kind": .string(kind.kind)]
    details["causes"] = .array(causes.map(\.value))
    return StatusError(422, "Invalid", "\(kind.groupKind) \"\(name)\" is invalid: \(text)", details: details)
  }

  static func gone(_ message: String) -> StatusError { StatusError(410, "Expired", message) }

  static func details(_ kind: ResourceKind, _ name: String) -> Object {
    var details = Object()
    if !name.isEmpty { details["name"] = .string(name) }
    if !kind.group.isEmpty { details["group"] = .string(kind.group) }
    details["kind"] = .string(kind.plural)
    return details
  }
}
