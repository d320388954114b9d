import Manifests

/// An object on its way through a build, with what the build must remember of it.
struct Resource: Sendable {
  /// A name, namespace and kind that the object had before something changed them.
  struct FormerIdentity: Hashable, Sendable {
    var name: String
    /// The effective namespace.
    var namespace: String
    var kind: String
  }

  /// What a generated object does with one of the same identity.
  enum Behavior: String, Sendable {
    case unspecified, create, replace, merge
  }

  var tree: YAMLTree
  var source: Manifest.Origin
  /// The oldest first.
  var formerIdentities: [FormerIdentity] = []
  /// The name prefixes and suffixes that were added, the innermost first.
  var namePrefixes: [String] = []
  var nameSuffixes: [String] = []
  var behavior = Behavior.unspecified
  /// Whether the hash of its content becomes part of its name.
  var needsHash = false
  /// On a patch: whether it may change what it patches to another name or kind.
  var allowsNameChange = false
  var allowsKindChange = false
  /// Where it comes from, and what has changed it, where a build keeps track of that.
  var origin: Origin?
  var transformations = ""
  /// The vars that take their value from this object.
  var variables: [String] = []
  /// Whether its names of before, or what else a build notes, would stand in its annotations.
  var hasBuildAnnotations = false
  /// The texts that labels and annotations put into several fields at once.
  var sharedTexts = SharedTexts()

  init(_ tree: YAMLTree, source: Manifest.Origin) {
    self.tree = tree
    self.source = source
  }
}

extension Resource {
  var apiVersion: String { tree["apiVersion"]?.text ?? "" }
  var kindName: String { tree["kind"]?.text ?? "" }
  var kind: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kindName) }
  var name: String { tree.value(at: "metadata", "name")?.text ?? "" }
  var namespace: String { tree.value(at: "metadata", "namespace")?.valueText ?? "" }

  /// Whether kustomize would have annotations of its own on it now.
  var hasOwnAnnotations: Bool { hasBuildAnnotations || origin != nil || !transformations.isEmpty }

  /// Whether nothing is left of it: it was deleted by a patch.
  var isDeleted: Bool { tree.isEmpty }

  var id: ResourceID { ResourceID(kind, name: name, namespace: namespace) }

  /// The identities that it had before, the oldest first.
  var formerIDs: [ResourceID] {
    if formerIdentities.isEmpty { return [] }
    let current = kind
    return formerIdentities.map { former in
      var kind = current
      kind.kind = former.kind
      // The namespace is an effective one, so that scope need not be looked up again.
      return ResourceID(kind, name: former.name, namespace: former.namespace, isClusterScoped: false)
    }
  }

  /// The identity that its author gave it.
  var originalID: ResourceID { formerIDs.first ?? id }

  var allIDs: [ResourceID] { formerIDs + [id] }

  /// Notes the identity of now, which is about to change.
  mutating func rememberID() {
    let id = id
    formerIdentities.append(
      FormerIdentity(name: id.name, namespace: id.effectiveNamespace, kind: id.kind.kind))
    hasBuildAnnotations = true
  }

  /// What an error about this object carries.
  var address: FleetError.Address {
    FleetError.Address(
      file: source.file, line: source.line,
      object: ObjectID(group: kind.group, kind: kindName, namespace: namespace, name: name).description)
  }
}

extension YAMLTree {
  /// The text of a scalar; empty for null, a list or a map.
  var valueText: String { isNull ? "" : text }
}
