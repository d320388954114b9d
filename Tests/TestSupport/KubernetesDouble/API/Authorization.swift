import Manifests

/// Who may do what: RBAC, as the stored roles and bindings say.
extension ClusterState {
  func authorize(_ user: APIRequest.User, _ verb: String, _ target: ResourceTarget) throws(StatusError) {
    // Everybody may ask what he may do.
    guard settings.enforcesRBAC, target.kind.isStored else { return }
    let resource = target.subresource.isEmpty ? target.kind.plural : "\(target.kind.plural)/\(target.subresource)"
    let attributes = AccessAttributes(
      verb: verb, group: target.kind.group, resource: resource, name: target.name, namespace: target.namespace)
    guard !allows(user, attributes) else { return }
    let scope = target.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(target.namespace)\""
    throw .forbidden(
      target.kind, target.name,
      "User \"\(user.name)\" cannot \(verb) resource \"\(resource)\" in API group \"\(target.kind.group)\" \(scope)")
  }

  /// Whether somebody may act as somebody else: a service account is a resource of its namespace, anybody else a user.
  func authorize(_ user: APIRequest.User, toActAs other: APIRequest.User) throws(StatusError) {
    let account = Self.serviceAccount(other.name)
    let resource = account == nil ? "users" : "serviceaccounts"
    let name = account?.name ?? other.name
    let attributes = AccessAttributes(
      verb: "impersonate", group: "", resource: resource, name: name, namespace: account?.namespace ?? "")
    guard !allows(user, attributes) else { return }
    let scope = account.map { "in the namespace \"\($0.namespace)\"" } ?? "at the cluster scope"
    throw StatusError(
      403, "Forbidden",
      "\(resource) \"\(name)\" is forbidden: User \"\(user.name)\" cannot impersonate resource \"\(resource)\" in API "
        + "group \"\" \(scope)")
  }

  /// The service account that a user's name stands for; nil when it is none.
  static func serviceAccount(_ user: String) -> (namespace: String, name: String)? {
    let parts = user.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, parts[0] == "system", parts[1] == "serviceaccount" else { return nil }
    return (parts[2], parts[3])
  }

  func allows(_ user: APIRequest.User, _ attributes: AccessAttributes) -> Bool {
    if !settings.enforcesRBAC || user.groups.contains("system:masters") { return true }
    if rules(of: "clusterrolebindings", in: "", user).contains(where: attributes.isAllowed) { return true }
    guard !attributes.namespace.isEmpty else { return false }
    return rules(of: "rolebindings", in: attributes.namespace, user).contains(where: attributes.isAllowed)
  }

  private func rules(of bindings: String, in namespace: String, _ user: APIRequest.User) -> [Value] {
    all("\(bindings).rbac.authorization.k8s.io").filter { binding in
      binding.namespace == namespace
        && (binding.value["subjects"]?.array ?? []).contains { Self.isSubject($0, user, namespace) }
    }.flatMap { binding -> [Value] in
      let role = binding.value["roleRef"]
      let isClusterRole = role?["kind"]?.string == "ClusterRole"
      let plural = (isClusterRole ? "clusterroles" : "roles") + ".rbac.authorization.k8s.io"
      let stored = object(plural, isClusterRole ? "" : namespace, role?["name"]?.string ?? "")
      return stored?.value["rules"]?.array ?? (role?["name"]?.string == "cluster-admin" ? [Self.everything] : [])
    }
  }

  private static let everything: Value = ["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]

  private static func isSubject(_ subject: Value, _ user: APIRequest.User, _ namespace: String) -> Bool {
    let name = subject["name"]?.string ?? ""
    switch subject["kind"]?.string {
    case "User": return name == user.name
    case "Group": return user.groups.contains(name)
    default: return user.name == "system:serviceaccount:\(subject["namespace"]?.string ?? namespace):\(name)"
    }
  }

  /// Answers a TokenRequest: from now on the token lets the service account in.
  mutating func issueToken(_ target: ResourceTarget) throws(StatusError) -> APIResponse {
    let account = try existing(target)
    let token = identities.next()
    issuedTokens[token] = APIRequest.User(
      name: "system:serviceaccount:\(account.namespace):\(account.name)",
      groups: [
        "system:serviceaccounts", "system:serviceaccounts:\(account.namespace)", "system:authenticated",
      ])
    return .json(
      [
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "metadata": ["name": .string(account.name)],
        "status": ["token": .string(token)],
      ], status: 201)
  }

  /// Answers a SelfSubjectAccessReview.
  func review(_ target: ResourceTarget, _ request: APIRequest) throws(StatusError) -> APIResponse {
    var value = try parseObject(request, target)
    let asked = value[path: "spec", "resourceAttributes"]
    let subresource = asked?["subresource"]?.string ?? ""
    let plural = asked?["resource"]?.string ?? ""
    let attributes = AccessAttributes(
      verb: asked?["verb"]?.string ?? "", group: asked?["group"]?.string ?? "",
      resource: subresource.isEmpty ? plural : "\(plural)/\(subresource)", name: asked?["name"]?.string ?? "",
      namespace: asked?["namespace"]?.string ?? "")
    value["status"] = ["allowed": .bool(allows(request.user, attributes))]
    return .json(value, status: 201)
  }
}

/// What somebody wants to do.
struct AccessAttributes {
  var verb: String
  var group: String
  var resource: String
  var name: String
  var namespace: String

  func isAllowed(by rule: Value) -> Bool {
    let names = rule.texts("resourceNames")
    return rule.allows("verbs", verb) && rule.allows("apiGroups", group) && rule.allows("resources", resource)
      && (names.isEmpty || names.contains(name))
  }
}

extension Value {
  func texts(_ field: String) -> [String] { (self[field]?.array ?? []).compactMap(\.string) }

  fileprivate func allows(_ field: String, _ text: String) -> Bool {
    let given = texts(field)
    return given.contains("*") || given.contains(text)
  }
}
