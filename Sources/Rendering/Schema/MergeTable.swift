import Manifests

/// What strategic merge knows of types: which lists are merged by keys, and how to get there.
///
/// Everything that is not in the table is either a value that a patch replaces whole, or unknown, which comes to the
/// same.
final class MergeTable: Sendable {
  /// The place of a value in a known type.
  enum Place: Sendable {
    /// A map of this type.
    case map(type: Int)
    /// A list whose elements are merged by these keys (none: texts), each element of this type if it is known.
    case list(keys: [String], element: Int?)
  }

  struct Field: Sendable {
    /// The name, or nil for every name that no other field has.
    var name: String?
    var place: Place
  }

  struct Kind: Hashable, Sendable {
    var apiVersion: String
    var kind: String
  }

  private let types: [[Field]]
  private let kinds: [Kind: Int]
  /// The types by the last parts of their definitions' names.
  private let names: [String: Int]

  init(types: [[Field]], kinds: [Kind: Int], names: [String: Int] = [:]) {
    self.types = types
    self.kinds = kinds
    self.names = names
  }

  /// The type that a definition of Kubernetes' OpenAPI has here.
  func type(ofDefinition name: String) -> Int? {
    names[name.split(separator: ".").suffix(3).joined(separator: ".")]
  }

  func fields(ofType type: Int) -> [Field] { types.indices.contains(type) ? types[type] : [] }

  /// The place of a whole object; nil for a kind that is not known.
  func place(ofKind kind: String, apiVersion: String) -> Place? {
    kinds[Kind(apiVersion: apiVersion, kind: kind)].map(Place.map)
  }

  /// The place of a map's field; nil where nothing below it is merged by keys.
  func place(of field: String, in map: Place) -> Place? {
    guard case .map(let type) = map, types.indices.contains(type) else { return nil }
    let fields = types[type]
    return (fields.first { $0.name?.hasSameBytes(as: field) ?? false } ?? fields.first { $0.name == nil })?.place
  }

  /// The place of a list's elements; nil where nothing in them is merged by keys.
  func elementPlace(of list: Place) -> Place? {
    guard case .list(_, let element?) = list else { return nil }
    return .map(type: element)
  }
}

extension MergeTable {
  /// The kinds that kustomize has built in: those of Kubernetes v1.21.2, and its own.
  static let builtIn: MergeTable = {
    var builder = TextTable()
    for line in KubernetesTables.types.split(separator: "\n") { builder.addType(line) }
    for line in KubernetesTables.kinds.split(separator: "\n") { builder.addKind(line) }
    builder.addKustomization()
    return MergeTable(types: builder.types, kinds: builder.kinds, names: builder.names)
  }()
}

extension MergeTable {
  /// The kinds that kustomize itself declares.
  static let kustomize: MergeTable = {
    var builder = TextTable()
    builder.addKustomization()
    return MergeTable(types: builder.types, kinds: builder.kinds)
  }()
}

/// Reads the generated text form of a table.
private struct TextTable {
  var types: [[MergeTable.Field]] = []
  var kinds: [MergeTable.Kind: Int] = [:]
  private var numbers: [Substring: Int] = [:]

  var names: [String: Int] {
    Dictionary(numbers.map { (String($0.key), $0.value) }) { first, _ in first }
  }

  mutating func addKustomization() {
    addType("Kustomization configMapGenerator[name]: secretGenerator[name]:")
    addKind("kustomize.config.k8s.io/v1beta1 Kustomization Kustomization")
  }

  mutating func addType(_ line: Substring) {
    let parts = line.split(separator: " ")
    guard let name = parts.first else { return }
    let number = number(of: name)
    types[number] = parts.dropFirst().map { field($0) }
  }

  mutating func addKind(_ line: Substring) {
    let parts = line.split(separator: " ")
    guard parts.count == 3 else { return }
    kinds[MergeTable.Kind(apiVersion: String(parts[0]), kind: String(parts[1]))] = number(of: parts[2])
  }

  /// `name:type`, or `name[key,key]:type` where the type may be missing.
  private mutating func field(_ text: Substring) -> MergeTable.Field {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let type = parts.count == 2 && !parts[1].isEmpty ? number(of: parts[1]) : nil
    let name = parts[0].prefix { $0 != "[" }
    if name.endIndex < parts[0].endIndex {
      let keys = parts[0].dropFirst(name.count + 1).dropLast().split(separator: ",").map(String.init)
      return MergeTable.Field(name: String(name), place: .list(keys: keys, element: type))
    }
    return MergeTable.Field(name: String(name), place: .map(type: type ?? -1))
  }

  private mutating func number(of name: Substring) -> Int {
    if let number = numbers[name] { return number }
    types.append([])
    numbers[name] = types.count - 1
    return types.count - 1
  }
}
