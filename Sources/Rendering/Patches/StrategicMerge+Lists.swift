import Manifests

extension StrategicMerge {
  func mergeLists(
    _ target: YAMLTree?, _ patch: Patch, _ place: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree? {
    guard let place, let keys = schema.mergeKeys(of: place) else {
      guard case .tree(let new) = patch else { return target }
      return new.isNull ? nil : new
    }
    let element = schema.elementPlace(of: place)
    guard let target, !target.isNull else {
      return try mergeElements(of: patch.tree?.elements ?? [], .same, keys, element)
    }
    switch patch {
    case .absent: return try mergeElements(of: target.elements ?? [], patch, keys, element)
    case .same: return try directed(by: target, over: target, isSame: true, keys, element)
    case .tree(let tree):
      return tree.isNull ? nil : try directed(by: tree, over: target, isSame: false, keys, element)
    }
  }

  private func directed(
    by tree: YAMLTree, over target: YAMLTree, isSame: Bool, _ keys: [String], _ element: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree? {
    let (directive, rest) = try PatchDirective.take(from: tree)
    switch directive {
    case .delete: return nil
    case .replace: return try mergeElements(of: rest.elements ?? [], .same, keys, element)
    case .merge:
      if isSame { return try mergeElements(of: rest.elements ?? [], .same, keys, element) }
      return try mergeElements(of: target.elements ?? [], .tree(rest), keys, element)
    }
  }

  /// Merges lists element by element: those of the patch first, in the patch's order.
  private func mergeElements(
    of target: [YAMLTree], _ patch: Patch, _ schemaKeys: [String], _ element: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree {
    // A list of texts is merged by the texts themselves, for which the empty key stands.
    let keys = schemaKeys.isEmpty ? [""] : schemaKeys
    let patched = patch.tree?.elements
    let identities = AssociativeList.identities(of: [patched ?? [], target], by: keys)
    if identities.isEmpty { return .sequence(target) }
    let usedKeys = AssociativeList.usedKeys(keys, in: identities)
    var remaining = target
    var added: [YAMLTree] = []
    for values in identities {
      let match = AssociativeList.Match(keys: usedKeys, of: keys, values: values)
      let old = AssociativeList.index(of: match, in: remaining)
      let new = patched.flatMap { list in AssociativeList.index(of: match, in: list).map { list[$0] } }
      let merged = try mergeElement(old.map { remaining[$0] }, new, isSame: patch.isSame, element)
      guard var merged, !merged.isEmptyMap else {
        try AssociativeList.set(nil, in: &remaining, match)
        continue
      }
      AssociativeList.complete(&merged, with: match)
      // A replaced element does not take the old one's place, so that the old one comes back below: so it is in
      // kustomize.
      if let old, !replaces(new) { remaining[old] = merged }
      try AssociativeList.set(merged, in: &added, match)
    }
    try AssociativeList.append(remaining, to: &added, by: usedKeys)
    return .sequence(added)
  }

  private func mergeElement(
    _ old: YAMLTree?, _ new: YAMLTree?, isSame: Bool, _ element: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree? {
    do {
      return try merge(old, isSame ? .same : (new.map(Patch.tree) ?? .absent), element)
    } catch {
      var error = error
      error.address.field = "[]" + (error.address.field.map { ".\($0)" } ?? "")
      throw error
    }
  }

  private func replaces(_ patch: YAMLTree?) -> Bool {
    guard let patch, let taken = try? PatchDirective.take(from: patch) else { return false }
    return taken.0 == .replace
  }
}

extension StrategicMerge.Patch {
  fileprivate var isSame: Bool {
    if case .same = self { true } else { false }
  }
}

extension YAMLTree {
  var isEmptyMap: Bool { isNull || entries?.isEmpty ?? false }
}
