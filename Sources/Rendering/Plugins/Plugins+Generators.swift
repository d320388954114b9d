import Manifests

extension Plugins {
  /// What each of the generators makes, in their order.
  /// - Parameter use: where charts among them are noted.
  func generated(_ use: inout ChartUse) throws(FleetError) -> [ResourceList] {
    var results: [ResourceList] = []
    for configuration in configurations {
      var list = ResourceList()
      do {
        list.resources = try generate(configuration, &use)
      } catch {
        throw error.within(address(of: configuration))
      }
      list.setOrigin(origin(of: configuration))
      results.append(list)
    }
    return results
  }

  private func generate(
    _ configuration: Resource, _ use: inout ChartUse
  ) throws(FleetError) -> [Resource] {
    guard configuration.apiVersion == "builtin" else { throw refuse(configuration) }
    let field = try field(of: configuration)
    switch configuration.kindName {
    case "ConfigMapGenerator": return [try data(.configMap, field, configuration)]
    case "SecretGenerator": return [try data(.secret, field, configuration)]
    case "IAMPolicyGenerator": return [try serviceAccount(field, configuration)]
    case "HelmChartInflationGenerator":
      let entry = try SettingsReader(form: .plugin).chartPlugin(field, at: address(of: configuration))
      let inflation = try charts.resources(of: entry, from: directory, on: files)
      use.note(inflation)
      return inflation.resources
    default: throw refuse(configuration)
    }
  }

  private func data(
    _ kind: DataGenerator.Kind, _ field: Field, _ configuration: Resource
  ) throws(FleetError) -> Resource {
    let reader = SettingsReader(form: .plugin)
    var arguments = try reader.generator(field)
    if arguments.name.isEmpty { arguments.name = configuration.name }
    if arguments.namespace.isEmpty { arguments.namespace = configuration.namespace }
    arguments.address = address(of: configuration)
    return try DataGenerator(kind: kind, sources: KeyValueSources(files: files, directory: directory))
      .generate(arguments)
  }

  /// A ServiceAccount that stands for one of Google's cloud.
  private func serviceAccount(_ field: Field, _ configuration: Resource) throws(FleetError) -> Resource {
    let reader = SettingsReader(form: .plugin)
    let (cloud, metadata, account) = try reader.object(field) { fields throws(FleetError) in
      (
        try reader.text(fields.optional("cloud")), try Plugins.object(fields.optional("kubernetesService")),
        try Plugins.object(fields.optional("serviceAccount"))
      )
    }
    guard cloud == "gke" else {
      throw FleetError(
        .notSupportedYet, "the cloud \"\(cloud)\" is not supported", at: address(of: configuration),
        nextStep: "write cloud: gke, or the ServiceAccount itself")
    }
    let address = "\(account["name"] ?? "")@\(account["projectId"] ?? "").iam.gserviceaccount.com"
    var entries = [
      YAMLTree.Entry(
        "annotations", .mapping([YAMLTree.Entry("iam.gke.io/gcp-service-account", .string(address))])),
      YAMLTree.Entry("name", .string(metadata["name"] ?? "")),
    ]
    if let namespace = metadata["namespace"], !namespace.isEmpty {
      entries.append(YAMLTree.Entry("namespace", .string(namespace)))
    }
    let tree = YAMLTree.mapping([
      YAMLTree.Entry("apiVersion", .string("v1")), YAMLTree.Entry("kind", .string("ServiceAccount")),
      YAMLTree.Entry("metadata", .mapping(entries)),
    ])
    return Resource(tree, source: configuration.source)
  }

  private static func object(_ field: Field?) throws(FleetError) -> [String: String] {
    try SettingsReader(form: .plugin).map(field)
  }
}
