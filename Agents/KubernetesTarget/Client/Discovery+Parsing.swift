import Manifests

/// Reads both forms of discovery. What is not understood is left out: newer servers say more than older clients know.
extension ResourceCatalog {
  /// Bounds what one answer may add.
  static let resourcesLimit = 50_000

  /// Adds an `APIGroupDiscoveryList` (since Kubernetes 1.27).
  mutating func add(aggregated list: Value) {
    for group in list["items"]?.array ?? [] {
      let name = group[path: "metadata", "name"]?.string ?? ""
      for version in group["versions"]?.array ?? [] {
        guard let versionName = version["version"]?.string else { continue }
        if version["freshness"]?.string == "Stale" { addStale(group: name, version: versionName) }
        for resource in version["resources"]?.array ?? [] where count < Self.resourcesLimit {
          if let resource = APIResource(aggregated: resource, group: name, version: versionName) { add(resource) }
        }
      }
    }
  }

  /// Adds an `APIResourceList`, the older form.
  mutating func add(list: Value, group: String, version: String) {
    for resource in list["resources"]?.array ?? [] where count < Self.resourcesLimit {
      if let resource = APIResource(listed: resource, group: group, version: version) { add(resource) }
    }
  }

  /// The group versions that an `APIGroupList` names, each group's preferred one first.
  static func groupVersions(_ list: Value) -> [(group: String, version: String)] {
    (list["groups"]?.array ?? []).flatMap { group -> [(group: String, version: String)] in
      guard let name = group["name"]?.string else { return [] }
      let preferred = group[path: "preferredVersion", "version"]?.string
      let all = (group["versions"]?.array ?? []).compactMap { $0["version"]?.string }
      return (all.filter { $0 == preferred } + all.filter { $0 != preferred }).map { (name, $0) }
    }
  }
}

extension APIResource {
  fileprivate init?(aggregated value: Value, group: String, version: String) {
    // A kind that serves only subresources has no `responseKind`.
    guard let kind = value[path: "responseKind", "kind"]?.string, !kind.isEmpty,
      let name = value["resource"]?.string
    else { return nil }
    self.init(
      group: group, version: version, kind: kind, name: name, isNamespaced: value["scope"]?.string == "Namespaced",
      verbs: Set((value["verbs"]?.array ?? []).compactMap(\.string)))
  }

  fileprivate init?(listed value: Value, group: String, version: String) {
    guard let kind = value["kind"]?.string, let name = value["name"]?.string, !name.contains("/") else { return nil }
    self.init(
      group: group, version: version, kind: kind, name: name, isNamespaced: value["namespaced"]?.bool ?? false,
      verbs: Set((value["verbs"]?.array ?? []).compactMap(\.string)))
  }
}
