import Manifests

extension KustomizationBuild {
  /// The last steps, which are done once at the top: names become final, references to them are mended, and what
  /// serves only the build is dropped.
  static func finish(_ accumulation: Accumulation, _ order: Kustomization.Order?) throws(FleetError) -> [Resource] {
    var list = accumulation.list
    try NameReferences(accumulation.configuration.nameReferences).apply(to: &list)
    list.resources.removeAll(where: isLocal)
    switch order {
    case .fifo?: break
    case .legacy(let order)?: list.resources = order.sorted(list.resources)
    case nil: list.resources = LegacyOrder.standard.sorted(list.resources)
    }
    try list.checkIdentities()
    for index in list.resources.indices { list.resources[index].makeAnnotationsTexts() }
    return list.resources
  }

  /// Whether an object serves only as configuration of the build.
  private static func isLocal(_ resource: Resource) -> Bool {
    guard let annotation = resource.annotations["config.kubernetes.io/local-config"] else { return false }
    return annotation.text != "false"
  }
}
