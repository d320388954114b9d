import Manifests

extension KustomizationBuild {
  /// A transformation, and what asks for it.
  struct Step {
    var transform: any Transform
    var address: FleetError.Address
  }

  /// What a kustomization does to its objects, in kustomize's order: patches, namespace, prefix, suffix, labels,
  /// annotations, JSON patches of the old field, replicas, images.
  func steps(
    of kustomization: Kustomization, _ configuration: TransformerConfiguration
  ) throws(FleetError) -> [Step] {
    var steps: [Step] = []
    try addPatches(of: kustomization, to: &steps)
    addNames(of: kustomization, configuration, to: &steps)
    try addLabels(of: kustomization, configuration, to: &steps)
    try addOldJSONPatches(of: kustomization, to: &steps)
    for replicas in kustomization.replicas {
      let transform = ReplicaTransform(
        name: replicas.part.name, count: replicas.part.count, fields: configuration.replicas)
      steps.append(Step(transform: transform, address: replicas.address))
    }
    for image in kustomization.images {
      do {
        let transform = try ImageTransform(image.part, fields: configuration.images)
        steps.append(Step(transform: transform, address: image.address))
      } catch {
        throw FleetError(
          .invalidKustomization, "the name is not a regular expression", at: image.address, cause: error.reason)
      }
    }
    return steps
  }

  private func addPatches(of kustomization: Kustomization, to steps: inout [Step]) throws(FleetError) {
    if !kustomization.patchesStrategicMerge.isEmpty {
      var patches: [Resource] = []
      for entry in kustomization.patchesStrategicMerge {
        patches.append(contentsOf: try strategicPatches(entry, of: kustomization))
      }
      let address = kustomization.address("patchesStrategicMerge")
      guard !patches.isEmpty else { throw FleetError(.patchFailed, "no patch in any of these", at: address) }
      let transform = StrategicMergeTransform(patches: patches, merge: merge)
      steps.append(Step(transform: transform, address: address))
    }
    for patch in kustomization.patches {
      let text = try patchText(patch, of: kustomization)
      let transform = PatchTransform(patch: text, target: try patch.part.target?.compiled(), merge: merge)
      steps.append(Step(transform: transform, address: patch.address))
    }
  }

  private var merge: StrategicMerge { StrategicMerge(schema: .builtIn) }

  /// An entry of `patchesStrategicMerge` is a patch itself, or the path of one.
  private func strategicPatches(
    _ entry: Kustomization.Text, of kustomization: Kustomization
  ) throws(FleetError) -> [Resource] {
    if let inline = try? ResourceReader.read(Array(entry.text.utf8), file: kustomization.file.description) {
      return inline
    }
    let (bytes, path) = try files.read(entry.text, from: kustomization.directory, at: entry.address)
    return try ResourceReader.read(bytes, file: path.description)
  }

  private func patchText(
    _ patch: Kustomization.Located<Kustomization.Patch>, of kustomization: Kustomization
  ) throws(FleetError) -> PatchText {
    let inline = patch.part.patch.trimmingSpace
    let text: PatchText
    switch (inline.isEmpty, patch.part.path.isEmpty) {
    case (true, true):
      throw FleetError(.invalidKustomization, "neither a patch nor a path", at: patch.address)
    case (false, false):
      throw FleetError(.invalidKustomization, "both a patch and a path", at: patch.address)
    case (false, true):
      do { text = try PatchText(Array(inline.utf8), file: "") } catch { throw error.inside(patch.address) }
    case (true, false):
      let (bytes, path) = try files.read(patch.part.path, from: kustomization.directory, at: patch.address)
      text = try PatchText(bytes, file: path.description)
    }
    guard case .strategic(var patches) = text else { return text }
    for index in patches.indices {
      patches[index].allowsNameChange = patches[index].allowsNameChange || patch.part.options["allowNameChange"] ?? false
      patches[index].allowsKindChange = patches[index].allowsKindChange || patch.part.options["allowKindChange"] ?? false
    }
    return .strategic(patches)
  }

  private func addOldJSONPatches(of kustomization: Kustomization, to steps: inout [Step]) throws(FleetError) {
    for patch in kustomization.patchesJson6902 {
      guard let target = patch.part.target, !target.name.isEmpty else {
        throw FleetError(.invalidKustomization, "no name of a target", at: patch.address)
      }
      let json: JSONPatch
      switch (patch.part.patch.isEmpty, patch.part.path.isEmpty) {
      case (true, true): throw FleetError(.invalidKustomization, "neither a patch nor a path", at: patch.address)
      case (false, false): throw FleetError(.invalidKustomization, "both a patch and a path", at: patch.address)
      case (false, true):
        do { json = try JSONPatch(Array(patch.part.patch.utf8), file: "") } catch { throw error.inside(patch.address) }
      case (true, false):
        let (bytes, path) = try files.read(patch.part.path, from: kustomization.directory, at: patch.address)
        json = try JSONPatch(bytes, file: path.description)
      }
      guard !json.operations.isEmpty else { throw FleetError(.patchFailed, "an empty patch", at: patch.address) }
      let transform = JSONPatchTransform(patch: json, target: try target.compiled())
      steps.append(Step(transform: transform, address: patch.address))
    }
  }
}

extension KustomizationBuild {
  private func addNames(
    of kustomization: Kustomization, _ configuration: TransformerConfiguration, to steps: inout [Step]
  ) {
    let namespace = kustomization.namespace
    if !namespace.text.isEmpty {
      let transform = NamespaceTransform(namespace: namespace.text, fields: configuration.namespace)
      steps.append(Step(transform: transform, address: namespace.address))
    }
    let prefix = kustomization.namePrefix
    if !prefix.text.isEmpty {
      let transform = NameTransform(side: .prefix, text: prefix.text, fields: configuration.namePrefix)
      steps.append(Step(transform: transform, address: prefix.address))
    }
    let suffix = kustomization.nameSuffix
    if !suffix.text.isEmpty {
      let transform = NameTransform(side: .suffix, text: suffix.text, fields: configuration.nameSuffix)
      steps.append(Step(transform: transform, address: suffix.address))
    }
  }

  private func addLabels(
    of kustomization: Kustomization, _ configuration: TransformerConfiguration, to steps: inout [Step]
  ) throws(FleetError) {
    for labels in kustomization.labels {
      let transform = LabelTransform(
        labels.part.pairs, fields: try fields(of: labels, configuration))
      steps.append(Step(transform: transform, address: labels.address))
    }
    if !kustomization.commonLabels.isEmpty {
      let transform = LabelTransform(kustomization.commonLabels, fields: configuration.commonLabels)
      steps.append(Step(transform: transform, address: kustomization.address("commonLabels")))
    }
    if !kustomization.commonAnnotations.isEmpty {
      let transform = LabelTransform(kustomization.commonAnnotations, fields: configuration.commonAnnotations)
      steps.append(Step(transform: transform, address: kustomization.address("commonAnnotations")))
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
