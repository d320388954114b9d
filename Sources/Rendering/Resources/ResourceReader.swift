import Manifests

/// Reads the objects of a file as kustomize does.
enum ResourceReader {
  /// The objects of a YAML stream or JSON text, lists of objects taken apart.
  ///
  /// Every object must have a kind and a name.
  static func read(_ bytes: [UInt8], file: String) throws(FleetError) -> [Resource] {
    let documents = try YAML.parseTrees(bytes, file: file)
    var waiting: [Resource] = []
    for document in documents {
      let source = Manifest.Origin(file: file, line: document.line)
      for tree in items(of: document.root, isAlone: documents.count == 1) {
        waiting.append(Resource(tree, source: source))
      }
    }
    return try expandLists(waiting)
  }

  /// A list that is alone in its file holds the objects themselves, whatever they are.
  private static func items(of tree: YAMLTree, isAlone: Bool) -> [YAMLTree] {
    guard isAlone, let kind = tree["kind"]?.valueText, kind == "List" || kind == "ResourceList" else { return [tree] }
    guard tree["items"] != nil || tree["functionConfig"] != nil else { return [tree] }
    return tree["items"]?.elements ?? []
  }

  /// The objects, those of lists after all that stand beside them.
  private static func expandLists(_ found: [Resource]) throws(FleetError) -> [Resource] {
    var resources: [Resource] = []
    var waiting = found
    while !waiting.isEmpty {
      var inLists: [Resource] = []
      for resource in waiting where !resource.tree.isEmpty {
        let kind = try checkedKind(of: resource)
        if kind.hasSuffix("List"), let items = resource.tree["items"] {
          inLists.append(contentsOf: try elements(items, of: resource))
        } else {
          resources.append(BuildAnnotations.read(from: resource))
        }
      }
      waiting = inLists
    }
    return resources
  }

  private static func elements(_ items: YAMLTree, of list: Resource) throws(FleetError) -> [Resource] {
    if items.isNull { return [] }
    guard let elements = items.elements else {
      throw error(list, "\(items.kindName) where a list of objects should stand", field: "items")
    }
    var resources: [Resource] = []
    for element in elements {
      // kustomize passes what is in a list through JSON, which leaves nothing of its spelling.
      let tree = YAMLTree(writtenAsJSON: try element.resolved(at: list))
      for item in ResourceReader.items(of: tree, isAlone: true) {
        resources.append(Resource(item, source: list.source))
      }
    }
    return resources
  }

  private static func checkedKind(of resource: Resource) throws(FleetError) -> String {
    guard resource.tree.isMapping else {
      throw error(resource, "\(resource.tree.kindName) where an object should stand")
    }
    guard let kind = resource.tree["kind"]?.valueText, !kind.isEmpty else {
      throw error(resource, "an object without a kind", field: "kind")
    }
    if kind.hasSuffix("List") { return kind }
    guard let name = resource.tree.value(at: "metadata", "name")?.valueText, !name.isEmpty else {
      throw error(resource, "an object without a name", field: "metadata.name")
    }
    return kind
  }

  private static func error(_ resource: Resource, _ message: String, field: String? = nil) -> FleetError {
    FleetError(
      .invalidManifest, message,
      at: FleetError.Address(file: resource.source.file, line: resource.source.line, field: field))
  }
}

extension YAMLTree {
  /// What the tree says; an error names the object that it is part of.
  func resolved(at resource: Resource) throws(FleetError) -> Value {
    do { return try resolved() } catch { throw error.within(resource.address) }
  }

  /// The tree that this value reads as when it is written as JSON: every text in quotes.
  init(writtenAsJSON value: Value) {
    switch value {
    case .string(let text): self = .scalar(Scalar(text, .string, .quoted))
    case .array(let values): self = .sequence(values.map { YAMLTree(writtenAsJSON: $0) })
    case .object(let object): self = .mapping(object.map { Entry($0.key, YAMLTree(writtenAsJSON: $0.value)) })
    default: self = YAMLTree(value)
    }
  }
}
