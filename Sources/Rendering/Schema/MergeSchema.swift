import Manifests

/// What a build knows of types: the built-in kinds, and those of `openapi`.
struct MergeSchema: Sendable {
  /// A place in one of the tables.
  struct Place: Sendable {
    fileprivate var table: MergeTable
    /// nil for a single value, and for a list that is replaced.
    fileprivate var place: MergeTable.Place?
  }

  /// Later tables come first where both know a kind.
  private let tables: [MergeTable]

  static let builtIn = MergeSchema([.builtIn])

  /// Without the kinds of Kubernetes: only those of a document, and kustomize's own.
  static func only(_ table: MergeTable) -> MergeSchema { MergeSchema([.kustomize, table]) }

  func adding(_ table: MergeTable) -> MergeSchema { MergeSchema(tables + [table]) }

  init(_ tables: [MergeTable]) { self.tables = tables }

  func place(ofKind kind: String, apiVersion: String) -> Place? {
    for index in tables.indices.reversed() {
      if let place = tables[index].place(ofKind: kind, apiVersion: apiVersion) {
        return Place(table: tables[index], place: place)
      }
    }
    return nil
  }

  /// The place of an object, or of a value that has the kind and version of one, from the first that has both.
  func place(ofTarget target: YAMLTree?, patch: YAMLTree?) -> Place? {
    for case let tree? in [target, patch] {
      guard let entries = tree.entries, let kind = entries["kind"]?.valueText, !kind.isEmpty,
        let apiVersion = entries["apiVersion"]?.valueText, !apiVersion.isEmpty
      else { continue }
      if let place = place(ofKind: kind, apiVersion: apiVersion) { return place }
    }
    return nil
  }

  func place(of field: String, in place: Place) -> Place? {
    guard let map = place.place else { return nil }
    return place.table.place(of: field, in: map).map { Place(table: place.table, place: $0) }
  }

  func elementPlace(of place: Place) -> Place? {
    guard let list = place.place else { return nil }
    return place.table.elementPlace(of: list).map { Place(table: place.table, place: $0) }
  }

  /// The keys by which a list is merged, none for texts; nil when it is replaced.
  func mergeKeys(of place: Place) -> [String]? {
    guard case .list(let keys, _)? = place.place else { return nil }
    return keys
  }

  /// What a comment says of the value beside it, which counts before all tables.
  func place(in comment: Value) -> Place {
    let known = tables.first { $0.type(ofDefinition: OpenAPISchema.nameOfAKnownType) != nil }
    let (table, place) = OpenAPISchema.table(ofComment: comment, with: known)
    return Place(table: table, place: place)
  }
}
