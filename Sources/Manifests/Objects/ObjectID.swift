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

  private var parts: [String] { [group, kind, namespace, name] }
}

extension ObjectID: CustomStringConvertible {
  /// `group/kind/namespace/name`, always with three slashes: `apps/Deployment/shop/web`, `/Namespace//shop`.
  public var description: String { parts.joined(separator: "/") }

  /// What people call it: `Deployment shop/web`, `Namespace shop`.
  public var displayName: String { namespace.isEmpty ? "\(kind) \(name)" : "\(kind) \(namespace)/\(name)" }
}

extension ObjectID: Hashable, Comparable {
  public static func == (left: ObjectID, right: ObjectID) -> Bool {
    zip(left.parts, right.parts).allSatisfy { $0.hasSameBytes(as: $1) }
  }

  public func hash(into hasher: inout Hasher) {
    for part in parts { part.hashBytes(into: &hasher) }
  }

  public static func < (left: ObjectID, right: ObjectID) -> Bool {
    left.parts.lexicographicallyPrecedes(right.parts) { $0.precedesInBytes($1) }
  }
}
