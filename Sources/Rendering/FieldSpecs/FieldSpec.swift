import Manifests

/// A field of some kinds of objects that a transformation works on.
struct FieldSpec: Hashable, Sendable {
  /// One step of the path: a key of a map. Lists on the way are gone through element by element.
  struct Step: Hashable, Sendable {
    var key: String
    /// Written `key[]`: the field is a list, and is never created.
    var isList: Bool
    /// Why no field can be found by this key, if that is so.
    var refusal: String?

    /// kustomize looks keys up without the blanks around them.
    init(_ key: String, isList: Bool) {
      self.key = Step.trimmed(key)
      self.isList = isList
      if key.isEmpty {
        refusal = "a step without a name"
      } else if self.key == "*" {
        refusal = "* stands for no field"
      } else if Int(self.key) != nil {
        refusal = "a number stands for no field"
      }
    }

    private static func trimmed(_ key: String) -> String {
      guard let start = key.firstIndex(where: { !$0.isWhitespace }),
        let end = key.lastIndex(where: { !$0.isWhitespace })
      else { return "" }
      return String(key[start...end])
    }
  }

  /// The kinds it is for.
  var kind: GroupVersionKind
  /// As it is written: `spec/template/metadata/labels`; `\/` is a slash in a key.
  let path: String
  let steps: [Step]
  /// Whether a missing field is created.
  var create: Bool
  /// Where it is written; nil for what is built in and what the build makes up.
  let place: FleetError.Address?

  init(
    _ path: String, kind: GroupVersionKind = GroupVersionKind(), create: Bool = false, place: FleetError.Address? = nil
  ) {
    self.path = path
    self.kind = kind
    self.create = create
    self.place = place
    steps = FieldSpec.split(path, by: "/").map { part in
      part.hasSuffix("[]") ? Step(String(part.dropLast(2)), isList: true) : Step(part, isList: false)
    }
  }

  /// The parts of a path; a separator after a backslash belongs to its part, one in front of all is dropped.
  static func split(_ path: String, by separator: Character) -> [String] {
    var parts = path.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1, parts[0].isEmpty { parts.removeFirst() }
    var result: [String] = []
    for part in parts {
      if let last = result.last, last.hasSuffix("\\") {
        result[result.count - 1] = last.dropLast() + String(separator) + part
      } else {
        result.append(part)
      }
    }
    return result
  }
}

extension FieldSpec {
  /// What is put where a field is missing.
  enum Creation: Sendable {
    case nothing
    case map
    case scalar(YAMLTree.Tag)
  }

  /// Runs the change on every value that the path leads to in this object, whatever its kind is.
  ///
  /// Throws what the change throws, and where the path meets a single value before its end.
  func apply(
    to resource: inout Resource, creating creation: Creation = .nothing,
    _ change: (inout YAMLTree) throws(FleetError) -> Void
  ) throws(FleetError) {
    let isLent =
      steps.count > 1 && steps[0].key == "metadata" && steps[1].key == "annotations"
      && resource.lendAnnotations()
    do {
      try visit(&resource.tree, steps[...], creation, change)
    } catch {
      throw error.within(FleetError.Address(object: resource.address.object))
    }
    if isLent { resource.takeBackAnnotations() }
  }

  private func visit(
    _ value: inout YAMLTree, _ steps: ArraySlice<Step>, _ creation: Creation,
    _ change: (inout YAMLTree) throws(FleetError) -> Void
  ) throws(FleetError) {
    guard let step = steps.first else { return try change(&value) }
    if value.isNull { return }
    switch value {
    case .scalar:
      throw FleetError(.renderingFailed, "the field path \(path) leads through \(value.kindName)")
    case .sequence:
      try value.withElements { elements throws(FleetError) in
        for index in elements.indices { try visit(&elements[index], steps, creation, change) }
      }
    case .mapping:
      if let reason = step.refusal {
        throw FleetError(
          .renderingFailed, "the field path \"\(path)\": \(reason)", at: place ?? FleetError.Address(),
          nextStep: "name the fields of a map one by one")
      }
      if !create, FieldSpec.isMissing(step, in: value) { return }
      try value.withEntries { entries throws(FleetError) in
        guard let index = find(step, in: &entries, isLast: steps.count == 1, creation) else { return }
        try visit(&entries[index].value, steps.dropFirst(), creation, change)
      }
    }
  }

  /// Whether a change of this field can find anything in an object, or any fault: false only where it surely cannot, also
  /// after other fields of references have been changed.
  func mayLeadSomewhere(in resource: Resource) -> Bool {
    // Annotations may be lent, and a reference that is a map can get a namespace.
    let isAnnotation = steps.count > 1 && steps[0].key == "metadata" && steps[1].key == "annotations"
    if create || isAnnotation || steps.last?.key == "namespace" || steps.isEmpty { return true }
    return FieldSpec.mayLeadSomewhere(in: resource.tree, steps[...])
  }

  private static func mayLeadSomewhere(in value: YAMLTree, _ steps: ArraySlice<Step>) -> Bool {
    guard let step = steps.first else { return true }
    switch value {
    case .scalar(let scalar): return scalar.tag != .null
    case .sequence(let elements): return elements.contains { mayLeadSomewhere(in: $0, steps) }
    case .mapping(let entries):
      guard let next = entries[step.key] else { return false }
      return mayLeadSomewhere(in: next, steps.dropFirst())
    }
  }

  /// A look before the map is taken apart, which most paths need not.
  private static func isMissing(_ step: Step, in value: borrowing YAMLTree) -> Bool {
    value.entries?.index(of: step.key) == nil
  }

  /// Where the field of a step stands, after it was created if that is wanted.
  private func find(
    _ step: Step, in entries: inout [YAMLTree.Entry], isLast: Bool, _ creation: Creation
  ) -> Int? {
    let fresh = step.isList ? nil : created(isLast ? creation : (hasCreation(creation) ? .map : .nothing))
    guard let index = entries.index(of: step.key) else {
      guard let fresh else { return nil }
      entries.append(YAMLTree.Entry(step.key, fresh))
      return entries.count - 1
    }
    if entries[index].value.isNull {
      // A null stands for whatever the path wants to find there.
      if step.isList { entries[index].value = .sequence([]) }
      if let fresh { entries[index].value = fresh }
    }
    return index
  }

  private func hasCreation(_ creation: Creation) -> Bool {
    if case .nothing = creation { false } else { true }
  }

  private func created(_ creation: Creation) -> YAMLTree? {
    guard create else { return nil }
    switch creation {
    case .nothing: return nil
    case .map: return .mapping([])
    case .scalar(let tag): return .scalar(YAMLTree.Scalar("", tag))
    }
  }
}

extension [FieldSpec] {
  /// Runs the change on every value that a path leads to, of those that are for the object's kind.
  func apply(
    to resource: inout Resource, creating creation: FieldSpec.Creation = .nothing,
    _ change: (inout YAMLTree) throws(FleetError) -> Void
  ) throws(FleetError) {
    let kind = resource.kind
    for spec in self where kind.isSelected(by: spec.kind) {
      try spec.apply(to: &resource, creating: creation, change)
    }
  }
}
