import Manifests

extension Resource {
  mutating func setName(_ name: String) {
    tree.setText(name, .none, at: ["metadata", "name"])
  }

  mutating func setKind(_ kind: String) {
    tree.setText(kind, .none, at: ["kind"])
  }

  mutating func setAPIVersion(_ apiVersion: String) {
    tree.setText(apiVersion, .none, at: ["apiVersion"])
  }

  /// Sets the namespace; an empty one removes it.
  mutating func setNamespace(_ namespace: String) {
    guard namespace.isEmpty else { return tree.setText(namespace, .none, at: ["metadata", "namespace"]) }
    tree.update("metadata") { $0.remove("namespace") }
  }

  var labels: [YAMLTree.Entry] { tree.value(at: "metadata", "labels")?.entries ?? [] }
  var annotations: [YAMLTree.Entry] { tree.value(at: "metadata", "annotations")?.entries ?? [] }

  mutating func removeAnnotation(_ key: String) {
    guard annotations.contains(where: { $0.key.hasSameBytes(as: key) }) else { return }
    tree.update("metadata") { metadata in
      metadata.update("annotations") { $0.remove(key) }
      return
    }
  }

  /// Turns every annotation into the text it is spelt as; without any there is no field for them.
  ///
  /// kustomize does so with each object it prints, and wherever it sets annotations of its own.
  mutating func makeAnnotationsTexts() { makeTexts("annotations") }

  /// Turns every label into the text it is spelt as; without any there is no field for them.
  mutating func makeLabelsTexts() { makeTexts("labels") }

  private mutating func makeTexts(_ field: String) {
    tree.update("metadata") { metadata in
      guard let entries = metadata[field]?.entries, !entries.isEmpty else { return metadata.remove(field) }
      let isDone = entries.allSatisfy { $0.value.scalar?.tag == .string && $0.value.scalar?.style != .folded }
      if !isDone { metadata.set(field, .mapping(entries.map { YAMLTree.Entry($0.key, .string($0.value.text)) })) }
    }
  }

  /// Puts an empty map where kustomize would have annotations of its own; whether it did.
  mutating func lendAnnotations() -> Bool {
    guard hasOwnAnnotations, tree.value(at: "metadata", "annotations") == nil else { return false }
    tree.update("metadata") { metadata in
      metadata.withEntries { $0.append(YAMLTree.Entry("annotations", .mapping([]))) }
      return
    }
    return true
  }

  /// Removes the map again when nothing has come into it.
  mutating func takeBackAnnotations() {
    guard tree.value(at: "metadata", "annotations")?.isEmpty ?? false else { return }
    tree.update("metadata") { $0.remove("annotations") }
  }
}
