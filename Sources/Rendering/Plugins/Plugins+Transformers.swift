import Manifests

extension Plugins {
  /// The transformers, in their order.
  func transformers() throws(FleetError) -> [Step] {
    var steps: [Step] = []
    for configuration in configurations {
      guard configuration.apiVersion == "builtin" else { throw refuse(configuration) }
      do {
        let origin = origin(of: configuration)
        let transforms = try transforms(configuration)
        for (index, transform) in transforms.enumerated() {
          let isLast = index == transforms.count - 1
          steps.append(
            Step(transform: transform, address: address(of: configuration), origin: isLast ? origin : nil))
        }
      } catch {
        throw error.within(address(of: configuration))
      }
    }
    return steps
  }

  private func transforms(_ configuration: Resource) throws(FleetError) -> [any Transform] {
    let field = try field(of: configuration)
    switch configuration.kindName {
    case "AnnotationsTransformer": return [try entries("annotations", field)]
    case "LabelTransformer": return [try entries("labels", field)]
    case "NamespaceTransformer": return [try namespace(field)].compactMap { $0 }
    case "PrefixTransformer": return [try name(.prefix, field)]
    case "SuffixTransformer": return [try name(.suffix, field)]
    case "PrefixSuffixTransformer": return [try name(.prefix, field), try name(.suffix, field)]
    case "ImageTagTransformer": return [try image(field)]
    case "ReplicaCountTransformer": return [try replicas(field)]
    case "PatchTransformer": return [try sources.transform(reader.patch(field))]
    case "PatchJson6902Transformer": return [try jsonPatch(field)]
    case "PatchStrategicMergeTransformer": return [try strategicPatches(field)]
    case "ReplacementTransformer": return [try replacements(field)]
    case "ValueAddTransformer": return [try valueAdd(field)]
    case "HashTransformer": return [HashTransform()]
    default: throw refuse(configuration)
    }
  }

  private var reader: SettingsReader { SettingsReader(form: .plugin) }
  private var sources: PatchSources { PatchSources(files: files, directory: directory, schema: schema) }

  private func entries(_ name: String, _ field: Field) throws(FleetError) -> LabelTransform {
    try reader.object(field) { fields throws(FleetError) in
      LabelTransform(
        try reader.map(fields.optional(name)),
        fields: try reader.list(fields.optional("fieldSpecs"), reader.fieldSpec))
    }
  }

  /// nil when it names no namespace, and does nothing.
  private func namespace(_ field: Field) throws(FleetError) -> NamespaceTransform? {
    try reader.object(field) { fields throws(FleetError) in
      let namespace = try fields.optional("metadata").map { field throws(FleetError) in
        try reader.object(field) { fields throws(FleetError) in try reader.text(fields.optional("namespace")) }
      }
      let subjects = try fields.optional("setRoleBindingSubjects")
      let transform = NamespaceTransform(
        namespace: namespace ?? "", fields: try reader.list(fields.optional("fieldSpecs"), reader.fieldSpec),
        onlyWhereUnset: try reader.flag(fields.optional("unsetOnly")),
        subjects: try reader.text(subjects).isEmpty ? .defaultOnly : subjects?.choice() ?? .defaultOnly)
      return transform.namespace.isEmpty ? nil : transform
    }
  }

  private func name(_ side: NameTransform.Side, _ field: Field) throws(FleetError) -> NameTransform {
    try reader.object(field) { fields throws(FleetError) in
      let specs = try fields.required("fieldSpecs")
      let text = try reader.text(fields.optional(side == .prefix ? "prefix" : "suffix"))
      return NameTransform(side: side, text: text, fields: try reader.list(specs, reader.fieldSpec))
    }
  }

  private func image(_ field: Field) throws(FleetError) -> ImageTransform {
    try reader.object(field) { fields throws(FleetError) in
      let image = try fields.optional("imageTag").map { field throws(FleetError) in try reader.image(field) }
      return try ImageTransform.reading(
        image ?? Kustomization.Located(part: .init(name: ""), address: field.address),
        fields: reader.list(fields.optional("fieldSpecs"), reader.fieldSpec))
    }
  }

  private func replicas(_ field: Field) throws(FleetError) -> ReplicaTransform {
    try reader.object(field) { fields throws(FleetError) in
      let replicas = try fields.optional("replica").map { field throws(FleetError) in try reader.replicas(field).part }
      return ReplicaTransform(
        name: replicas?.name ?? "", count: replicas?.count ?? 0,
        fields: try reader.list(fields.optional("fieldSpecs"), reader.fieldSpec))
    }
  }

  private func jsonPatch(_ field: Field) throws(FleetError) -> JSONPatchTransform {
    let patch = try reader.object(field) { fields throws(FleetError) in
      Kustomization.Patch(
        path: try reader.text(fields.optional("path")), patch: try reader.text(fields.optional("jsonOp")),
        target: try fields.optional("target").map { field throws(FleetError) in try reader.selector(field) },
        options: [:])
    }
    return try sources.jsonTransform(Kustomization.Located(part: patch, address: field.address))
  }

  private func strategicPatches(_ field: Field) throws(FleetError) -> StrategicMergeTransform {
    let (paths, inline) = try reader.object(field) { fields throws(FleetError) in
      (try reader.texts(fields.optional("paths")), try reader.text(fields.optional("patches")))
    }
    var patches = paths.isEmpty ? [] : try sources.strategicTransform(paths, at: field.address).patches
    if !inline.isEmpty {
      do {
        patches += try ResourceReader.read(Array(inline.utf8), file: "")
      } catch {
        throw error.inside(field.address)
      }
    }
    guard !patches.isEmpty else { throw field.error("neither paths nor patches", code: .invalidKustomization) }
    return StrategicMergeTransform(patches: patches, merge: StrategicMerge(schema: schema.use()))
  }

  private func replacements(_ field: Field) throws(FleetError) -> ReplacementTransform {
    let entries = try reader.object(field) { fields throws(FleetError) in
      try reader.list(fields.optional("replacements"), reader.replacementEntry)
    }
    var replacements: [Replacement] = []
    for entry in entries { replacements.append(contentsOf: try entry.replacements(files, from: directory)) }
    return ReplacementTransform(replacements: replacements)
  }
}
