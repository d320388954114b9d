import Manifests

/// RFC 6902, as far as clients of Kubernetes use it.
enum JSONPatch {
  static func apply(_ patch: Value, to value: Value) throws(StatusError) -> Value {
    guard let operations = patch.array else { throw .badRequest("a JSON patch is a list") }
    var result = value
    for operation in operations { result = try apply(one: operation, to: result) }
    return result
  }

  private static func apply(one operation: Value, to value: Value) throws(StatusError) -> Value {
    let path = steps(operation["path"]?.string ?? "")
    let new = operation["value"] ?? .null
    switch operation["op"]?.string {
    case "add": return try edit(value, path[...], operation) { insert(new, into: $0, at: $1) }
    case "replace":
      return try edit(value, path[...], operation) { find($0, $1) == nil ? Value?.none : put(new, into: $0, at: $1) }
    case "remove":
      return try edit(value, path[...], operation) { find($0, $1) == nil ? Value?.none : drop(from: $0, at: $1) }
    case "test":
      let found = path.reduce(Optional(value)) { current, step in current.flatMap { find($0, step) } }
      guard found == new else { throw failed(operation, "testing value failed") }
      return value
    default: throw .badRequest("Unexpected kind: \(operation["op"]?.string ?? "")")
    }
  }

  private static func steps(_ pointer: String) -> [String] {
    pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      .map { String($0.replacing("~1", with: "/").replacing("~0", with: "~")) }
  }

  private static func edit(
    _ value: Value, _ path: ArraySlice<String>, _ operation: Value, _ change: (Value, String) -> Value?
  ) throws(StatusError) -> Value {
    guard let step = path.first else { return operation["value"] ?? .null }
    if path.count == 1 {
      guard let result = change(value, step) else { throw failed(operation, "missing path") }
      return result
    }
    guard let child = find(value, step) else { throw failed(operation, "doc is missing path") }
    return put(try edit(child, path.dropFirst(), operation, change), into: value, at: step)
  }

  private static func failed(_ operation: Value, _ why: String) -> StatusError {
    StatusError(
      422, "Invalid",
      "the server rejected our request due to an error in our request: \(operation["op"]?.string ?? "") operation does "
        + "not apply: \(why): \(operation["path"]?.string ?? "")")
  }

  private static func find(_ value: Value, _ step: String) -> Value? {
    guard let items = value.array else { return value[step] }
    return Int(step).flatMap { items.indices.contains($0) ? items[$0] : nil }
  }

  private static func put(_ new: Value, into value: Value, at step: String) -> Value {
    guard var items = value.array else {
      var object = value.object ?? Object()
      object[step] = new
      return .object(object)
    }
    if let index = Int(step), items.indices.contains(index) { items[index] = new }
    return .array(items)
  }

  private static func insert(_ new: Value, into value: Value, at step: String) -> Value? {
    guard var items = value.array else { return value.object == nil ? Value?.none : put(new, into: value, at: step) }
    let index = step == "-" ? items.count : Int(step) ?? -1
    guard (0...items.count).contains(index) else { return nil }
    items.insert(new, at: index)
    return .array(items)
  }

  private static func drop(from value: Value, at step: String) -> Value {
    guard var items = value.array else {
      var object = value.object ?? Object()
      object[step] = nil
      return .object(object)
    }
    if let index = Int(step), items.indices.contains(index) { items.remove(at: index) }
    return .array(items)
  }
}

/// Kubernetes' strategic merge: lists whose items have keys are merged by them, `null` and `$patch: delete` take away.
enum StrategicPatch {
  static func apply(_ patch: Value, to value: Value, _ schema: TypeSchema) -> Value {
    let type = schema.resolved
    switch (type, value, patch) {
    case (.list(let element, .map(let keys)), .array(let items), .array(let changes)):
      return .array(merge(changes, into: items, element, .map(keys: Array(keys.prefix(1)))))
    case (.list(_, .set), .array(let items), .array(let changes)):
      return .array(items + changes.filter { !items.contains($0) })
    case (_, .object(var object), .object(let changes)):
      if changes["$patch"]?.string == "replace" { return patch.withoutDirectives }
      for (name, change) in changes where !name.hasPrefix("$") {
        if change.isNull {
          object[name] = nil
        } else if let before = object[name] {
          object[name] = apply(change, to: before, type.child(name) ?? .any)
        } else {
          object[name] = change.withoutDirectives
        }
      }
      return .object(object)
    default: return patch
    }
  }

  private static func merge(
    _ changes: [Value], into items: [Value], _ element: TypeSchema, _ relation: ListRelation
  ) -> [Value] {
    var result = items
    for change in changes {
      let step = relation.step(to: change, element)
      let index = result.firstIndex { relation.step(to: $0, element) == step }
      if change["$patch"]?.string == "delete" {
        if let index { result.remove(at: index) }
      } else if let index {
        result[index] = apply(change, to: result[index], element)
      } else {
        result.append(change.withoutDirectives)
      }
    }
    return result
  }
}

extension Value {
  fileprivate var withoutDirectives: Value {
    guard let object else { return self }
    return .object(Object(uniqueEntries: object.entries.filter { !$0.key.hasPrefix("$") }))
  }
}
