import Manifests

/// `labels`, `commonLabels` and `commonAnnotations`: adds entries to maps, replacing those of the same keys.
struct LabelTransform: Transform {
  var entries: [(key: String, value: String)]
  var fields: [FieldSpec]

  init(_ entries: [String: String], fields: [FieldSpec]) {
    self.entries = entries.sorted { $0.key.precedesInBytes($1.key) }.map { ($0.key, $0.value) }
    self.fields = fields
  }

  func apply(to list: inout ResourceList) throws(FleetError) {
    if entries.isEmpty { return }
    for index in list.resources.indices {
      let links = entries.map { list.resources[index].sharedTexts.add(YAMLTree.Scalar($0.value, .string)) }
      try fields.apply(to: &list.resources[index], creating: .map) { map throws(FleetError) in
        for (entry, link) in zip(entries, links) { try map.setEntry(entry.key, entry.value, link: link) }
      }
    }
  }
}
