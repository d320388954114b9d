import Manifests

/// What a path of the API is about.
struct ResourceTarget: Sendable {
  var kind: ResourceKind
  var namespace: String
  /// Empty: the collection.
  var name: String
  var subresource: String
}

extension ClusterState {
  /// Answers a request; a refusal is an answer too.
  mutating func handle(_ request: APIRequest) -> APIResponse {
    do throws(StatusError) {
      return try answer(request)
    } catch {
      return error.response
    }
  }

  private mutating func answer(_ request: APIRequest) throws(StatusError) -> APIResponse {
    if let impersonator = request.impersonator { try authorize(impersonator, toActAs: request.user) }
    let segments = request.segments
    switch segments.first {
    case "healthz", "livez", "readyz": return .text("ok")
    case "version": return .json(versionInfo)
    case "openapi": return try openAPI(segments, request)
    case "api" where segments.count <= 2, "apis" where segments.count <= 3: return try discovery(segments, request)
    case "api", "apis": break
    case nil: return .json(["paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"]])
    default: throw .pageNotFound
    }
    let target = try target(segments)
    try authorize(request.user, target.verb(of: request), target)
    return target.name.isEmpty ? try onCollection(target, request) : try onObject(target, request)
  }

  private func target(_ segments: [String]) throws(StatusError) -> ResourceTarget {
    var rest = segments[...]
    let isCore = rest.popFirst() == "api"
    let group = isCore ? "" : rest.popFirst() ?? ""
    let version = rest.popFirst() ?? ""
    if catalog.staleGroups[group] == version {
      throw StatusError(503, nil, "service unavailable\n", isBareText: true)
    }
    var namespace = ""
    if rest.count >= 3, rest.first == "namespaces", isNamespaced(Array(rest), group, version) {
      rest = rest.dropFirst()
      namespace = rest.popFirst() ?? ""
    }
    guard let plural = rest.popFirst(), let kind = catalog.kind(group: group, version: version, plural: plural) else {
      throw .pageNotFound
    }
    let target = ResourceTarget(
      kind: kind, namespace: namespace, name: rest.popFirst() ?? "", subresource: rest.joined(separator: "/"))
    guard kind.isNamespaced || namespace.isEmpty, target.name.isEmpty || !kind.isNamespaced || !namespace.isEmpty,
      kind.serves(target.subresource)
    else { throw .pageNotFound }
    return target
  }

  /// Tells `namespaces/shop/pods` from `namespaces/shop/status`.
  private func isNamespaced(_ rest: [String], _ group: String, _ version: String) -> Bool {
    !(group.isEmpty && rest.count == 3 && ["status", "finalize"].contains(rest[2]))
  }

  private mutating func onCollection(
    _ target: ResourceTarget, _ request: APIRequest
  ) throws(StatusError) -> APIResponse {
    if !target.kind.isStored, request.method == "POST" { return try review(target, request) }
    guard target.kind.isStored else { throw Self.notAllowed }
    switch request.method {
    case "GET":
      let selection = try Selection(namespace: target.namespace, request: request, kind: target.kind)
      return request.flag("watch")
        ? try beginWatch(target.kind, selection, request) : try list(target.kind, selection, request)
    case "POST": return try create(target, request)
    case "DELETE": return try deleteCollection(target, request)
    default: throw Self.notAllowed
    }
  }

  private mutating func onObject(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    switch request.method {
    case "GET" where request.flag("watch"):
      let selection = try Selection(
        namespace: target.namespace, request: request, kind: target.kind, name: target.name)
      return try beginWatch(target.kind, selection, request)
    case "GET": return try get(target)
    case "POST" where target.subresource == "token": return try issueToken(target)
    case "PUT": return try update(target, request)
    case "PATCH": return try patch(target, request)
    case "DELETE" where target.subresource.isEmpty: return try delete(target, request)
    default: throw Self.notAllowed
    }
  }

  static let notAllowed = StatusError(
    405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

  private var versionInfo: Value {
    let parts = settings.version.dropFirst().split(separator: ".")
    return [
      "major": .string(parts.first.map(String.init) ?? ""),
      "minor": .string(parts.dropFirst().first.map(String.init) ?? ""),
      "gitVersion": .string(settings.version), "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
      "goVersion": "", "compiler": "", "platform": "linux/amd64",
    ]
  }
}

extension ResourceTarget {
  /// The verb that permissions are given for.
  func verb(of request: APIRequest) -> String {
    switch request.method {
    case "GET" where request.flag("watch"): "watch"
    case "GET": name.isEmpty ? "list" : "get"
    case "POST": "create"
    case "PUT": "update"
    case "PATCH": "patch"
    default: name.isEmpty ? "deletecollection" : "delete"
    }
  }
}

extension ResourceKind {
  func serves(_ subresource: String) -> Bool {
    switch subresource {
    case "": true
    case "status": hasStatus
    case "scale": scale != nil
    case "finalize": kind == "Namespace" && group.isEmpty
    case "token": kind == "ServiceAccount" && group.isEmpty
    default: false
    }
  }
}
