import Manifests

extension JSONPatch {
  /// The document after all operations. Throws at the first that does not apply.
  func apply(to document: Value) throws(FleetError) -> Value {
    var document = document
    for (index, operation) in operations.enumerated() {
      do {
        try operation.apply(to: &document)
      } catch {
        var error = error
        error.message =
          "operation \(index + 1) (\(operation.action) \(operation.path)) does not apply: \(error.message)"
        throw error
      }
    }
    return document
  }
}

extension JSONPatch.Operation {
  func apply(to document: inout Value) throws(FleetError) {
    switch action {
    case .add: try document.add(value, at: keys)
    case .remove: _ = try document.removeValue(at: keys)
    case .replace: try replace(in: &document)
    case .move:
      let moved = try document.removeValue(at: from)
      try document.add(moved, at: keys)
    case .copy: try document.add(document.value(at: from) ?? .null, at: keys)
    case .test:
      let found = try document.value(at: keys) ?? .null
      guard found == value else { throw FleetError(.patchFailed, "the value is another one") }
    }
  }

  /// A key that an object lacks is added, as the library that kustomize uses does.
  private func replace(in document: inout Value) throws(FleetError) {
    if keys.isEmpty {
      guard value.object != nil || value.array != nil else {
        throw FleetError(.patchFailed, "a whole document cannot become \(value.kindName)")
      }
      return document = value
    }
    try document.changeParent(of: keys) { parent, key throws(FleetError) in try parent.replaceChild(key, value) }
  }
}

extension JSONPatch {
  fileprivate static func missing(_ keys: [String]) -> FleetError {
    FleetError(.patchFailed, "there is no /\(keys.joined(separator: "/"))")
  }

  /// The index that a key is in a list, counted from the end where it is negative.
  fileprivate static func index(_ key: String, count: Int) throws(FleetError) -> Int {
    guard let index = Int(key) else { throw FleetError(.patchFailed, "\(key) is no index of a list") }
    let position = index < 0 ? index + count : index
    guard (0..<count).contains(position) else {
      throw FleetError(.patchFailed, "the index \(key) is out of range")
    }
    return position
  }
}

extension Value {
  /// The value under a key or index; nil where an object has no such key.
  fileprivate func child(_ key: String) throws(FleetError) -> Value? {
    switch self {
    case .object(let object): return object[key]
    case .array(let values): return values[try JSONPatch.index(key, count: values.count)]
    default: return nil
    }
  }

  /// The value at a path; nil where its last key is missing.
  fileprivate func value(at keys: [String]) throws(FleetError) -> Value? {
    guard let last = keys.last else { return self }
    var parent = self
    for key in keys.dropLast() {
      guard let next = try parent.child(key), next.isContainer else { throw JSONPatch.missing(keys) }
      parent = next
    }
    guard parent.isContainer else { throw JSONPatch.missing(keys) }
    return try parent.child(last)
  }

  fileprivate var isContainer: Bool { array != nil || object != nil }

  /// Changes the object or list that holds the value at a path.
  fileprivate mutating func changeParent(
    of keys: [String], _ change: (inout Value, String) throws(FleetError) -> Void
  ) throws(FleetError) {
    try changeParent(keys[...], of: keys, change)
  }

  private mutating func changeParent(
    _ rest: ArraySlice<String>, of keys: [String], _ change: (inout Value, String) throws(FleetError) -> Void
  ) throws(FleetError) {
    guard let key = rest.first, isContainer else { throw JSONPatch.missing(keys) }
    if rest.count == 1 { return try change(&self, key) }
    switch self {
    case .object(var object):
      self = .null  // so that what is below has one owner and is changed in place
      defer { self = .object(object) }
      let isThere = try object.update(key) { child throws(FleetError) in
        try child.changeParent(rest.dropFirst(), of: keys, change)
      }
      guard isThere else { throw JSONPatch.missing(keys) }
    case .array(var values):
      let index = try JSONPatch.index(key, count: values.count)
      self = .null
      defer { self = .array(values) }
      try values[index].changeParent(rest.dropFirst(), of: keys, change)
    default: throw JSONPatch.missing(keys)
    }
  }

  fileprivate mutating func add(_ value: Value, at keys: [String]) throws(FleetError) {
    try changeParent(of: keys) { parent, key throws(FleetError) in
      guard case .array(var values) = parent else { return parent[key] = value }
      if key == "-" {
        values.append(value)
      } else {
        values.insert(value, at: try JSONPatch.index(key, count: values.count + 1))
      }
      parent = .array(values)
    }
  }

  fileprivate mutating func replaceChild(_ key: String, _ value: Value) throws(FleetError) {
    guard case .array(var values) = self else { return self[key] = value }
    values[try JSONPatch.index(key, count: values.count)] = value
    self = .array(values)
  }

  fileprivate mutating func removeValue(at keys: [String]) throws(FleetError) -> Value {
    var removed: Value?
    try changeParent(of: keys) { parent, key throws(FleetError) in
      removed = try parent.child(key)
      guard case .array(var values) = parent else { return parent[key] = nil }
      values.remove(at: try JSONPatch.index(key, count: values.count))
      parent = .array(values)
    }
    guard let removed else { throw JSONPatch.missing(keys) }
    return removed
  }
}
