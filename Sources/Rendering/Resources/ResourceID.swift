import Manifests

/// What kustomize tells objects apart by: kind with group and version, name and namespace.
///
/// Two identities are equal when their effective namespaces are: no namespace is the same as `default`, and for a kind
/// of cluster scope no namespace counts.
struct ResourceID: Hashable, Sendable {
  var kind: GroupVersionKind
  var name: String
  /// The namespace as the object has it; empty when it has none.
  var namespace: String
  var isClusterScoped: Bool

  init(_ kind: GroupVersionKind, name: String, namespace: String, isClusterScoped: Bool? = nil) {
    self.kind = kind
    self.name = name
    self.namespace = namespace
    self.isClusterScoped =
      isClusterScoped ?? KindScopes.isClusterScoped(apiVersion: kind.apiVersion, kind: kind.kind)
  }

  /// What stands for "in no namespace at all"; not a name that a namespace can have.
  static let noNamespace = "_non_namespaceable_"

  var effectiveNamespace: String {
    if isClusterScoped { return ResourceID.noNamespace }
    return namespace.isEmpty ? "default" : namespace
  }

  func isInSameNamespace(as other: ResourceID) -> Bool {
    effectiveNamespace.hasSameBytes(as: other.effectiveNamespace)
  }

  /// Whether this is one of the identities that a pattern stands for: its empty parts match anything.
  func isSelected(by pattern: ResourceID) -> Bool {
    (pattern.name.isEmpty || pattern.name.hasSameBytes(as: name))
      && (pattern.namespace.isEmpty || pattern.isInSameNamespace(as: self)) && kind.isSelected(by: pattern.kind)
  }

  static func == (left: ResourceID, right: ResourceID) -> Bool {
    left.name.hasSameBytes(as: right.name) && left.kind == right.kind && left.isInSameNamespace(as: right)
  }

  func hash(into hasher: inout Hasher) {
    for byte in name.utf8 { hasher.combine(byte) }
    hasher.combine(kind)
  }
}

extension ResourceID: CustomStringConvertible {
  var description: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
}
