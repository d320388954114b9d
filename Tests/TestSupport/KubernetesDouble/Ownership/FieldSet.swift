import Manifests

/// A step of a path to a field, as server-side apply takes it.
enum PathElement: Hashable, Sendable {
  case field(String)
  /// The item of a list with these key fields.
  case key(Object)
  /// The item of a set with this value.
  case value(Value)

  /// How `fieldsV1` writes it.
  var text: String {
    switch self {
    case .field(let name): "f:\(name)"
    case .key(let keys): "k:\(String(decoding: JSON.canonical(.object(keys)), as: UTF8.self))"
    case .value(let value): "v:\(String(decoding: JSON.canonical(value), as: UTF8.self))"
    }
  }

  /// How error messages write it.
  var display: String {
    switch self {
    case .field(let name): return ".\(name)"
    case .key(let keys):
      let pairs = keys.map { "\($0.key)=\(String(decoding: JSON.canonical($0.value), as: UTF8.self))" }
      return "[\(pairs.joined(separator: ","))]"
    case .value(let value): return "[=\(String(decoding: JSON.canonical(value), as: UTF8.self))]"
    }
  }

  init?(text: String) {
    let rest = String(text.dropFirst(2))
    let value = try? JSON.parse(Array(rest.utf8), file: "fieldsV1")
    switch text.prefix(2) {
    case "f:": self = .field(rest)
    case "k:": if let keys = value?.object { self = .key(keys) } else { return nil }
    case "v:": if let value { self = .value(value) } else { return nil }
    default: return nil
    }
  }
}

/// A set of paths, as a tree.
struct FieldSet: Hashable, Sendable {
  /// Whether the path that leads here is in the set itself.
  var isMember = false
  private(set) var children: [PathElement: FieldSet] = [:]

  static let leaf = FieldSet(isMember: true)

  var isEmpty: Bool { !isMember && children.isEmpty }

  /// What is below a step; setting an empty set takes it away.
  subscript(step: PathElement) -> FieldSet {
    get { children[step] ?? FieldSet() }
    set { children[step] = newValue.isEmpty ? nil : newValue }
  }

  func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.isMember = isMember || other.isMember
    for (step, set) in other.children { result[step] = result[step].union(set) }
    return result
  }

  func intersection(_ other: FieldSet) -> FieldSet {
    var result = FieldSet(isMember: isMember && other.isMember)
    for (step, set) in children {
      if let others = other.children[step] { result[step] = set.intersection(others) }
    }
    return result
  }

  func subtracting(_ other: FieldSet) -> FieldSet {
    var result = self
    result.isMember = isMember && !other.isMember
    for (step, set) in other.children where children[step] != nil { result[step] = result[step].subtracting(set) }
    return result
  }

  /// Without what is at and below these paths.
  func removingBranches(_ paths: [[String]]) -> FieldSet {
    var result = self
    for path in paths { result.removeBranch(path[...]) }
    return result
  }

  /// Only what is at and below these paths.
  func keepingBranches(_ paths: [[String]]) -> FieldSet {
    var result = FieldSet()
    for path in paths {
      var branch = path.reduce(self) { $0[.field($1)] }
      for step in path.reversed() {
        var parent = FieldSet()
        parent[.field(step)] = branch
        branch = parent
      }
      result = result.union(branch)
    }
    return result
  }

  private mutating func removeBranch(_ path: ArraySlice<String>) {
    guard let first = path.first else { return self = FieldSet() }
    guard var child = children[.field(first)] else { return }
    child.removeBranch(path.dropFirst())
    self[.field(first)] = child
  }

  /// The members' paths as error messages write them, in order.
  var displayPaths: [String] {
    var paths: [String] = []
    collect(into: &paths, prefix: "")
    return paths.sorted()
  }

  private func collect(into paths: inout [String], prefix: String) {
    if isMember { paths.append(prefix) }
    for (step, set) in children { set.collect(into: &paths, prefix: prefix + step.display) }
  }
}

/// `fieldsV1`, the form in `metadata.managedFields`.
extension FieldSet {
  init(fieldsV1 value: Value) {
    for (key, below) in value.object ?? Object() {
      if key == "." {
        isMember = true
      } else if let step = PathElement(text: key) {
        var child = FieldSet(fieldsV1: below)
        if below.object?.isEmpty != false { child.isMember = true }
        self[step] = child
      }
    }
  }

  var fieldsV1: Value {
    var entries: [Object.Entry] = children.map { ($0.key.text, $0.value.fieldsV1) }
    if isMember && !children.isEmpty { entries.append((".", .object(Object()))) }
    return .object(Object(uniqueEntries: entries).sortedByKey())
  }
}
