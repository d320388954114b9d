import Manifests

/// Takes over what client-side apply wrote, as `kubectl apply --server-side` does.
///
/// A field that `kubectl apply` set belongs to an Update manager; without this it would stay for ever once Git drops
/// it. The entries of those managers become the agent's own apply entry, and the annotation of the last applied
/// configuration goes, for nobody reads it any longer.
enum ManagedFieldsUpgrade {
  /// Managers of client-side applies.
  static let managers: Set<String> = ["kubectl-client-side-apply", "kubectl", "before-first-apply"]
  static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// The patch that takes over; nil when there is nothing to.
  static func patch(for live: Value) -> [Value]? {
    guard let entries = live[path: "metadata", "managedFields"]?.array,
      let version = live[path: "metadata", "resourceVersion"]
    else { return nil }
    let hasAnnotation = live[path: "metadata", "annotations", lastApplied] != nil
    let former = entries.filter { isClientSideApply($0, hasAnnotation: hasAnnotation) }
    guard !former.isEmpty else { return nil }
    var kept = entries.filter { !isClientSideApply($0, hasAnnotation: hasAnnotation) }
    var fields = former.reduce(Value.object(Object())) { merged($0, $1["fieldsV1"] ?? .object(Object())) }
    if let own = kept.firstIndex(where: { isOwn($0) }) {
      fields = merged(fields, kept[own]["fieldsV1"] ?? .object(Object()))
      kept.remove(at: own)
    }
    guard var entry = former.first?.object else { return nil }
    entry["manager"] = .string(Ownership.fieldManager)
    entry["operation"] = "Apply"
    entry["fieldsV1"] = fields
    kept.append(.object(entry))
    // The version makes the patch fail when somebody else was quicker.
    return [
      ["op": "replace", "path": "/metadata/managedFields", "value": .array(kept)],
      ["op": "replace", "path": "/metadata/resourceVersion", "value": version],
    ]
  }

  private static func isOwn(_ entry: Value) -> Bool {
    entry["manager"]?.string == Ownership.fieldManager && entry["operation"]?.string == "Apply"
      && entry["subresource"] == nil
  }

  /// `kubectl` alone is also who `kubectl edit` is; it counts only where an apply left its annotation.
  private static func isClientSideApply(_ entry: Value, hasAnnotation: Bool) -> Bool {
    guard entry["operation"]?.string == "Update", entry["subresource"] == nil,
      let manager = entry["manager"]?.string, managers.contains(manager)
    else { return false }
    return manager != "kubectl" || hasAnnotation
  }

  /// The union of two field sets.
  static func merged(_ left: Value, _ right: Value) -> Value {
    guard case .object(var union) = left, let other = right.object else { return left }
    for (key, value) in other.entries { union[key] = union[key].map { merged($0, value) } ?? value }
    return .object(union)
  }
}
