import Manifests

extension KustomizationBuild {
  /// The last steps, which are done once at the top: names become final, references and vars are filled in, and what
  /// serves only the build is dropped.
  /// - Parameter references: those of this accumulation, from `nameReferences(of:)`.
  static func finish(
    _ accumulation: Accumulation, _ top: Finish, _ references: NameReferences
  ) throws(FleetError) -> [Resource] {
    var list = accumulation.list
    try HashTransform().apply(to: &list)
    try references.apply(to: &list)
    let variables = try VariableTransform(
      accumulation.variables, of: list, fields: accumulation.configuration.varReferences)
    try variables.apply(to: &list)
    for resource in list.resources { try checkNamed(resource) }
    list.resources.removeAll(where: isLocal)
    switch try top.order?.get() {
    case .fifo?: break
    case .legacy(let order)?: list.resources = order.sorted(list.resources)
    case nil: list.resources = LegacyOrder.standard.sorted(list.resources)
    }
    try list.checkIdentities()
    for index in list.resources.indices { try annotate(&list.resources[index], top.metadata) }
    return list.resources
  }

  static func nameReferences(of accumulation: Accumulation) -> NameReferences {
    NameReferences(
      accumulation.configuration.nameReferences, for: accumulation.list.resources.lazy.map(\.originalID.kind))
  }

  /// What the kustomization at the top says about the last steps.
  struct Finish: Sendable {
    var order: Result<Kustomization.Order, FleetError>?
    var metadata: Set<BuildMetadata> = []
  }

  /// Refuses what a patch has left without a kind or a name.
  private static func checkNamed(_ resource: Resource) throws(FleetError) {
    let kind = resource.tree["kind"]?.valueText ?? ""
    let field = kind.isEmpty ? "kind" : "metadata.name"
    if !kind.isEmpty {
      let name = resource.tree.value(at: "metadata", "name")?.valueText ?? ""
      if !name.isEmpty || kind.hasSuffix("List") { return }
    }
    var address = resource.address
    let id = resource.originalID
    address.object =
      ObjectID(
        group: id.kind.group, kind: id.kind.kind, namespace: resource.namespace, name: id.name
      ).description
    address.field = field
    throw FleetError(
      .invalidManifest, "nothing is left of its \(field)", at: address,
      nextStep: "mend the patch or the replacement that took it away")
  }

  /// Whether an object serves only as configuration of the build.
  private static func isLocal(_ resource: Resource) -> Bool {
    guard let annotation = resource.annotations["config.kubernetes.io/local-config"] else { return false }
    return annotation.text != "false"
  }

  /// The label by which kubectl's kustomize marks objects; a version is not part of it.
  private static let manager = (key: "app.kubernetes.io/managed-by", value: "kustomize-(devel)")

  private static func annotate(_ resource: inout Resource, _ metadata: Set<BuildMetadata>) throws(FleetError) {
    var annotations: [(String, String)] = []
    if metadata.contains(.originAnnotations) {
      if let origin = resource.origin { annotations.append((Origin.annotation, origin.text)) }
    } else {
      resource.removeAnnotation(Origin.annotation)
    }
    if metadata.contains(.transformerAnnotations) {
      if !resource.transformations.isEmpty {
        let earlier = try Origin.list(in: resource).map(\.listText).joined()
        annotations.append((Origin.transformationsAnnotation, earlier + resource.transformations))
      }
    } else {
      resource.removeAnnotation(Origin.transformationsAnnotation)
    }
    resource.makeAnnotationsTexts()
    for (key, text) in annotations { resource.tree.setText(text, .string, at: ["metadata", "annotations", key]) }
    if metadata.contains(.managedByLabel) {
      try FieldSpec("metadata/labels", create: true).apply(to: &resource, creating: .map) { labels throws(FleetError) in
        try labels.setEntry(manager.key, manager.value)
      }
    }
  }
}
