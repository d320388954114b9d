import Manifests

extension ResourceList {
  /// Takes in what a generator made: new objects, or ones that replace or are merged with those of their identity.
  mutating func absorb(_ generated: [Resource]) throws(FleetError) {
    for resource in generated { try absorb(resource) }
  }

  private mutating func absorb(_ resource: Resource) throws(FleetError) {
    let id = resource.id
    let found = indices { $0 == id }
    let isChange = resource.behavior == .merge || resource.behavior == .replace
    guard let index = found.first else {
      guard !isChange else {
        throw FleetError(
          .invalidKustomization, "there is no \(id) to \(resource.behavior)", at: resource.placeInFile,
          nextStep: "write behavior: create, or none")
      }
      return try append([resource])
    }
    guard found.count == 1 else {
      throw FleetError(.invalidKustomization, "there are several \(id) to merge with", at: resource.placeInFile)
    }
    guard isChange else {
      throw FleetError(
        .duplicateObject, "there is a \(id) already", at: resource.placeInFile,
        nextStep: "write behavior: merge or behavior: replace")
    }
    resources[index] = resource.takingOver(resources[index])
    try checkIdentities()
  }
}

extension Resource {
  fileprivate var placeInFile: FleetError.Address {
    FleetError.Address(file: source.file, line: source.line)
  }

  /// This object in the place of an older one: with its names and history, with the labels and annotations of both,
  /// and if it is to be merged with the data of both.
  fileprivate func takingOver(_ old: Resource) -> Resource {
    var result = self
    for field in ["labels", "annotations"] { result.mergeTexts(["metadata", field], from: old) }
    result.setName(old.name)
    result.setNamespace(old.namespace)
    result.formerIdentities = old.formerIdentities
    result.namePrefixes = old.namePrefixes
    result.nameSuffixes = old.nameSuffixes
    result.needsHash = needsHash && old.needsHash
    result.behavior = old.behavior
    result.allowsNameChange = old.allowsNameChange
    result.allowsKindChange = old.allowsKindChange
    result.variables = old.variables
    if behavior == .merge, old.origin != nil { result.origin = old.origin }
    result.transformations = old.transformations
    result.hasBuildAnnotations = old.hasBuildAnnotations
    if behavior == .merge {
      result.mergeTexts(["data"], from: old)
      result.mergeTexts(["binaryData"], from: old)
    }
    return result
  }

  /// Sets a map of texts to that of both objects, this one's entries last; without any there is no map.
  private mutating func mergeTexts(_ path: [String], from old: Resource) {
    var merged: [YAMLTree.Entry] = []
    for source in [old, self] {
      let map = path.reduce(Optional(source.tree)) { $0?[$1] }
      for entry in map?.entries ?? [] {
        let text = entry.value.valueText
        merged.set(entry.key, .scalar(YAMLTree.Scalar(text, .string, text.utf8.contains(0x0a) ? .quoted : .plain)))
      }
    }
    let map = merged.isEmpty ? nil : YAMLTree.mapping(merged)
    if path.count == 2 {
      tree.update(path[0]) { $0.set(path[1], map) }
    } else if let field = path.first {
      tree.set(field, map)
    }
  }
}
