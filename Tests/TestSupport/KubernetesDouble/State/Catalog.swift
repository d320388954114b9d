import Manifests

/// Which kinds the server serves now: the built-in ones and those of CustomResourceDefinitions.
struct Catalog: Sendable {
  private(set) var kinds: [ResourceKind] = BuiltInKinds.all
  /// The groups of APIServices whose server cannot be reached, as `group` to version.
  var staleGroups: [String: String] = [:]
  /// Changes with every change, for ETags.
  private(set) var generation = 1

  func kind(group: String, version: String, plural: String) -> ResourceKind? {
    kinds.first { $0.plural == plural && $0.group == group && $0.version == version }
  }

  func kind(apiVersion: String, kind: String) -> ResourceKind? {
    kinds.first { $0.kind == kind && $0.apiVersion == apiVersion }
  }

  /// One kind for each resource that is stored, whatever its versions.
  var stored: [ResourceKind] {
    var seen: Set<String> = []
    return kinds.filter { $0.isStored && seen.insert($0.resource).inserted }
  }

  var groups: [String] {
    var seen: Set<String> = []
    return kinds.map(\.group).filter { seen.insert($0).inserted }
  }

  func versions(of group: String) -> [String] {
    var seen: Set<String> = []
    return kinds.filter { $0.group == group }.map(\.version).filter { seen.insert($0).inserted }
  }

  func kinds(group: String, version: String) -> [ResourceKind] {
    kinds.filter { $0.group == group && $0.version == version }
  }

  mutating func replaceCustom(resource: String, with new: [ResourceKind]) {
    kinds.removeAll { $0.isCustom && $0.resource == resource }
    kinds += new
    generation += 1
  }

  mutating func setStale(_ groups: [String: String]) {
    guard groups != staleGroups else { return }
    staleGroups = groups
    generation += 1
  }
}
