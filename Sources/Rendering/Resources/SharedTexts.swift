import Manifests

/// The texts of an object that labels and annotations have put into several fields at once.
///
/// In kustomize they are one node of the document, wherever it stands: who changes a label that a selector shares with
/// the metadata changes both. Here each has its own place, a link that they share, and what it said last.
struct SharedTexts: Sendable {
  private var texts: [UInt32: YAMLTree.Scalar] = [:]

  var isEmpty: Bool { texts.isEmpty }

  /// The link for a new text.
  mutating func add(_ text: YAMLTree.Scalar) -> UInt32 {
    let link = UInt32(truncatingIfNeeded: texts.count) &+ 1
    texts[link] = text
    return link
  }

  /// Makes the last change of each text the only one: the last in the order of keys, in which kustomize goes.
  fileprivate mutating func settle(_ tree: inout YAMLTree) {
    guard hasChanged(in: tree) else { return }
    var changed: [UInt32: YAMLTree.Scalar] = [:]
    find(&changed, in: tree)
    for (link, text) in changed { texts[link] = text }
    Self.write(changed, into: &tree)
  }

  private func hasChanged(_ scalar: YAMLTree.Scalar) -> Bool {
    guard scalar.link != 0, let known = texts[scalar.link] else { return false }
    return !known.text.hasSameBytes(as: scalar.text) || known.tag != scalar.tag
  }

  /// A look at everything, which nearly always finds nothing to do.
  private func hasChanged(in tree: YAMLTree) -> Bool {
    switch tree {
    case .scalar(let scalar): hasChanged(scalar)
    case .sequence(let elements): elements.contains { hasChanged(in: $0) }
    case .mapping(let entries): entries.contains { hasChanged(in: $0.value) }
    }
  }

  private func find(_ changed: inout [UInt32: YAMLTree.Scalar], in tree: YAMLTree) {
    switch tree {
    case .scalar(let scalar):
      if hasChanged(scalar) { changed[scalar.link] = scalar }
    case .sequence(let elements):
      for element in elements { find(&changed, in: element) }
    case .mapping(let entries):
      for entry in entries.sorted(by: { $0.key.precedesInBytes($1.key) }) { find(&changed, in: entry.value) }
    }
  }

  private static func write(_ changed: [UInt32: YAMLTree.Scalar], into tree: inout YAMLTree) {
    switch tree {
    case .scalar(let scalar):
      if let text = changed[scalar.link] { tree = .scalar(text) }
    case .sequence:
      tree.withElements { elements in
        for index in elements.indices { write(changed, into: &elements[index]) }
      }
    case .mapping:
      tree.withEntries { entries in
        for index in entries.indices { write(changed, into: &entries[index].value) }
      }
    }
  }
}

extension Resource {
  /// Carries a change of a text that stands in several fields to all of them.
  mutating func settleSharedTexts() {
    if !sharedTexts.isEmpty { sharedTexts.settle(&tree) }
  }
}
