extension Manifest {
  /// The objects that a document stands for: itself, or the items of a list (`List`, `ConfigMapList` …), and theirs.
  ///
  /// As kustomize has it, a kind that ends in `List` is a list when it has `items`; a plain `List` always is.
  public static func expandingLists(_ value: Value) throws(FleetError) -> [Value] {
    guard let kind = value["kind"]?.string, kind.hasSuffix("List"), kind == "List" || value["items"] != nil else {
      return [value]
    }
    switch value["items"] {
    case nil, .null?: return []
    case .array(let items)?:
      var objects: [Value] = []
      for item in items { objects.append(contentsOf: try expandingLists(item)) }
      return objects
    case let other?:
      throw FleetError(
        .invalidManifest, "\(other.kindName) where a list should stand", at: FleetError.Address(field: "items"))
    }
  }
}
