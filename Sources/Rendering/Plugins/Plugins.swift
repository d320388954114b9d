import Manifests

/// Built-in plugins in the form of configuration objects, which `generators`, `transformers` and `validators` name.
struct Plugins {
  /// The objects that configure them.
  let configurations: [Resource]
  let files: BuildFiles
  /// The directory that their paths start from: that of the kustomization that names them.
  let directory: TreePath
  let schema: SchemaState
  let charts: ChartBuild
}

extension KustomizationBuild {
  /// The plugins that entries of a kustomization name: objects themselves, files of them, or kustomizations.
  func plugins(_ entries: [Kustomization.Text], of target: Target) throws(FleetError) -> Plugins {
    var accumulation = Accumulation()
    var paths: [Kustomization.Text] = []
    for entry in entries {
      guard var inline = try? ResourceReader.read(Array(entry.text.utf8), file: entry.address.file ?? "") else {
        paths.append(entry)
        continue
      }
      for index in inline.indices {
        inline[index].source = Manifest.Origin(file: entry.address.file ?? "", line: entry.address.line)
        inline[index].origin = target.origin?.appending(target.kustomization.file.name)
      }
      try accumulation.list.append(inline)
    }
    try addResources(paths, of: target, to: &accumulation)
    return Plugins(
      configurations: accumulation.list.resources, files: files, directory: target.directory,
      schema: schema, charts: charts)
  }

  /// Runs the generators of a kustomization: those of its own fields, then those it names.
  func generate(for target: Target, into accumulation: inout Accumulation) throws(FleetError) {
    let kustomization = target.kustomization
    let sources = KeyValueSources(files: files, directory: target.directory)
    let fields: [(DataGenerator.Kind, [GeneratorArguments])] = [
      (.configMap, kustomization.configMaps), (.secret, kustomization.secrets),
    ]
    for (kind, entries) in fields {
      let origin = target.origin?.builtIn("\(kind.rawValue)Generator", in: kustomization.file.name)
      for arguments in entries {
        var generated = ResourceList()
        generated.resources = [try DataGenerator(kind: kind, sources: sources).generate(arguments)]
        generated.setOrigin(origin)
        try accumulation.list.absorb(generated.resources)
      }
    }
    let origin = target.origin?.builtIn("HelmChartInflationGenerator", in: kustomization.file.name)
    for entry in kustomization.charts {
      let inflation = try charts.resources(of: entry, from: target.directory, on: files)
      accumulation.charts.note(inflation)
      var generated = ResourceList()
      generated.resources = inflation.resources
      generated.setOrigin(origin)
      try accumulation.list.absorb(generated.resources)
    }
    if kustomization.generators.isEmpty { return }
    for generated in try plugins(kustomization.generators, of: target).generated(&accumulation.charts) {
      try accumulation.list.absorb(generated.resources)
    }
  }
}

extension Plugins {
  /// What a configuration is as an origin of what it makes or changes.
  func origin(of resource: Resource) -> Origin? {
    resource.origin.map { origin in
      Origin(
        configuration: Origin.Configuration(
          file: origin.path, apiVersion: resource.apiVersion, kind: resource.kindName, name: resource.name,
          namespace: resource.namespace))
    }
  }

  func field(of resource: Resource) throws(FleetError) -> Field {
    Field(try resource.tree.resolved(at: resource), file: resource.source.file)
  }

  func address(of resource: Resource) -> FleetError.Address {
    FleetError.Address(
      file: resource.source.file, line: resource.source.line, object: "\(resource.kindName)/\(resource.name)")
  }

  /// Refuses everything but kustomize's own plugins.
  func refuse(_ resource: Resource) -> FleetError {
    if resource.apiVersion == "builtin" {
      return FleetError(
        .invalidKustomization, "kustomize has no plugin \(resource.kindName) for this", at: address(of: resource))
    }
    return FleetError(
      .notSupportedYet,
      "\(resource.apiVersion) \(resource.kindName) is a plugin outside kustomize, and programs are not run",
      at: address(of: resource), nextStep: "render its result into the repository")
  }
}
