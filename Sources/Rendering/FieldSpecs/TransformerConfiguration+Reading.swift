import Manifests

extension TransformerConfiguration {
  /// What a file of `configurations` says. Throws for anything it should not have.
  init(_ bytes: [UInt8], file: String) throws(FleetError) {
    self.init()
    guard let document = try YAML.parseNodes(bytes, file: file, dialect: .strictSettings).first else { return }
    let reader = SettingsReader(form: .kustomization)
    try reader.object(Field(document.root, file: file)) { fields throws(FleetError) in
      namePrefix = try reader.list(fields.optional("namePrefix"), reader.fieldSpec)
      nameSuffix = try reader.list(fields.optional("nameSuffix"), reader.fieldSpec)
      namespace = try reader.list(fields.optional("namespace"), reader.fieldSpec)
      commonLabels = try reader.list(fields.optional("commonLabels"), reader.fieldSpec)
      labels = try reader.list(fields.optional("labels"), reader.fieldSpec)
      templateLabels = try reader.list(fields.optional("templateLabels"), reader.fieldSpec)
      commonAnnotations = try reader.list(fields.optional("commonAnnotations"), reader.fieldSpec)
      varReferences = try reader.list(fields.optional("varReference"), reader.fieldSpec)
      images = try reader.list(fields.optional("images"), reader.fieldSpec)
      replicas = try reader.list(fields.optional("replicas"), reader.fieldSpec)
      nameReferences = try reader.list(fields.optional("nameReference")) { field throws(FleetError) in
        try reader.object(field) { fields throws(FleetError) in
          NameReference(
            target: try reader.kind(&fields), fields: try reader.list(fields.optional("fieldSpecs"), reader.fieldSpec))
        }
      }
    }
    sort()
  }
}
