import Manifests

/// What a write was asked with.
struct WriteContext: Sendable {
  var kind: ResourceKind
  var namespace: String
  var name: String
  var subresource: String
  var user: APIRequest.User
  var isDryRun: Bool
  var manager: ManagedFields.Manager
  var fieldValidation: String

  init(_ target: ResourceTarget, _ request: APIRequest, operation: ManagedFields.Operation) throws(StatusError) {
    kind = target.kind
    namespace = target.namespace
    name = target.name
    subresource = target.subresource
    user = request.user
    let dryRun = request.query["dryRun"] ?? ""
    guard dryRun.isEmpty || dryRun == "All" else {
      throw StatusError(
        422, "Invalid", " \"\" is invalid: dryRun: Unsupported value: \"\(dryRun)\": supported values: \"All\"")
    }
    isDryRun = dryRun == "All"
    fieldValidation = request.query["fieldValidation"] ?? "Warn"
    manager = ManagedFields.Manager(
      name: request.fieldManager, operation: operation, apiVersion: kind.apiVersion, subresource: subresource)
  }

  /// The part of an object that this endpoint may write.
  func scope(_ fields: FieldSet) -> FieldSet {
    switch subresource {
    case "status": fields.keepingBranches([["status"]])
    case "scale": fields.keepingBranches([(kind.scale ?? .builtIn).specReplicas])
    default: kind.hasStatus ? fields.removingBranches([["status"]]) : fields
    }
  }

  /// What becomes of an object when this endpoint is given another state of it.
  func limited(_ new: Value, old: Value) -> Value {
    var result = new
    switch subresource {
    case "status":
      result = old
      result["status"] = new["status"]
    case "": if kind.hasStatus { result["status"] = old["status"] }
    default: break
    }
    return result
  }
}

/// Reading bodies.
extension ClusterState {
  /// The largest body that is read: 3 MiB, as etcd's limit allows.
  static let bodyLimit = 3 << 20

  func parse(_ request: APIRequest) throws(StatusError) -> Value {
    guard request.body.count <= Self.bodyLimit else {
      throw StatusError(
        413, "RequestEntityTooLarge", "Request entity too large: limit is \(Self.bodyLimit)")
    }
    guard request.contentType.contains("json") || request.contentType.contains("yaml") || request.contentType.isEmpty
    else { throw .unknownFormat }
    do throws(FleetError) {
      if request.contentType.contains("yaml"), request.body.first != UInt8(ascii: "{") {
        return try YAML.parse(request.body, file: "body", dialect: .settings).first?.value ?? .null
      }
      return try JSON.parse(request.body, file: "body")
    } catch {
      throw .badRequest("error decoding patch: \(error.description)")
    }
  }

  /// The object of a body, which must be of the path's kind.
  func parseObject(_ request: APIRequest, _ target: ResourceTarget) throws(StatusError) -> Value {
    var value = try parse(request)
    guard value.object != nil else { throw .badRequest("the body is no object") }
    value = value.withGoNumbers
    for (field, expected) in [("apiVersion", target.kind.apiVersion), ("kind", target.kind.kind)] {
      guard let given = value[field]?.string, given == expected || target.subresource == "scale" else {
        throw .badRequest(
          "\(field) in the data (\(value[field]?.string ?? "")) does not match the expected one (\(expected))")
      }
    }
    try check(value, "name", target.name)
    try check(value, "namespace", target.namespace)
    if target.kind.isNamespaced { value.updateMetadata { $0["namespace"] = .string(target.namespace) } }
    if !target.name.isEmpty { value.updateMetadata { $0["name"] = .string(target.name) } }
    return value
  }

  private func check(_ value: Value, _ field: String, _ expected: String) throws(StatusError) {
    guard let given = value[path: "metadata", field]?.string, !given.isEmpty, !expected.isEmpty else { return }
    guard given == expected else {
      throw .badRequest(
        "the \(field) of the object (\(given)) does not match the \(field) on the URL (\(expected))")
    }
  }
}

extension Value {
  /// Integers beyond 64 bits as Go reads them into free-form fields: as floating-point numbers.
  var withGoNumbers: Value {
    switch self {
    case .unsigned(let value): .number(Double(value))
    case .array(let items): .array(items.map(\.withGoNumbers))
    case .object(let object): .object(Object(uniqueEntries: object.entries.map { ($0.key, $0.value.withGoNumbers) }))
    default: self
    }
  }
}
