import Manifests

/// The order in which kustomize prints: what others need first, webhooks last, within a kind by identity.
struct LegacyOrder: Sendable {
  /// kustomize's "legacy" order.
  static let standard = LegacyOrder(first: standardFirst, last: standardLast)

  private static let standardFirst = [
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy",
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service",
    "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob",
    "PodDisruptionBudget",
  ]
  private static let standardLast = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

  private let ranks: [String: Int]

  /// - Parameters:
  ///   - first: the kinds that come first, in this order.
  ///   - last: the kinds that come last, in this order.
  init(first: [String], last: [String]) {
    var ranks: [String: Int] = [:]
    for (index, kind) in first.enumerated() { ranks[kind] = index - first.count }
    for (index, kind) in last.enumerated() { ranks[kind] = index + 1 }
    self.ranks = ranks
  }

  /// The objects in this order.
  func sorted(_ resources: [Resource]) -> [Resource] {
    // The names are put together once each, not for every comparison.
    let keyed = resources.map { resource in
      let id = resource.id
      return (id: id, kindKey: LegacyOrder.key(of: id.kind), idKey: LegacyOrder.key(of: id), resource: resource)
    }
    return keyed.sorted { left, right in
      if left.id.kind == right.id.kind { return left.idKey.precedesInBytes(right.idKey) }
      let (leftRank, rightRank) = (ranks[left.id.kind.kind] ?? 0, ranks[right.id.kind.kind] ?? 0)
      if leftRank != rightRank { return leftRank < rightRank }
      return precedes(left.id.kind, left.kindKey, right.id.kind, right.kindKey)
    }.map(\.resource)
  }

  private func precedes(
    _ left: GroupVersionKind, _ leftKey: String, _ right: GroupVersionKind, _ rightKey: String
  ) -> Bool {
    // Namespaces of the core group come before those of others.
    let areNamespaces = left.kind == "Namespace" && right.kind == "Namespace"
    if areNamespaces && (left.group.isEmpty || right.group.isEmpty) { return rightKey.precedesInBytes(leftKey) }
    return leftKey.precedesInBytes(rightKey)
  }

  /// Things in the order of their kinds; those of one kind stay in theirs.
  static func sorted<Element>(_ elements: [Element], by kind: KeyPath<Element, GroupVersionKind>) -> [Element] {
    elements.enumerated().sorted { left, right in
      let (a, b) = (left.element[keyPath: kind], right.element[keyPath: kind])
      let (aRank, bRank) = (standard.ranks[a.kind] ?? 0, standard.ranks[b.kind] ?? 0)
      if aRank != bRank { return aRank < bRank }
      let (aKey, bKey) = (key(of: a), key(of: b))
      return aKey.hasSameBytes(as: bKey) ? left.offset < right.offset : aKey.precedesInBytes(bKey)
    }.map(\.element)
  }

  // The stand-ins for empty parts decide where they are sorted; they are part of the order.
  private static func key(of kind: GroupVersionKind) -> String {
    [
      kind.group.isEmpty ? "~G" : kind.group, kind.version.isEmpty ? "~V" : kind.version,
      kind.kind.isEmpty ? "~K" : kind.kind,
    ].joined(separator: "_")
  }

  private static func key(of id: ResourceID) -> String {
    let kind = [
      id.kind.kind.isEmpty ? "[noKind]" : id.kind.kind, id.kind.version.isEmpty ? "[noVer]" : id.kind.version,
      id.kind.group.isEmpty ? "[noGrp]" : id.kind.group,
    ].joined(separator: ".")
    return [kind, id.namespace.isEmpty ? "~X" : id.namespace, id.name.isEmpty ? "~N" : id.name].joined(separator: "|")
  }
}
