/// Which Kubernetes object: group, kind, namespace and name. The version is not part of it.
public struct ObjectID: Sendable {
  /// The API group; empty for the core group.
  public var group: String
  public var kind: String
  /// The namespace; empty for an object of cluster scope.
  public var namespace: String
  public var name: String

  public init(group: String, kind: String, namespace: String, name: String) {
    self.group = group
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }
}

extension ObjectID: CustomStringConvertible {
  /// `group/kind/namespace/name`, always with three slashes: `apps/Deployment/shop/web`, `/Namespace//shop`.
  public var description: String { "\(group)/\(kind)/\(namespace)/\(name)" }

  /// What people call it: `Deployment shop/web`, `Namespace shop`.
  public var displayName: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
}

extension ObjectID: Hashable, Comparable {
  public static func == (left: ObjectID, right: ObjectID) -> Bool {
    left.name.hasSameBytes(as: right.name) && left.kind.hasSameBytes(as: right.kind)
      && left.namespace.hasSameBytes(as: right.namespace) && left.group.hasSameBytes(as: right.group)
  }

  public func hash(into hasher: inout Hasher) {
    group.hashBytes(into: &hasher)
    kind.hashBytes(into: &hasher)
    namespace.hashBytes(into: &hasher)
    name.hashBytes(into: &hasher)
  }

  public static func < (left: ObjectID, right: ObjectID) -> Bool {
    if !left.group.hasSameBytes(as: right.group) { return left.group.precedesInBytes(right.group) }
    if !left.kind.hasSameBytes(as: right.kind) { return left.kind.precedesInBytes(right.kind) }
    if !left.namespace.hasSameBytes(as: right.namespace) { return left.namespace.precedesInBytes(right.namespace) }
    return left.name.precedesInBytes(right.name)
  }
}
