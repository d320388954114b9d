import Manifests

/// A value read by its type: the paths it sets, and what is wrong with it.
///
/// The rules are those of sigs.k8s.io/structured-merge-diff, by which an API server reads an apply.
struct TypedReading {
  private(set) var fields = FieldSet()
  private(set) var problems: [String] = []

  /// Reads an object, without what nobody can own.
  init(_ object: Value, _ schema: TypeSchema) {
    fields = read(object, schema, at: "")
    fields = fields.removingBranches(Self.unowned)
  }

  /// What no manager owns, for the server or the request's path decides it.
  static let unowned: [[String]] =
    [["apiVersion"], ["kind"]]
    + ["name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"]
    .map { ["metadata", $0] }

  /// The paths that a part of an object sets.
  mutating func readPart(_ value: Value, _ schema: TypeSchema) -> FieldSet { read(value, schema, at: "") }

  private mutating func read(_ value: Value, _ schema: TypeSchema, at path: String) -> FieldSet {
    let type = schema.resolved
    if let problem = type.problem(of: value) { problems.append("\(path.isEmpty ? "." : path): \(problem)") }
    let set = readBelow(value, type, at: path)
    return type.isAtomic ? .leaf : set
  }

  private mutating func readBelow(_ value: Value, _ type: TypeSchema, at path: String) -> FieldSet {
    switch (type, value) {
    case (.open, .object(let object)), (.map, .object(let object)), (.structure, .object(let object)):
      return readFields(object, type, at: path)
    case (.list(let element, let relation), .array(let items)):
      return readItems(items, element, relation, at: path)
    default: return .leaf
    }
  }

  private mutating func readFields(_ object: Object, _ type: TypeSchema, at path: String) -> FieldSet {
    var set = FieldSet()
    for (name, value) in object {
      guard let child = type.child(name) else {
        problems.append("\(path).\(name): field not declared in schema")
        continue
      }
      var below = value.isNull ? .leaf : read(value, child, at: "\(path).\(name)")
      if value.object?.isEmpty == true { below.isMember = true }
      if case .map = type { below.isMember = true }
      set[.field(name)] = below
    }
    return set
  }

  private mutating func readItems(
    _ items: [Value], _ element: TypeSchema, _ relation: ListRelation, at path: String
  ) -> FieldSet {
    var set = FieldSet()
    for (index, item) in items.enumerated() {
      let step = relation.step(to: item, element)
      if step == nil, relation != .atomic {
        problems.append("\(path): element \(index): associative list with keys has an element that omits key field")
      }
      var below = read(item, element, at: path + (step?.display ?? "[\(index)]"))
      guard let step else { continue }
      if !set[step].isEmpty { problems.append("\(path): duplicate entries for key \(step.display)") }
      below.isMember = true
      set[step] = below
    }
    return set
  }
}

extension ListRelation {
  /// What tells an item apart; nil where nothing does.
  func step(to item: Value, _ element: TypeSchema) -> PathElement? {
    switch self {
    case .atomic: return nil
    case .set: return .value(item)
    case .map(let keys):
      guard let object = item.object else { return nil }
      var found = Object()
      for key in keys {
        if let value = object[key] ?? element.defaultValue(of: key) { found[key] = value }
      }
      return found.isEmpty ? nil : .key(found.sortedByKey())
    }
  }
}

extension TypeSchema {
  fileprivate func defaultValue(of field: String) -> Value? {
    if case .structure(let structure, _) = resolved { structure.fields[field]?.defaultValue } else { nil }
  }

  /// What is wrong with a value's own kind, not with what it holds.
  func problem(of value: Value) -> String? {
    if value.isNull { return nil }
    switch (resolved, value) {
    case (.any, _), (.open, _), (.scalar(.string), .string), (.scalar(.integer), .integer): return nil
    case (.scalar(.number), .integer), (.scalar(.number), .unsigned), (.scalar(.number), .number): return nil
    case (.scalar(.boolean), .bool), (.scalar(.textOrNumber), .string), (.scalar(.textOrNumber), .integer): return nil
    case (.scalar(.textOrNumber), .number): return nil
    case (.scalar(.bytes), .string(let text)):
      return Base64.isValid(text) ? nil : "illegal base64 data at input byte \(Base64.firstWrongByte(text))"
    case (.map, .object), (.structure, .object), (.list, .array): return nil
    case (.scalar(let scalar), _): return "expected \(scalar.display), got \(value.goString)"
    case (.list, _): return "expected list, got \(value.goString)"
    default: return "expected map, got \(value.goString)"
    }
  }
}

extension TypeSchema.Scalar {
  var display: String {
    switch self {
    case .string, .bytes: "string"
    case .integer, .number: "numeric (int or float)"
    case .boolean: "boolean"
    case .textOrNumber: "string or number"
    }
  }
}

extension Value {
  /// What the server's messages call the kind of a value.
  fileprivate var goString: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .unsigned: "int"
    case .number: "float"
    case .string: "string"
    case .array: "list"
    case .object: "map"
    }
  }
}

/// Base 64 as Go's standard encoding reads it.
enum Base64 {
  static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    let body = bytes.prefix { isDigit($0) }
    let padding = bytes.dropFirst(body.count)
    return bytes.count % 4 == 0 && padding.count <= 2 && padding.allSatisfy { $0 == UInt8(ascii: "=") }
  }

  static func firstWrongByte(_ text: String) -> Int { text.utf8.prefix { isDigit($0) }.count }

  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
    default: false
    }
  }
}
