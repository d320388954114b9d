import Manifests

/// The annotations by which kustomize's build passes on what it knows of an object. They never reach the output.
///
/// This renderer keeps that knowledge beside the object; it reads the annotations from inputs, where they mean the same.
enum BuildAnnotations {
  private static let domain = "internal.config.kubernetes.io/"

  private static let names: Set<String> = Set(
    [
      "previousKinds", "previousNames", "prefixes", "suffixes", "previousNamespaces", "allowNameChange",
      "allowKindChange", "refBy", "generatorBehavior", "needsHashSuffix", "path", "index", "seqindent", "id",
      "annotations-migration-resource-id",
    ].map { domain + $0 } + ["config.kubernetes.io/path", "config.kubernetes.io/index", "config.k8s.io/id"])

  /// The same object, its build annotations taken off and understood.
  static func read(from resource: Resource) -> Resource {
    guard resource.annotations.contains(where: { names.contains($0.key) }) else { return resource }
    var resource = resource
    var found: [String: String] = [:]
    resource.tree.update("metadata") { metadata in
      metadata.update("annotations") { annotations in
        annotations.withEntries { entries in
          for entry in entries where names.contains(entry.key) { found[entry.key] = entry.value.text }
          entries.removeAll { names.contains($0.key) }
        }
      }
    }
    resource.hasBuildAnnotations = true
    understand(found, on: &resource)
    return resource
  }

  private static func understand(_ found: [String: String], on resource: inout Resource) {
    func list(_ name: String) -> [String] {
      guard let text = found[domain + name] else { return [] }
      return text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    resource.namePrefixes = list("prefixes")
    resource.nameSuffixes = list("suffixes")
    resource.needsHash = found[domain + "needsHashSuffix"] == "enabled"
    resource.allowsNameChange = found[domain + "allowNameChange"] == "enabled"
    resource.allowsKindChange = found[domain + "allowKindChange"] == "enabled"
    resource.behavior = found[domain + "generatorBehavior"].flatMap(Resource.Behavior.init) ?? .unspecified
    guard found[domain + "previousNames"] != nil else { return }
    let lists = ["previousNames", "previousNamespaces", "previousKinds"].map { list($0) }
    // Without such a list there is one empty text.
    let (names, namespaces, kinds) = (lists[0], lists[1].isEmpty ? [""] : lists[1], lists[2].isEmpty ? [""] : lists[2])
    guard names.count == namespaces.count, names.count == kinds.count else { return }
    for (index, name) in names.enumerated() {
      resource.formerIdentities.append(
        Resource.FormerIdentity(name: name, namespace: namespaces[index], kind: kinds[index]))
    }
  }
}
