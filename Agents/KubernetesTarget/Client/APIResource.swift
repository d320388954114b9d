/// A kind that the server offers, in one version.
public struct APIResource: Hashable, Sendable {
  /// Empty for the core group.
  public var group: String
  public var version: String
  public var kind: String
  /// The plural in paths: `deployments`.
  public var name: String
  public var isNamespaced: Bool
  public var verbs: Set<String>

  public init(
    group: String, version: String, kind: String, name: String, isNamespaced: Bool, verbs: Set<String>
  ) {
    self.group = group
    self.version = version
    self.kind = kind
    self.name = name
    self.isNamespaced = isNamespaced
    self.verbs = verbs
  }

  /// As in a manifest: `apps/v1`, `v1`.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  /// As in a role: `deployments.apps`, `pods`.
  public var qualifiedName: String { group.isEmpty ? name : "\(name).\(group)" }

  /// The path of all objects, of those of a namespace, or of one of them.
  /// - Parameters:
  ///   - namespace: empty for all namespaces, and for kinds of cluster scope.
  ///   - name: empty for a list.
  public func path(namespace: String = "", name: String = "") -> String {
    var segments = group.isEmpty ? ["api", version] : ["apis", group, version]
    if isNamespaced, !namespace.isEmpty { segments += ["namespaces", namespace] }
    segments.append(self.name)
    if !name.isEmpty { segments.append(name) }
    return segments.map { "/" + APIRequest.encoded($0) }.joined()
  }
}

/// What a server offers, as discovery last said.
public struct ResourceCatalog: Hashable, Sendable {
  struct Key: Hashable, Sendable {
    var group: String
    var kind: String
  }

  /// For every kind its versions, the group's preferred one first.
  private var versions: [Key: [APIResource]] = [:]
  /// Groups whose server did not answer, as `group/version`: what they have is not known.
  public private(set) var stale: Set<String> = []

  public init() {}

  mutating func add(_ resource: APIResource) {
    versions[Key(group: resource.group, kind: resource.kind), default: []].append(resource)
  }

  mutating func merge(_ other: ResourceCatalog) {
    versions.merge(other.versions) { $0 + $1 }
    stale.formUnion(other.stale)
  }

  mutating func addStale(group: String, version: String) { stale.insert("\(group)/\(version)") }

  /// The kind in this version; nil where the server does not offer it.
  public func resource(group: String, version: String, kind: String) -> APIResource? {
    versions[Key(group: group, kind: kind)]?.first { $0.version == version }
  }

  /// The kind in the version that the server prefers.
  public func resource(group: String, kind: String) -> APIResource? {
    versions[Key(group: group, kind: kind)]?.first
  }

  /// Whether nothing can be said of a group's kinds, because its server did not answer.
  public func isStale(group: String) -> Bool { stale.contains { $0.hasPrefix("\(group)/") } }

  public var count: Int { versions.count }
}
