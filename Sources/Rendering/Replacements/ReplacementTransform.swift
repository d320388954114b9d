import Manifests

/// `replacements`.
struct ReplacementTransform: Transform {
  var replacements: [Replacement]

  func apply(to list: inout ResourceList) throws(FleetError) {
    for replacement in replacements {
      do {
        let value = try replacement.source.value(in: list)
        for target in replacement.targets { try target.set(value, in: &list) }
      } catch {
        throw error.within(replacement.address)
      }
    }
    list.removeDeleted()
  }
}

extension Resource {
  /// The identities by which replacements find an object; scopes do not count here.
  fileprivate var idsForReplacements: [ResourceID] {
    [ResourceID(kind, name: name, namespace: namespace, isClusterScoped: false)] + formerIDs
  }
}

extension Replacement.Source {
  /// The value that is copied.
  fileprivate func value(in list: ResourceList) throws(FleetError) -> YAMLTree {
    let found = list.resources.filter { $0.idsForReplacements.contains { $0.isSelected(by: object) } }
    guard let resource = found.first, found.count == 1 else {
      throw FleetError(
        .renderingFailed, "the source \(object) \(found.isEmpty ? "is not there" : "may be one of several objects")")
    }
    guard let value = try FieldPathQuery(fieldPath).value(in: resource.tree), !value.isEmpty else {
      throw FleetError(.renderingFailed, "the source \(object) has no field \(fieldPath)")
    }
    guard !options.delimiter.isEmpty else { return value }
    guard var scalar = value.scalar else {
      throw FleetError(.renderingFailed, "a delimiter takes a single value apart, and this is \(value.kindName)")
    }
    let parts = scalar.text.separated(by: options.delimiter)
    guard parts.indices.contains(options.index) else {
      throw FleetError(.renderingFailed, "the source has \(parts.count) parts, none with the index \(options.index)")
    }
    scalar.text = parts[options.index]
    return .scalar(scalar)
  }
}

extension Replacement.Target {
  fileprivate func set(_ value: YAMLTree, in list: inout ResourceList) throws(FleetError) {
    let select = try ReplacementSelector(select)
    var reject: [ReplacementSelector] = []
    for text in self.reject { reject.append(try ReplacementSelector(text)) }
    for index in list.resources.indices {
      let resource = list.resources[index]
      let ids = resource.idsForReplacements
      let isSelected =
        select.matchesLabels(of: resource) && ids.contains { $0.isSelected(by: select.object) }
        && !reject.contains { $0.hasQueries && $0.matchesLabels(of: resource) }
        && !reject.contains { reject in !reject.isForAnyObject && ids.contains { $0.isSelected(by: reject.object) } }
      guard isSelected else { continue }
      do {
        for path in fieldPaths { try set(value, at: path, in: &list.resources[index].tree) }
      } catch {
        throw error.within(FleetError.Address(object: resource.address.object))
      }
    }
  }

  private func set(_ value: YAMLTree, at path: String, in tree: inout YAMLTree) throws(FleetError) {
    let kind: FieldPathUpdate.Creation? = options.create ? FieldPathUpdate.Creation(for: value) : nil
    var update = FieldPathUpdate(creating: kind) { [options] target throws(FleetError) in
      try Replacement.Target.set(value, options, in: &target)
    }
    do {
      try update.run(FieldPathQuery.split(path)[...], in: &tree)
    } catch {
      var error = error
      error.message = "the field \(path) cannot be found\(options.create ? " or created" : ""): \(error.message)"
      throw error
    }
    guard update.count > 0 else {
      throw FleetError(.renderingFailed, "there is no field \(path)")
    }
  }

  private static func set(
    _ value: YAMLTree, _ options: Replacement.Options, in target: inout YAMLTree
  ) throws(FleetError) {
    var value = value
    if !options.delimiter.isEmpty {
      guard let old = target.scalar else {
        throw FleetError(.renderingFailed, "a delimiter takes a single value apart, and this is \(target.kindName)")
      }
      var parts = old.text.separated(by: options.delimiter)
      if options.index < 0 {
        parts.insert(value.valueText, at: 0)
      } else if options.index >= parts.count {
        parts.append(value.valueText)
      } else {
        parts[options.index] = value.valueText
      }
      value = .scalar(YAMLTree.Scalar(parts.joined(separator: options.delimiter), value.scalar?.tag ?? .none))
    }
    guard var scalar = target.scalar else {
      target = value
      return
    }
    // A single value keeps its kind: a number copied into a text becomes one.
    scalar.text = value.text
    target = .scalar(scalar)
  }
}

/// A selector of replacements: kind, name and namespace are compared as they are, not as patterns.
private struct ReplacementSelector {
  let object: ResourceID
  private let labels: LabelQuery
  private let annotations: LabelQuery
  let hasQueries: Bool

  init(_ text: SelectorText) throws(FleetError) {
    object = ResourceID(text.kind, name: text.name, namespace: text.namespace, isClusterScoped: false)
    labels = try text.labelQuery()
    annotations = try text.annotationQuery()
    hasQueries = !text.labels.isEmpty || !text.annotations.isEmpty
  }

  var isForAnyObject: Bool {
    object.name.isEmpty && object.namespace.isEmpty && object.kind == GroupVersionKind()
  }

  func matchesLabels(of resource: Resource) -> Bool {
    labels.matches(resource.labels) && annotations.matches(resource.annotations)
  }
}

extension String {
  /// The parts between delimiters, as Go's `strings.Split` has them.
  fileprivate func separated(by delimiter: String) -> [String] {
    let (text, mark) = (Array(utf8), Array(delimiter.utf8))
    var parts: [String] = []
    var start = 0
    var position = 0
    while position + mark.count <= text.count {
      if text[position...].starts(with: mark) {
        parts.append(String(decoding: text[start..<position], as: UTF8.self))
        position += mark.count
        start = position
      } else {
        position += 1
      }
    }
    return parts + [String(decoding: text[start...], as: UTF8.self)]
  }
}
