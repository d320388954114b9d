import Manifests

extension KustomizationBuild {
  /// What a kustomization does to its objects, in kustomize's order: patches, namespace, prefix, suffix, labels,
  /// annotations, JSON patches of the old field, replicas, images, replacements, and then the transformers it names.
  func steps(of target: Target, _ configuration: TransformerConfiguration) throws(FleetError) -> [Step] {
    var steps = StepList(origin: target.origin, file: target.kustomization.file.name)
    let sources = PatchSources(files: files, directory: target.directory, schema: schema)
    try addPatches(of: target.kustomization, sources, to: &steps)
    addNames(of: target.kustomization, configuration, to: &steps)
    try addLabels(of: target.kustomization, configuration, to: &steps)
    for patch in target.kustomization.patchesJson6902 {
      steps.add("PatchJson6902Transformer", try sources.jsonTransform(patch), patch.address)
    }
    for replicas in target.kustomization.replicas {
      let transform = ReplicaTransform(
        name: replicas.part.name, count: replicas.part.count, fields: configuration.replicas)
      steps.add("ReplicaCountTransformer", transform, replicas.address)
    }
    for image in target.kustomization.images {
      let transform = try ImageTransform.reading(image, fields: configuration.images)
      steps.add("ImageTagTransformer", transform, image.address)
    }
    try addReplacements(of: target, to: &steps)
    return steps.steps + (try plugins(target.kustomization.transformers, of: target).transformers())
  }

  /// What checks the objects of a kustomization.
  func validators(of target: Target) throws(FleetError) -> [Step] {
    if target.kustomization.validators.isEmpty { return [] }
    return try plugins(target.kustomization.validators, of: target).transformers()
  }

  private func addPatches(
    of kustomization: Kustomization, _ sources: PatchSources, to steps: inout StepList
  ) throws(FleetError) {
    if !kustomization.patchesStrategicMerge.isEmpty {
      let address = kustomization.address("patchesStrategicMerge")
      let transform = try sources.strategicTransform(kustomization.patchesStrategicMerge, at: address)
      steps.add("PatchStrategicMergeTransformer", transform, address)
    }
    for patch in kustomization.patches {
      steps.add("PatchTransformer", try sources.transform(patch), patch.address)
    }
  }

  private func addNames(
    of kustomization: Kustomization, _ configuration: TransformerConfiguration, to steps: inout StepList
  ) {
    let namespace = kustomization.namespace
    if !namespace.text.isEmpty {
      let transform = NamespaceTransform(namespace: namespace.text, fields: configuration.namespace)
      steps.add("NamespaceTransformer", transform, namespace.address)
    }
    let prefix = kustomization.namePrefix
    if !prefix.text.isEmpty {
      let transform = NameTransform(side: .prefix, text: prefix.text, fields: configuration.namePrefix)
      steps.add("PrefixTransformer", transform, prefix.address)
    }
    let suffix = kustomization.nameSuffix
    if !suffix.text.isEmpty {
      let transform = NameTransform(side: .suffix, text: suffix.text, fields: configuration.nameSuffix)
      steps.add("SuffixTransformer", transform, suffix.address)
    }
  }

  private func addLabels(
    of kustomization: Kustomization, _ configuration: TransformerConfiguration, to steps: inout StepList
  ) throws(FleetError) {
    for labels in kustomization.labels {
      let transform = LabelTransform(labels.part.pairs, fields: try fields(of: labels, configuration))
      steps.add("LabelTransformer", transform, labels.address)
    }
    if !kustomization.labels.isEmpty || !kustomization.commonLabels.isEmpty {
      let transform = LabelTransform(kustomization.commonLabels, fields: configuration.commonLabels)
      steps.add("LabelTransformer", transform, kustomization.address("commonLabels"))
    }
    if !kustomization.commonAnnotations.isEmpty {
      let transform = LabelTransform(kustomization.commonAnnotations, fields: configuration.commonAnnotations)
      steps.add("AnnotationsTransformer", transform, kustomization.address("commonAnnotations"))
    }
  }

  /// The fields of an entry of `labels`: its own, and by what it includes those of objects, templates or selectors.
  private func fields(
    of labels: Kustomization.Located<Kustomization.Labels>, _ configuration: TransformerConfiguration
  ) throws(FleetError) -> [FieldSpec] {
    var fields = labels.part.fields
    do {
      try fields.merge(configuration.labels)
      if labels.part.includeSelectors {
        try fields.merge(configuration.commonLabels)
      } else {
        if labels.part.includeTemplates { try fields.merge(configuration.templateLabels) }
        try fields.merge(FieldSpec("metadata/labels", create: true))
      }
    } catch {
      throw error.within(labels.address)
    }
    return fields
  }

  private func addReplacements(of target: Target, to steps: inout StepList) throws(FleetError) {
    let entries = target.kustomization.replacements
    guard !entries.isEmpty else { return }
    var replacements: [Replacement] = []
    for entry in entries {
      replacements.append(contentsOf: try entry.part.replacements(files, from: target.directory))
    }
    let transform = ReplacementTransform(replacements: replacements)
    steps.add("ReplacementTransformer", transform, target.kustomization.address("replacements"))
  }
}

/// The steps that the fields of one kustomization ask for.
private struct StepList {
  private(set) var steps: [Step] = []
  let origin: Origin?
  /// The name of the kustomization's file.
  let file: String

  init(origin: Origin?, file: String) {
    self.origin = origin
    self.file = file
  }

  /// - Parameter kind: what kustomize calls the transformer.
  mutating func add(_ kind: String, _ transform: any Transform, _ address: FleetError.Address) {
    steps.append(Step(transform: transform, address: address, origin: origin?.builtIn(kind, in: file)))
  }
}

extension ImageTransform {
  static func reading(
    _ image: Kustomization.Located<Change>, fields: [FieldSpec]
  ) throws(FleetError) -> ImageTransform {
    do throws(RegularExpression.SyntaxError) {
      return try ImageTransform(image.part, fields: fields)
    } catch {
      throw FleetError(
        .invalidKustomization, "the name is not a regular expression", at: image.address, cause: error.reason)
    }
  }
}

extension SettingsReader.ReplacementEntry {
  /// The replacement, or those of the file that it names.
  func replacements(_ files: BuildFiles, from directory: TreePath) throws(FleetError) -> [Replacement] {
    switch self {
    case .inline(let replacement): return [replacement]
    case .path(let path):
      let (bytes, file) = try files.read(path.text, from: directory, at: path.address)
      let document = try YAML.parseNodes(bytes, file: file.description, dialect: .settings).first
      guard let document else {
        throw FleetError(.invalidKustomization, "no replacements in it", at: .init(file: file.description))
      }
      return try SettingsReader(form: .plugin).replacements(Field(document.root, file: file.description))
    }
  }
}

extension FleetError {
  /// The error of a text that stands inside a file: the file's address instead of the text's own.
  func inside(_ address: FleetError.Address) -> FleetError {
    var error = self
    if let line = error.address.line { error.message += " (in line \(line) of the text)" }
    error.address = address
    return error
  }
}

extension String {
  /// The text without white space at its ends.
  var trimmingSpace: String {
    let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
    let scalars = unicodeScalars.drop(while: isSpace)
    guard let last = scalars.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(scalars[...last])
  }
}
