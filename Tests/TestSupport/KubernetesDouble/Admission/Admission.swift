import Manifests

/// What stands between a request and the store: namespaces, quotas, policies, webhooks.
extension ClusterState {
  static let namespaces = "namespaces"

  /// A namespace must be there, and not on its way out.
  func admitNamespace(_ context: WriteContext, _ name: String) throws(StatusError) {
    guard context.kind.isNamespaced else { return }
    guard let namespace = object(Self.namespaces, "", context.namespace) else {
      throw StatusError(
        404, "NotFound", "namespaces \"\(context.namespace)\" not found",
        details: ["name": .string(context.namespace), "kind": "namespaces"])
    }
    guard namespace.isTerminating else { return }
    let cause = StatusError.Cause(
      reason: "NamespaceTerminating", message: "namespace \(context.namespace) is being terminated",
      field: "metadata.namespace")
    throw .forbidden(
      context.kind, name,
      "unable to create new content in namespace \(context.namespace) because it is being terminated", causes: [cause])
  }

  func admit(_ value: Value, old: StoredObject?, _ context: WriteContext) throws(StatusError) {
    let operation = old == nil ? "CREATE" : "UPDATE"
    try admitByPolicies(value, operation, context.kind, context.subresource, context.namespace)
    try callWebhooks(value, operation, context.kind, context.subresource, context.namespace)
    if old == nil { try admitByQuota(value, context) }
  }

  func admitDeletion(of object: StoredObject, _ target: ResourceTarget) throws(StatusError) {
    try admitByPolicies(object.value, "DELETE", target.kind, "", target.namespace)
    try callWebhooks(object.value, "DELETE", target.kind, "", target.namespace)
  }

  /// ValidatingAdmissionPolicies. Expressions are not evaluated but for `true` and `false`: those of tests.
  private func admitByPolicies(
    _ value: Value, _ operation: String, _ kind: ResourceKind, _ subresource: String, _ namespace: String
  ) throws(StatusError) {
    let name = value[path: "metadata", "name"]?.string ?? ""
    for binding in all("validatingadmissionpolicybindings.admissionregistration.k8s.io") {
      guard let policyName = binding.value[path: "spec", "policyName"]?.string,
        let policy = object("validatingadmissionpolicies.admissionregistration.k8s.io", "", policyName)
      else { continue }
      let rules = policy.value[path: "spec", "matchConstraints", "resourceRules"]?.array ?? []
      let selector = LabelSelector(binding.value[path: "spec", "matchResources", "namespaceSelector"])
      guard rules.contains(where: { $0.matches(operation, kind, subresource) }), covers(selector, namespace) else {
        continue
      }
      for validation in policy.value[path: "spec", "validations"]?.array ?? [] {
        let expression = validation["expression"]?.string ?? ""
        guard expression != "true" else { continue }
        let message = validation["message"]?.string ?? "failed expression: \(expression)"
        throw StatusError(
          422, validation["reason"]?.string ?? "Invalid",
          "\(kind.resource) \"\(name)\" is forbidden: ValidatingAdmissionPolicy '\(policyName)' with binding "
            + "'\(binding.name)' denied request: \(message)",
          details: StatusError.details(kind, name))
      }
    }
  }

  /// Webhooks are never there: one that fails closed stops what it is about.
  private func callWebhooks(
    _ value: Value, _ operation: String, _ kind: ResourceKind, _ subresource: String, _ namespace: String
  ) throws(StatusError) {
    guard kind.group != "admissionregistration.k8s.io" else { return }
    for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
      for configuration in all("\(resource).admissionregistration.k8s.io") {
        for webhook in configuration.value["webhooks"]?.array ?? [] where webhook["failurePolicy"] != "Ignore" {
          let rules = webhook["rules"]?.array ?? []
          guard rules.contains(where: { $0.matches(operation, kind, subresource) }),
            covers(LabelSelector(webhook["namespaceSelector"]), namespace),
            LabelSelector(webhook["objectSelector"]).matches(value[path: "metadata", "labels"]?.object ?? Object())
          else { continue }
          throw unreachable(webhook)
        }
      }
    }
  }

  private func unreachable(_ webhook: Value) -> StatusError {
    let name = webhook["name"]?.string ?? ""
    let url = webhook[path: "clientConfig", "url"]?.string ?? "https://webhook.default.svc:443/"
    let message =
      "failed calling webhook \"\(name)\": failed to call webhook: Post \"\(url)?timeout=10s\": dial tcp: connect: "
      + "connection refused"
    return StatusError(
      500, "InternalError", "Internal error occurred: \(message)",
      details: ["causes": [["message": .string(message)]]])
  }

  private func covers(_ selector: LabelSelector, _ namespace: String) -> Bool {
    selector.terms.isEmpty || selector.matches(object(Self.namespaces, "", namespace)?.labels ?? Object())
  }

  /// Quotas of counts: `configmaps`, `count/deployments.apps`, `pods`.
  private func admitByQuota(_ value: Value, _ context: WriteContext) throws(StatusError) {
    let name = value[path: "metadata", "name"]?.string ?? ""
    let keys = [context.kind.plural, "count/\(context.kind.resource)"]
    for quota in all("resourcequotas") where quota.namespace == context.namespace {
      for (key, limit) in quota.value[path: "status", "hard"]?.object ?? Object() where keys.contains(key) {
        let used = all(context.kind.resource).count { $0.namespace == context.namespace }
        guard let most = limit.integer.map(Int.init) ?? limit.string.flatMap({ Int($0) }), used >= most else {
          continue
        }
        throw .forbidden(
          context.kind, name,
          "exceeded quota: \(quota.name), requested: \(key)=1, used: \(key)=\(used), limited: \(key)=\(most)")
      }
    }
  }
}

extension Value {
  /// Whether a rule of a policy or webhook is about a request.
  fileprivate func matches(_ operation: String, _ kind: ResourceKind, _ subresource: String) -> Bool {
    func holds(_ field: String, _ text: String) -> Bool { texts(field).contains("*") || texts(field).contains(text) }
    let resource = subresource.isEmpty ? kind.plural : "\(kind.plural)/\(subresource)"
    return holds("operations", operation) && holds("apiGroups", kind.group) && holds("apiVersions", kind.version)
      && (holds("resources", resource) || texts("resources").contains("*/*"))
  }
}
