import Manifests

/// Kubernetes' strategic merge patch, as kustomize performs it.
///
/// Maps are merged key by key, a null in the patch removes a key. Lists of known types are merged by their keys, new
/// elements in front; all other lists are replaced. `$patch: delete` and `$patch: replace` work on maps and lists.
///
/// kustomize walks through the whole object with every patch, not only through what the patch names, and that shows:
/// keys without any value disappear, and elements with the same keys become one.
struct StrategicMerge: Sendable {
  /// What is known of types.
  let schema: MergeSchema

  /// The other side of a merge.
  enum Patch {
    /// The patch does not name this value.
    case absent
    /// The value comes from the patch, and is merged with itself.
    case same
    case tree(YAMLTree)
  }

  /// The target after the patch; nil when the patch deletes it.
  func apply(_ patch: YAMLTree, to target: YAMLTree) throws(FleetError) -> YAMLTree? {
    try merge(target, .tree(patch), nil)
  }

  func merge(_ target: YAMLTree?, _ patch: Patch, _ known: MergeSchema.Place?) throws(FleetError) -> YAMLTree? {
    let place = known ?? schema.place(ofTarget: target, patch: patch.tree)
    switch try kind(of: target, patch) {
    case .map: return try mergeMaps(target, patch, place)
    case .list: return try mergeLists(target, patch, place)
    case .scalar:
      guard case .tree(let new) = patch else { return target }
      return new.isNull ? nil : new
    }
  }

  private enum Kind {
    case map, list, scalar

    init?(_ tree: YAMLTree) {
      switch tree {
      case .mapping: self = .map
      case .sequence: self = .list
      case .scalar(let scalar) where scalar.tag == .null: return nil
      case .scalar: self = .scalar
      }
    }
  }

  /// What is merged: whatever is not null. Nothing on either side counts as a map.
  private func kind(of target: YAMLTree?, _ patch: Patch) throws(FleetError) -> Kind {
    let targetKind = target.flatMap(Kind.init)
    let patchKind = patch.tree.flatMap(Kind.init)
    if let targetKind, let patchKind, targetKind != patchKind {
      throw FleetError(
        .patchFailed, "the patch has \(patch.tree?.kindName ?? "") where the object has \(target?.kindName ?? "")")
    }
    return targetKind ?? patchKind ?? .map
  }
}

extension StrategicMerge.Patch {
  var tree: YAMLTree? {
    if case .tree(let tree) = self { tree } else { nil }
  }

  /// What the patch says of a key of the map that it is.
  fileprivate subscript(key: String) -> StrategicMerge.Patch {
    guard case .tree(let tree) = self else { return self }
    return tree[key].map(StrategicMerge.Patch.tree) ?? .absent
  }
}

extension StrategicMerge {
  private func mergeMaps(
    _ target: YAMLTree?, _ patch: Patch, _ place: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree? {
    guard let target, !target.isNull else { return try add(patch, over: target, place) }
    switch patch {
    case .absent: return try mergeEntries(of: target, patch, place)
    case .same:
      let (directive, rest) = try PatchDirective.take(from: target)
      return directive == .delete ? nil : try mergeEntries(of: rest, .same, place)
    case .tree(let tree):
      if tree.isNull { return nil }
      let (directive, rest) = try PatchDirective.take(from: tree)
      switch directive {
      case .delete: return nil
      case .replace: return try mergeEntries(of: rest, .same, place)
      case .merge: return try mergeEntries(of: target, .tree(rest), place)
      }
    }
  }

  /// A map that only the patch has.
  private func add(_ patch: Patch, over target: YAMLTree?, _ place: MergeSchema.Place?) throws(FleetError) -> YAMLTree?
  {
    switch patch {
    case .same: return nil
    case .absent:
      // A null that somebody wrote is kept, a value that somebody left out is not.
      return target?.text.isEmpty ?? true ? nil : target
    case .tree(let tree):
      if tree.isNull { return nil }
      let (directive, rest) = (try? PatchDirective.take(from: tree)) ?? (.merge, tree)
      return directive == .delete ? nil : try mergeEntries(of: rest, .same, place)
    }
  }

  private func mergeEntries(
    of target: YAMLTree, _ patch: Patch, _ place: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree {
    var merged: [YAMLTree.Entry] = []
    let entries = target.entries ?? []
    merged.reserveCapacity(entries.count)
    for entry in entries {
      let known = self.place(of: entry, or: patch.tree, in: place)
      guard let value = try mergeEntry(entry.key, entry.value, patch[entry.key], known) else { continue }
      var new = YAMLTree.Entry(entry.key, value.quoted(as: entry.value))
      new.remark = entry.remark
      merged.append(new)
    }
    guard case .tree(let tree) = patch else { return .mapping(merged) }
    for entry in tree.entries ?? [] where entries.index(of: entry.key) == nil {
      let known = self.place(of: entry, or: nil, in: place)
      merged.set(entry.key, try mergeEntry(entry.key, nil, .tree(entry.value), known))
    }
    return .mapping(merged)
  }

  /// What is known of an entry: what a comment on either side says, else what the type of the map says.
  private func place(
    of entry: YAMLTree.Entry, or patch: YAMLTree?, in map: MergeSchema.Place?
  ) -> MergeSchema.Place? {
    if let remark = entry.remark ?? patch?.entries?.first(where: { $0.key.hasSameBytes(as: entry.key) })?.remark {
      return schema.place(in: remark.value)
    }
    return map.flatMap { schema.place(of: entry.key, in: $0) }
  }

  private func mergeEntry(
    _ key: String, _ target: YAMLTree?, _ patch: Patch, _ known: MergeSchema.Place?
  ) throws(FleetError) -> YAMLTree? {
    do {
      return try merge(target, patch, known)
    } catch {
      var error = error
      error.address.field = error.address.field.map { "\(key)\($0.hasPrefix("[") ? "" : ".")\($0)" } ?? key
      throw error
    }
  }
}
