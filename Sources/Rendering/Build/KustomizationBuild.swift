import Manifests

/// The build of one kustomization with all it stands on.
struct KustomizationBuild {
  let files: BuildFiles
  /// Bases that were built before.
  let bases: SharedBases
  /// What the kustomization at the top wants to be told about, for all below it.
  private(set) var metadata: Set<BuildMetadata> = []
  let schema: SchemaState
  let charts: ChartBuild

  init(files: BuildFiles, bases: SharedBases, charts: ChartBuild) {
    self.files = files
    self.bases = bases
    self.charts = charts
    schema = SchemaState()
  }

  /// Bounds on what a repository may make a build do.
  enum Limits {
    /// Kustomizations over kustomizations; real ones have at most ten.
    static let depth = 100
  }

  /// One kustomization of a build, and where it stands.
  struct Target {
    var kustomization: Kustomization
    /// The directories of those above it, and its own.
    var chain: [TreePath]
    /// Where it is, seen from the top, when the build keeps track of that.
    var origin: Origin?

    var directory: TreePath { kustomization.directory }
  }

  /// What the kustomization in a directory comes to, and what it says itself.
  mutating func accumulate(_ directory: TreePath) throws(FleetError) -> (accumulation: Accumulation, top: Kustomization)
  {
    let kustomization = try kustomization(in: directory, at: FleetError.Address())
    metadata = kustomization.buildMetadata
    try setSchema(of: kustomization)
    let target = Target(
      kustomization: kustomization, chain: [kustomization.directory], origin: metadata.isEmpty ? nil : Origin())
    return (try accumulate(target, onto: Accumulation()), kustomization)
  }

  /// Reads the kustomization of a directory.
  /// - Parameter address: what names the directory.
  private func kustomization(
    in directory: TreePath, at address: FleetError.Address
  ) throws(FleetError) -> Kustomization {
    var found: [TreePath] = []
    for name in Kustomization.fileNames {
      guard case .file(let path)? = try files.find(name, from: directory, at: address) else { continue }
      found.append(path)
    }
    guard let file = found.first else {
      throw FleetError(
        .noKustomization, "the directory \(directory) holds no kustomization", at: address,
        nextStep: "add a kustomization.yaml to it, or list its files")
    }
    guard found.count == 1 else {
      throw FleetError(
        .invalidKustomization, "several kustomizations in one directory: \(found.map(\.name))",
        at: FleetError.Address(file: file.description), nextStep: "keep one of them")
    }
    return try Kustomization(files.read(file, from: directory, at: address), file: file)
  }

  /// - Parameter start: what is there already: nothing for a kustomization, everything above it for a component.
  private func accumulate(_ target: Target, onto start: Accumulation) throws(FleetError) -> Accumulation {
    try FleetError.checkCancellation()
    let kustomization = target.kustomization
    guard target.chain.count <= Limits.depth else {
      throw FleetError(
        .limitExceeded, "more than \(Limits.depth) kustomizations over each other",
        at: FleetError.Address(file: kustomization.file.description))
    }
    var accumulation = start
    accumulation.directories.insert(kustomization.directory)
    try addResources(kustomization.resources, of: target, to: &accumulation)
    accumulation.configuration = try accumulation.configuration.merging(configuration(of: kustomization))
    try generate(for: target, into: &accumulation)
    for component in kustomization.components {
      accumulation = try add(component: component, of: target, to: accumulation)
    }
    for step in try steps(of: target, accumulation.configuration) { try step.run(on: &accumulation.list) }
    for validator in try validators(of: target) { try validator.check(accumulation.list) }
    try accumulation.add(kustomization.variables)
    return accumulation
  }
}

extension KustomizationBuild {
  /// Adds what entries of `resources` name: the objects of files, and what kustomizations come to.
  func addResources(
    _ entries: [Kustomization.Text], of target: Target, to accumulation: inout Accumulation
  ) throws(FleetError) {
    for entry in entries {
      switch try files.find(entry.text, from: target.directory, at: entry.address) {
      case nil:
        throw FleetError(.missingFile, "there is no file or directory \(entry.text)", at: entry.address)
      case .file(let path):
        let bytes = try files.read(path, from: target.directory, at: entry.address)
        var resources = try ResourceReader.read(bytes, file: path.description)
        schema.note(resources)
        if let origin = target.origin?.appending(entry.text) {
          for index in resources.indices { resources[index].origin = origin }
        }
        try accumulation.list.append(resources)
      case .directory(let path):
        try accumulation.merge(try base(path, entry, of: target))
      }
    }
  }

  /// A kustomization that another one stands on. What it comes to does not depend on who stands on it, unless the build
  /// keeps track of origins or has a schema of its own.
  private func base(
    _ directory: TreePath, _ entry: Kustomization.Text, of target: Target
  ) throws(FleetError) -> Accumulation {
    try refuseCycle(directory, entry, of: target)
    let isShared = metadata.isEmpty && !schema.isSet
    if isShared, let known = try bases.find(directory, charts: charts.target) {
      for directory in known.accumulation.directories { try refuseCycle(directory, entry, of: target) }
      files.tree.record(known.trace)
      schema.note(known.accumulation.list.resources)
      return known.accumulation
    }
    let tree = TracingTree(files.tree.base)
    // Also of what fails: a build that ends at a chart is remembered.
    defer { files.tree.record(tree.trace) }
    let nested = with(tree)
    let kustomization = try nested.kustomization(in: directory, at: entry.address)
    guard kustomization.kind == .kustomization else {
      throw FleetError(
        .invalidKustomization, "\(directory) is a component", at: entry.address,
        nextStep: "list it under components")
    }
    try nested.setSchema(of: kustomization)
    let accumulation = try nested.accumulate(nested.target(kustomization, entry, of: target), onto: Accumulation())
    if isShared, !schema.isSet { bases.add(directory, charts: charts.target, accumulation, tree.trace) }
    return accumulation
  }

  /// The same build, reading through another tree.
  private func with(_ tree: TracingTree) -> KustomizationBuild {
    KustomizationBuild(self, BuildFiles(tree: tree, restriction: files.restriction))
  }

  private init(_ other: KustomizationBuild, _ files: BuildFiles) {
    self.files = files
    bases = other.bases
    metadata = other.metadata
    charts = other.charts
    schema = other.schema
  }

  private func target(_ kustomization: Kustomization, _ entry: Kustomization.Text, of target: Target) -> Target {
    Target(
      kustomization: kustomization, chain: target.chain + [kustomization.directory],
      origin: target.origin?.appending(entry.text))
  }

  private func add(
    component entry: Kustomization.Text, of target: Target, to accumulation: Accumulation
  ) throws(FleetError) -> Accumulation {
    guard case .directory(let path)? = try files.find(entry.text, from: target.directory, at: entry.address)
    else { throw FleetError(.missingFile, "there is no directory \(entry.text)", at: entry.address) }
    try refuseCycle(path, entry, of: target)
    let component = try kustomization(in: path, at: entry.address)
    guard component.kind == .component else {
      throw FleetError(
        .invalidKustomization, "\(path) is not of kind Component", at: entry.address,
        nextStep: "list it under resources")
    }
    try setSchema(of: component)
    return try accumulate(self.target(component, entry, of: target), onto: accumulation)
  }

  /// A kustomization may not stand on one in a directory that holds its own, or that of one above it.
  private func refuseCycle(
    _ directory: TreePath, _ entry: Kustomization.Text, of target: Target
  ) throws(FleetError) {
    guard let visited = target.chain.last(where: { $0.isWithin(directory) }) else { return }
    throw FleetError(
      .kustomizationCycle, "a cycle: \(directory) holds \(visited), which is being built on it", at: entry.address,
      nextStep: "move what both need into a directory of its own")
  }

  private func configuration(of kustomization: Kustomization) throws(FleetError) -> TransformerConfiguration {
    var configuration = TransformerConfiguration.builtIn
    if !kustomization.configurations.isEmpty {
      var added = TransformerConfiguration()
      for entry in kustomization.configurations {
        let (bytes, path) = try files.read(entry.text, from: kustomization.directory, at: entry.address)
        added = try added.merging(TransformerConfiguration(bytes, file: path.description))
      }
      configuration = try configuration.merging(added)
    }
    for entry in kustomization.crds {
      let (bytes, path) = try files.read(entry.text, from: kustomization.directory, at: entry.address)
      configuration = try configuration.merging(TransformerConfiguration(crds: bytes, file: path.description))
    }
    return configuration
  }

  /// Takes the schema of a kustomization into use, unless another one has come before.
  private func setSchema(of kustomization: Kustomization) throws(FleetError) {
    guard let openAPI = kustomization.openAPI else { return }
    var document: Field?
    if let path = openAPI.path {
      let (bytes, file) = try files.read(path.text, from: kustomization.directory, at: path.address)
      let value = try YAML.parse(bytes, file: file.description, dialect: .settings).first?.value
      document = Field(value ?? .object(Object()), file: file.description)
    }
    if schema.isSet { return }
    if let document {
      guard openAPI.version == nil else {
        throw FleetError(.invalidKustomization, "both a version and a path of a schema", at: openAPI.address)
      }
      return try schema.set(document)
    }
    guard let version = openAPI.version, !version.isEmpty else { return }
    guard version == SchemaState.builtInVersion else {
      throw FleetError(
        .invalidKustomization, "the schema \(version) is not built in", at: openAPI.address,
        nextStep: "write \(SchemaState.builtInVersion), or a path")
    }
    schema.setBuiltIn()
  }
}
