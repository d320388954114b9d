public import Manifests

/// Puts the values of variables into the scalar values of documents.
///
/// It works on what documents say, not on their text: no value can change a document's structure, and keys are left
/// alone. A placeholder that is a whole scalar without quotes keeps the kind of its value (a default is read as YAML
/// reads it); in quotes, or beside other text, it becomes text.
struct Substitution: Sendable {
  /// What each variable stands for.
  let values: [String: Value]

  /// The variables that objects name, each with whether all its places have a default.
  ///
  /// Throws for a text with `${` that is no placeholder.
  static func variables(in resources: [Resource]) throws(FleetError) -> [String: Bool] {
    var variables: [String: Bool] = [:]
    for resource in resources {
      try visit(resource.tree) { text throws(FleetError) in
        for variable in try parse(text, in: resource).variables {
          variables[variable.name] = (variables[variable.name] ?? true) && variable.hasFallback
        }
      }
    }
    return variables
  }

  private static func visit(
    _ tree: YAMLTree, _ body: (String) throws(FleetError) -> Void
  ) throws(FleetError) {
    switch tree {
    case .scalar(let scalar): if PlaceholderText.mayBe(in: scalar.text) { try body(scalar.text) }
    case .sequence(let elements): for element in elements { try visit(element, body) }
    case .mapping(let entries): for entry in entries { try visit(entry.value, body) }
    }
  }

  private static func parse(_ text: String, in resource: Resource) throws(FleetError) -> PlaceholderText {
    do {
      return try PlaceholderText(text)
    } catch {
      throw FleetError(
        .invalidPlaceholder, "not a placeholder: \(error.text)", at: resource.address,
        nextStep: "write $${ where the text itself should have ${")
    }
  }

  /// Where an object has placeholders, or escapes of them.
  struct Places: Sendable {
    /// To each of its scalars that has one: the indices of entries and elements on the way.
    fileprivate var scalars: [[Int]] = []
    /// Whether one of the names that references know it by may have one.
    fileprivate var isInNames = false

    var isEmpty: Bool { scalars.isEmpty && !isInNames }

    init(in resource: Resource) {
      find(in: resource.tree, [])
      isInNames =
        (resource.namePrefixes + resource.nameSuffixes).contains(where: PlaceholderText.mayBe)
        || resource.formerIdentities.contains {
          PlaceholderText.mayBe(in: $0.name) || PlaceholderText.mayBe(in: $0.namespace)
        }
    }

    private mutating func find(in tree: YAMLTree, _ path: [Int]) {
      switch tree {
      case .scalar(let scalar): if PlaceholderText.mayBe(in: scalar.text) { scalars.append(path) }
      case .sequence(let elements):
        for (index, element) in elements.enumerated() { find(in: element, path + [index]) }
      case .mapping(let entries):
        for (index, entry) in entries.enumerated() { find(in: entry.value, path + [index]) }
      }
    }
  }

  /// Whether no value is a list or map.
  var hasOnlySingleValues: Bool {
    values.values.allSatisfy { value in
      switch value {
      case .array, .object: false
      default: true
      }
    }
  }

  /// Puts the values into an object, and into the names that references know it by.
  /// - Parameter places: those of this object as it is.
  func apply(to resource: inout Resource, at places: Places) throws(FleetError) {
    var tree = resource.tree
    for path in places.scalars { try apply(to: &tree, path[...], in: resource) }
    resource.tree = tree
    guard places.isInNames else { return }
    for index in resource.formerIdentities.indices {
      resource.formerIdentities[index].name = try text(resource.formerIdentities[index].name, in: resource)
      resource.formerIdentities[index].namespace = try text(resource.formerIdentities[index].namespace, in: resource)
    }
    for index in resource.namePrefixes.indices {
      resource.namePrefixes[index] = try text(resource.namePrefixes[index], in: resource)
    }
    for index in resource.nameSuffixes.indices {
      resource.nameSuffixes[index] = try text(resource.nameSuffixes[index], in: resource)
    }
  }

  private func apply(
    to tree: inout YAMLTree, _ path: ArraySlice<Int>, in resource: Resource
  ) throws(FleetError) {
    switch tree {
    case .scalar(let scalar): tree = try replacement(for: scalar, in: resource)
    case .sequence:
      guard let index = path.first else { return }
      try tree.withElements { elements throws(FleetError) in
        try apply(to: &elements[index], path.dropFirst(), in: resource)
      }
    case .mapping:
      guard let index = path.first else { return }
      try tree.withEntries { entries throws(FleetError) in
        try apply(to: &entries[index].value, path.dropFirst(), in: resource)
      }
    }
  }

  private func replacement(for scalar: YAMLTree.Scalar, in resource: Resource) throws(FleetError) -> YAMLTree {
    let parsed = try Substitution.parse(scalar.text, in: resource)
    if scalar.style == .plain, parsed.parts.count == 1, case .variable(let name, let fallback) = parsed.parts[0] {
      if let value = values[name] { return YAMLTree(value) }
      if let fallback { return .scalar(YAMLTree.Scalar(fallback, .none)) }
    }
    return .scalar(YAMLTree.Scalar(try join(parsed, in: resource), .string, scalar.style))
  }

  private func text(_ text: String, in resource: Resource) throws(FleetError) -> String {
    guard PlaceholderText.mayBe(in: text) else { return text }
    return try join(Substitution.parse(text, in: resource), in: resource)
  }

  private func join(_ parsed: PlaceholderText, in resource: Resource) throws(FleetError) -> String {
    var text = ""
    for part in parsed.parts {
      switch part {
      case .text(let plain): text += plain
      case .variable(let name, let fallback):
        guard let value = values[name] else {
          text += fallback ?? ""
          continue
        }
        guard let written = YAMLTree(value).scalar else {
          throw FleetError(
            .invalidPlaceholder, "${\(name)} is a \(value.kindName), which cannot stand in a text",
            at: resource.address, nextStep: "let the placeholder be the whole value, without quotes")
        }
        text += written.valueText
      }
    }
    return text
  }
}

extension YAMLTree.Scalar {
  fileprivate var valueText: String { tag == .null ? "" : text }
}

extension FleetError.Code {
  /// A placeholder that is none, or that has no place where it stands.
  public static let invalidPlaceholder = FleetError.Code("invalid-placeholder")
  /// A placeholder for something that the cluster does not have.
  public static let undefinedVariable = FleetError.Code("undefined-variable")
}
