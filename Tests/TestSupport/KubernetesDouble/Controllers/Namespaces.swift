import Manifests

/// Deleting a namespace deletes what is in it, and waits for that.
extension ClusterState {
  mutating func namespaceChanged(_ event: ChangeEvent) {
    if event.kind != .deleted, event.object.isTerminating { continueNamespaceDeletion(event.object.name) }
  }

  mutating func continueNamespaceDeletion(_ name: String) {
    guard settings.runsControllers, let namespace = object(Self.namespaces, "", name), namespace.isTerminating,
      let kind = catalog.kind(apiVersion: "v1", kind: "Namespace")
    else { return }
    guard catalog.staleGroups.isEmpty else { return report(discoveryFailureIn: namespace, kind) }
    for content in catalog.stored where content.isNamespaced {
      for object in all(content.resource) where object.namespace == name && !object.isTerminating {
        delete(object, content, DeleteOptions(propagation: "Background"))
      }
    }
    let isEmpty = catalog.stored.filter(\.isNamespaced).allSatisfy { content in
      !(objects[content.resource] ?? [:]).keys.contains { $0.namespace == name }
    }
    guard isEmpty else { return reportRemaining(in: namespace, kind) }
    amend(namespace, kind, by: "kube-controller-manager") { $0 = $0.setting([], at: ["spec", "finalizers"]) }
    releaseIfDone(namespace, kind)
  }

  /// A group that cannot be asked what it holds may hold something: the namespace stays.
  private mutating func report(discoveryFailureIn namespace: StoredObject, _ kind: ResourceKind) {
    let groups = catalog.staleGroups.map {
      "\($0.key)/\($0.value): stale GroupVersion discovery: \($0.key)/\($0.value)"
    }
    setCondition(
      of: namespace, kind, "NamespaceDeletionDiscoveryFailure", "DiscoveryFailed",
      "Discovery failed for some groups, \(groups.count) failing: unable to retrieve the complete list of server APIs: "
        + groups.sorted().joined(separator: ", "))
  }

  private mutating func reportRemaining(in namespace: StoredObject, _ kind: ResourceKind) {
    let held = catalog.stored.filter(\.isNamespaced).flatMap { content in
      all(content.resource).filter { $0.namespace == namespace.name && !$0.finalizers.isEmpty }
    }
    let names = Set(held.flatMap(\.finalizers)).sorted().map { name in
      "\(name) in \(held.count { $0.finalizers.contains(name) }) resource instances"
    }
    setCondition(
      of: namespace, kind, "NamespaceFinalizersRemaining", "SomeFinalizersRemain",
      "Some content in the namespace has finalizers remaining: \(names.joined(separator: ", "))")
  }

  private mutating func setCondition(
    of namespace: StoredObject, _ kind: ResourceKind, _ type: String, _ reason: String, _ message: String
  ) {
    let condition = Self.condition(type, reason, message, timestamp)
    amend(namespace, kind, by: "kube-controller-manager", subresource: "status") { value in
      let others = (value[path: "status", "conditions"]?.array ?? []).filter { $0["type"] != condition["type"] }
      let before = value[path: "status", "conditions"]?.array?.first { $0["type"] == condition["type"] }
      guard before?["message"] != condition["message"] else { return }
      value = value.setting(.array(others + [condition]), at: ["status", "conditions"])
    }
  }

  /// APIServices with a service behind them: nothing ever answers there.
  mutating func serviceRegistrationsChanged() {
    guard let kind = catalog.kind(apiVersion: "apiregistration.k8s.io/v1", kind: "APIService") else { return }
    var stale: [String: String] = [:]
    for registration in all(kind.resource) where registration.value[path: "spec", "service"]?.object != nil {
      guard let group = registration.value[path: "spec", "group"]?.string,
        let version = registration.value[path: "spec", "version"]?.string
      else { continue }
      stale[group] = version
      let service = registration.value[path: "spec", "service", "name"]?.string ?? ""
      let condition = Self.condition(
        "Available", "ServiceNotFound", "service/\(service) is not present", timestamp, status: "False")
      guard registration.value[path: "status", "conditions"] == nil else { continue }
      amend(registration, kind, by: "kube-apiserver", subresource: "status") {
        $0 = $0.setting([condition], at: ["status", "conditions"])
      }
    }
    catalog.setStale(stale)
    for namespace in all(Self.namespaces) where namespace.isTerminating { continueNamespaceDeletion(namespace.name) }
  }
}
