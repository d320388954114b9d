/// The order in which objects are applied: what others need comes first.
///
/// By kind as kustomize's "legacy" order has it (namespaces first, admission webhooks last, kinds it does not know in
/// between), then by group, kind, namespace and name, so that the same objects always make the same set.
public enum ApplyOrder {
  private static let first = [
    "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount", "PodSecurityPolicy",
    "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service",
    "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob",
    "PodDisruptionBudget",
  ]
  private static let last = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

  private static let ranks: [String: Int] = {
    var ranks: [String: Int] = [:]
    for (rank, kind) in first.enumerated() { ranks[kind] = rank - first.count }
    for (rank, kind) in last.enumerated() { ranks[kind] = rank + 1 }
    return ranks
  }()

  /// Where a kind stands: negative before, positive after the kinds that are not listed.
  public static func rank(ofKind kind: String) -> Int { ranks[kind] ?? 0 }

  /// The objects in the order in which they are applied.
  public static func sorted(_ manifests: [Manifest]) -> [Manifest] {
    manifests.sorted { left, right in
      let (leftRank, rightRank) = (rank(ofKind: left.kind), rank(ofKind: right.kind))
      return leftRank == rightRank ? left.id < right.id : leftRank < rightRank
    }
  }
}
