import Manifests

/// What a patch does with the map or list it stands in: `$patch: merge`, `replace` or `delete`.
enum PatchDirective: String {
  case merge, replace, delete

  private static let key = "$patch"

  /// The directive of a map or list, and the value without it.
  static func take(from tree: YAMLTree) throws(FleetError) -> (PatchDirective, YAMLTree) {
    switch tree {
    case .scalar: return (.merge, tree)
    case .mapping(let entries):
      guard let value = entries[key] else { return (.merge, tree) }
      return (try directive(value), .mapping(entries.filter { !$0.key.hasSameBytes(as: key) }))
    case .sequence(let elements): return try take(from: elements)
    }
  }

  /// In a list the directive is an element of its own, with nothing beside it.
  private static func take(from elements: [YAMLTree]) throws(FleetError) -> (PatchDirective, YAMLTree) {
    let first = elements.first { $0.isMapping && $0[key] != nil }
    guard let first, first.entries?.count == 1, let value = first[key] else { return (.merge, .sequence(elements)) }
    let directive = try directive(value)
    var rest = elements
    try AssociativeList.set(nil, in: &rest, AssociativeList.Match(keys: [key], values: [value.text]))
    return (directive, .sequence(rest))
  }

  private static func directive(_ value: YAMLTree) throws(FleetError) -> PatchDirective {
    guard let directive = PatchDirective(rawValue: value.text) else {
      throw FleetError(
        .patchFailed, "\"\(value.text)\" is no directive", at: FleetError.Address(field: key),
        nextStep: "write $patch: merge, replace or delete")
    }
    return directive
  }
}
