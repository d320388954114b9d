import Manifests

extension Kustomization {
  private static let versions: [Kind: String] = [
    .kustomization: "kustomize.config.k8s.io/v1beta1", .component: "kustomize.config.k8s.io/v1alpha1",
  ]

  /// What the bytes of a kustomization say. Throws for a field that is unknown, wrong or not supported yet.
  init(_ bytes: [UInt8], file: TreePath) throws(FleetError) {
    let documents = try YAML.parseNodes(bytes, file: file.description, dialect: .settings)
    guard let document = documents.first, !Kustomization.isEmpty(document.root) else {
      throw FleetError(
        .invalidKustomization, "an empty kustomization", at: FleetError.Address(file: file.description),
        nextStep: "list the files it is made of under resources")
    }
    self.init(file: file)
    let reader = SettingsReader(form: .kustomization)
    try reader.object(Field(document.root, file: file.description)) { fields throws(FleetError) in
      try readKind(&fields, reader)
      try readOperands(&fields, reader)
      try readNames(&fields, reader)
      try readChanges(&fields, reader)
      try readGenerators(&fields, reader)
      charts = try reader.charts(&fields)
    }
  }

  /// Whether nothing stands beside the kind and the version.
  private static func isEmpty(_ root: YAMLNode) -> Bool {
    guard case .mapping(let entries) = root.content else { return root.isNull }
    return entries.allSatisfy { entry in
      let key = entry.key.lowercased()
      return key == "kind" || key == "apiversion" || entry.value.isNull || entry.value.value.string == ""
    }
  }

  private mutating func readKind(_ fields: inout Fields, _ reader: SettingsReader) throws(FleetError) {
    if let field = try fields.optional("kind"), try !field.string().isEmpty {
      guard let known = Kind(rawValue: try field.string()) else {
        throw field.error("not Kustomization or Component", code: .invalidKustomization)
      }
      kind = known
    }
    if let field = try fields.optional("apiVersion"), try !field.string().isEmpty {
      let version = Kustomization.versions[kind] ?? ""
      guard try field.string() == version else {
        throw field.error("not \(version), the version of a \(kind.rawValue)", code: .invalidKustomization)
      }
    }
    // Nothing reads the metadata of a kustomization.
    if let metadata = try fields.optional("metadata") {
      try reader.object(metadata) { fields throws(FleetError) in
        for name in ["name", "namespace"] { _ = try reader.text(fields.optional(name)) }
        for name in ["labels", "annotations"] { _ = try reader.map(fields.optional(name)) }
      }
    }
  }

  private mutating func readOperands(_ fields: inout Fields, _ reader: SettingsReader) throws(FleetError) {
    resources = try reader.texts(fields.optional("resources")) + reader.texts(fields.optional("bases"))
    components = try reader.texts(fields.optional("components"))
    configurations = try reader.texts(fields.optional("configurations"))
    crds = try reader.texts(fields.optional("crds"))
    openAPI = try fields.optional("openapi").map { field throws(FleetError) in try reader.openAPI(field) }
  }

  private mutating func readNames(_ fields: inout Fields, _ reader: SettingsReader) throws(FleetError) {
    namespace = try reader.located(fields.optional("namespace"))
    namePrefix = try reader.located(fields.optional("namePrefix"))
    nameSuffix = try reader.located(fields.optional("nameSuffix"))
    labels = try reader.list(fields.optional("labels"), reader.labels)
    commonLabels = try reader.map(fields.optional("commonLabels"))
    commonAnnotations = try reader.map(fields.optional("commonAnnotations"))
  }

  private mutating func readChanges(_ fields: inout Fields, _ reader: SettingsReader) throws(FleetError) {
    patches = try reader.list(fields.optional("patches"), reader.patch)
    patchesStrategicMerge = try reader.texts(fields.optional("patchesStrategicMerge"))
    patchesJson6902 = try reader.list(fields.optional("patchesJson6902"), reader.patch)
    images =
      try reader.list(fields.optional("images"), reader.image)
      + reader.list(fields.optional("imageTags"), reader.image)
    replicas = try reader.list(fields.optional("replicas"), reader.replicas)
    replacements = try reader.list(fields.optional("replacements")) { field throws(FleetError) in
      Located(part: try reader.replacementEntry(field), address: field.address)
    }
    variables = try reader.list(fields.optional("vars"), reader.variable)
    buildMetadata = Set(
      try reader.list(fields.optional("buildMetadata")) { field throws(FleetError) in try field.choice() })
    order = try fields.optional("sortOptions").map { field throws(FleetError) in try reader.order(field) }
  }

  private mutating func readGenerators(_ fields: inout Fields, _ reader: SettingsReader) throws(FleetError) {
    let options = try fields.optional("generatorOptions").map { field throws(FleetError) in
      try reader.generatorOptions(field)
    }
    configMaps = try reader.list(fields.optional("configMapGenerator")) { field throws(FleetError) in
      try reader.object(field) { fields throws(FleetError) in try reader.generator(&fields, at: field.address) }
    }
    secrets = try reader.list(fields.optional("secretGenerator"), reader.generator)
    for index in configMaps.indices { configMaps[index].inherit(options) }
    for index in secrets.indices { secrets[index].inherit(options) }
    generators = try reader.texts(fields.optional("generators"))
    transformers = try reader.texts(fields.optional("transformers"))
    validators = try reader.texts(fields.optional("validators"))
  }
}
