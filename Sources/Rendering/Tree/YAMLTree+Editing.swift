import Manifests

// How kustomize changes a document. The style of a scalar belongs to its place: whoever changes a value keeps the
// quotes that stood there, so that a number written over a text in quotes becomes a text.
extension YAMLTree {
  /// The text of a scalar; empty for a list or map.
  var text: String { scalar?.text ?? "" }

  /// Whether there is nothing in this value: null, an empty map or an empty list.
  var isEmpty: Bool {
    switch self {
    case .scalar(let scalar): scalar.tag == .null
    case .sequence(let elements): elements.isEmpty
    case .mapping(let entries): entries.isEmpty
    }
  }

  var isMapping: Bool {
    if case .mapping = self { true } else { false }
  }

  /// What people call this kind of value.
  var kindName: String {
    switch self {
    case .scalar(let scalar): scalar.tag == .null ? "null" : "a single value"
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }

  /// The value at a path of keys; nil where any of them is missing.
  func value(at path: String...) -> YAMLTree? {
    var value: YAMLTree? = self
    for key in path { value = value?[key] }
    return value
  }
}

extension YAMLTree {
  /// Changes the entries of a map where they stand, without a copy; nil when this is no map.
  @discardableResult
  mutating func withEntries<Result, Failure: Error>(
    _ change: (inout [Entry]) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard case .mapping(var entries) = self else { return nil }
    self = .null  // so that the entries have one owner and are changed in place
    defer { self = .mapping(entries) }
    return try change(&entries)
  }

  /// Changes the elements of a list where they stand, without a copy; nil when this is no list.
  @discardableResult
  mutating func withElements<Result, Failure: Error>(
    _ change: (inout [YAMLTree]) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard case .sequence(var elements) = self else { return nil }
    self = .null
    defer { self = .sequence(elements) }
    return try change(&elements)
  }

  /// Changes the value under a key where it stands; nil when there is none.
  @discardableResult
  mutating func update<Result, Failure: Error>(
    _ key: String, _ change: (inout YAMLTree) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let result: Result?? = try withEntries { entries throws(Failure) in
      guard let index = entries.index(of: key) else { return nil }
      return try change(&entries[index].value)
    }
    return result ?? nil
  }

  /// Sets or adds the value under a key of a map; nil or null removes it.
  mutating func set(_ key: String, _ value: YAMLTree?) {
    withEntries { entries in entries.set(key, value) }
  }

  /// Removes a key of a map.
  mutating func remove(_ key: String) { set(key, nil) }

  /// Replaces a scalar, keeping the quotes that stand here.
  mutating func setScalar(_ text: String, _ tag: Tag) {
    self = .scalar(Scalar(text, tag, scalar?.style ?? .plain)).linked(as: self)
  }

  /// Sets the text under a path of keys, adding the maps on the way.
  mutating func setText(_ text: String, _ tag: Tag, at path: ArraySlice<String>) {
    guard let key = path.first else { return setScalar(text, tag) }
    if isNull { self = .mapping([]) }
    withEntries { entries in
      if path.count == 1 { return entries.set(key, .scalar(Scalar(text, tag))) }
      if let index = entries.index(of: key) {
        entries[index].value.setText(text, tag, at: path.dropFirst())
      } else {
        var map = YAMLTree.mapping([])
        map.setText(text, tag, at: path.dropFirst())
        entries.append(Entry(key, map))
      }
    }
  }
}

extension [YAMLTree.Entry] {
  func index(of key: String) -> Int? {
    firstIndex { $0.key.hasSameBytes(as: key) }
  }

  subscript(key: String) -> YAMLTree? { index(of: key).map { self[$0].value } }

  /// Sets or adds the value of a key; nil or null removes it.
  mutating func set(_ key: String, _ value: YAMLTree?) {
    guard let value, !value.isNull else {
      if let index = index(of: key) { remove(at: index) }
      return
    }
    if let index = index(of: key) {
      self[index].value = value.quoted(as: self[index].value)
    } else {
      append(YAMLTree.Entry(key, value.quotedWhereNeeded))
    }
  }
}

extension YAMLTree {
  /// This value with the quotes of the one that it takes the place of.
  func quoted(as old: YAMLTree) -> YAMLTree {
    guard case .scalar(var scalar) = self else { return self }
    scalar.style = old.scalar?.style ?? .plain
    scalar.link = old.scalar?.link ?? 0
    return .scalar(scalar)
  }

  /// This value, one and the same with whatever the old one was one with.
  func linked(as old: YAMLTree) -> YAMLTree {
    guard case .scalar(var scalar) = self else { return self }
    scalar.link = old.scalar?.link ?? 0
    return .scalar(scalar)
  }

  /// This value as it is written in a new place.
  fileprivate var quotedWhereNeeded: YAMLTree {
    guard case .scalar(var scalar) = self, scalar.tag == .none || scalar.tag == .string, scalar.style == .plain else {
      return self
    }
    if Scalar.needsQuotes(scalar.text), !scalar.text.isEmpty { scalar.style = .quoted }
    return .scalar(scalar)
  }
}
