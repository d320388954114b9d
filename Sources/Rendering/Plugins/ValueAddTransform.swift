import Manifests

/// kustomize's ValueAddTransformer: sets a field of objects, or puts a part into a path that stands there.
struct ValueAddTransform: Transform {
  struct Target: Sendable {
    /// nil: every object.
    var selector: Selector?
    var fieldPath: String
    /// Where in a path of a file system the value is put; 0 replaces the whole.
    var position: Int
  }

  var value: String
  var targets: [Target]

  func apply(to list: inout ResourceList) throws(FleetError) {
    for target in targets {
      let found = target.selector?.indices(in: list) ?? Array(list.resources.indices)
      for index in found {
        if target.fieldPath == "metadata/namespace" {
          try NamespaceTransform(namespace: value, fields: []).change(&list.resources[index])
        } else {
          try set(target, in: &list.resources[index].tree)
        }
      }
    }
  }

  private func set(_ target: Target, in tree: inout YAMLTree) throws(FleetError) {
    let keys = FieldSpec.split(target.fieldPath, by: "/").map(\.trimmingSpace).filter { !$0.isEmpty }
    try ValueAddTransform.visit(keys[...], in: &tree) { value throws(FleetError) in
      let old = try value.requireScalarText()
      value.setScalar(target.position > 0 ? inserted(into: old, at: target.position - 1) : self.value, .none)
    }
  }

  private static func visit(
    _ keys: ArraySlice<String>, in value: inout YAMLTree, _ change: (inout YAMLTree) throws(FleetError) -> Void
  ) throws(FleetError) {
    guard let key = keys.first else { return try change(&value) }
    if let index = Int(key), let count = value.elements?.count {
      guard (0..<count).contains(index) else { return }
      try value.withElements { elements throws(FleetError) in
        try visit(keys.dropFirst(), in: &elements[index], change)
      }
      return
    }
    guard value.isMapping else { throw FieldPathQuery.mismatch(value, "a map", key) }
    if value[key] == nil {
      let created = keys.count == 1 ? YAMLTree.scalar(YAMLTree.Scalar("", .none)) : .mapping([])
      value.withEntries { $0.append(YAMLTree.Entry(key, created)) }
    }
    try value.update(key) { inner throws(FleetError) in try visit(keys.dropFirst(), in: &inner, change) }
  }

  /// The path with the value as one more part, an absolute one still absolute.
  private func inserted(into path: String, at position: Int) -> String {
    var parts = path.isEmpty ? [] : path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if parts == ["", ""] { parts = [""] }
    var position = min(position, parts.count)
    if parts.first == "", position < parts.count { position += 1 }
    parts.insert(value, at: position)
    return parts.joined(separator: "/")
  }
}

extension Plugins {
  func valueAdd(_ field: Field) throws(FleetError) -> ValueAddTransform {
    let reader = SettingsReader(form: .plugin)
    return try reader.object(field) { fields throws(FleetError) in
      var value = try reader.text(fields.optional("value")).trimmingSpace
      if value.isEmpty { value = directory.name }
      var targets = try reader.list(fields.optional("targets"), target)
      let file = try reader.located(fields.optional("targetFilePath"))
      if !file.text.isEmpty { targets += try self.targets(file) }
      guard !targets.isEmpty else { throw field.error("no targets", code: .invalidKustomization) }
      return ValueAddTransform(value: value, targets: targets)
    }
  }

  private func targets(_ path: Kustomization.Text) throws(FleetError) -> [ValueAddTransform.Target] {
    let (bytes, file) = try files.read(path.text, from: directory, at: path.address)
    guard let document = try YAML.parseNodes(bytes, file: file.description, dialect: .settings).first else { return [] }
    let reader = SettingsReader(form: .plugin)
    return try reader.object(Field(document.root, file: file.description)) { fields throws(FleetError) in
      try reader.list(fields.optional("targets"), target)
    }
  }

  private func target(_ field: Field) throws(FleetError) -> ValueAddTransform.Target {
    let reader = SettingsReader(form: .plugin)
    return try reader.object(field) { fields throws(FleetError) in
      let selector = try fields.optional("selector").map { field throws(FleetError) in
        try reader.selector(field).compiled()
      }
      let path = try reader.text(fields.required("fieldPath"))
      let position = try fields.optional("filePathPosition")?.int(in: 0 ... .max) ?? 0
      return ValueAddTransform.Target(selector: selector, fieldPath: path, position: position)
    }
  }
}
