import Manifests

/// Changes every value that a path of replacements leads to, creating what is missing if that is wanted.
struct FieldPathUpdate {
  /// What is put at the end of a path that is created.
  enum Creation {
    case scalar, map, list

    init(for value: YAMLTree) {
      switch value {
      case .scalar: self = .scalar
      case .mapping: self = .map
      case .sequence: self = .list
      }
    }
  }

  typealias Change = (inout YAMLTree) throws(FleetError) -> Void

  private let creation: Creation?
  private let change: Change
  /// How many values were changed.
  private(set) var count = 0

  init(creating creation: Creation?, change: @escaping Change) {
    self.creation = creation
    self.change = change
  }

  mutating func run(_ path: ArraySlice<String>, in value: inout YAMLTree) throws(FleetError) {
    guard let part = path.first else {
      count += 1
      return try change(&value)
    }
    let rest = path.dropFirst()
    if let index = Int(part), index >= 0 {
      try runOnElement(index, rest, in: &value)
    } else if part.hasPrefix("["), part.hasSuffix("]") {
      try runOnMatches(part, rest, in: &value)
    } else if part == "*" {
      try runOnElements(in: &value) { update, element throws(FleetError) in try update.run(rest, in: &element) }
    } else {
      try runOnField(part, rest, in: &value)
    }
  }

  private mutating func runOnField(
    _ name: String, _ rest: ArraySlice<String>, in value: inout YAMLTree
  ) throws(FleetError) {
    if value.isNull { return createInNull(&value) }
    guard value.isMapping else { throw FieldPathQuery.mismatch(value, "a map", name) }
    if value[name] == nil {
      guard let created = created(before: rest) else { return }
      value.withEntries { $0.append(YAMLTree.Entry(name, created)) }
    }
    try value.update(name) { field throws(FleetError) in try run(rest, in: &field) }
  }

  private mutating func runOnElement(
    _ index: Int, _ rest: ArraySlice<String>, in value: inout YAMLTree
  ) throws(FleetError) {
    if value.isNull, creation != nil { return createInNull(&value) }
    let isList: Void? = try value.withElements { elements throws(FleetError) in
      if elements.count == index, let created = created(before: rest) { elements.append(created) }
      guard elements.indices.contains(index) else {
        throw FleetError(.renderingFailed, "the index \(index) is beyond \(elements.count) elements")
      }
      try run(rest, in: &elements[index])
    }
    guard isList != nil else { throw FieldPathQuery.mismatch(value, "a list", "") }
  }

  private mutating func runOnMatches(
    _ part: String, _ rest: ArraySlice<String>, in value: inout YAMLTree
  ) throws(FleetError) {
    let (key, pattern) = try FieldPathQuery.condition(part)
    let expression: RegularExpression
    do { expression = try RegularExpression(pattern) } catch {
      throw FleetError(.renderingFailed, "\(part) has no regular expression", cause: error.reason)
    }
    let before = count
    try match(key, expression, rest, in: &value)
    guard count == before, creation != nil else { return }
    if value.isNull { return createInNull(&value) }
    let text = YAMLTree.scalar(YAMLTree.Scalar(pattern, .none))
    value.withElements { $0.append(key.isEmpty ? text : .mapping([YAMLTree.Entry(key, text)])) }
    try match(key, expression, rest, in: &value)
    guard count > before else {
      throw FleetError(.renderingFailed, "an element made for \(part) does not match it")
    }
  }

  /// Creates below a null, as kustomize does: it finds the place, but the null stays, or becomes an empty text where
  /// nothing was written for it.
  private mutating func createInNull(_ value: inout YAMLTree) {
    guard creation != nil else { return }
    count += 1
    if value.text.isEmpty { value = .scalar(YAMLTree.Scalar("", .string, .quoted)) }
  }

  private mutating func match(
    _ key: String, _ expression: RegularExpression, _ rest: ArraySlice<String>, in value: inout YAMLTree
  ) throws(FleetError) {
    try runOnElements(in: &value) { update, element throws(FleetError) in
      if key.isEmpty {
        // What a path says after a condition on a text itself does not count.
        if expression.matches(element.writtenText) { try update.run([], in: &element) }
      } else if let field = element[key], expression.matches(field.writtenText) {
        try update.run(rest, in: &element)
      }
    }
  }

  private mutating func runOnElements(
    in value: inout YAMLTree, _ body: (inout FieldPathUpdate, inout YAMLTree) throws(FleetError) -> Void
  ) throws(FleetError) {
    if value.isNull { return }
    var update = self
    let isList: Void? = try value.withElements { elements throws(FleetError) in
      for index in elements.indices { try body(&update, &elements[index]) }
    }
    self = update
    guard isList != nil else { throw FieldPathQuery.mismatch(value, "a list", "") }
  }

  /// What is put where a part is missing: a list in front of an index or a condition, at the end what the value is.
  private func created(before rest: ArraySlice<String>) -> YAMLTree? {
    guard let creation else { return nil }
    if let next = rest.first {
      let isList = next.hasPrefix("[") && next.hasSuffix("]") || Int(next).map { $0 >= 0 } ?? false
      return isList ? .sequence([]) : .mapping([])
    }
    switch creation {
    case .scalar: return .scalar(YAMLTree.Scalar("", .none))
    case .map: return .mapping([])
    case .list: return .sequence([])
    }
  }
}

extension YAMLTree {
  /// A single value as it stands in YAML, which is what conditions of paths are compared with.
  fileprivate var writtenText: String {
    guard let scalar else { return "" }
    return scalar.style != .plain ? "\"\(scalar.text)\"" : scalar.text
  }
}
