import Manifests

/// The build of one kustomization with all it stands on.
struct KustomizationBuild {
  let files: BuildFiles
  /// Bases that were built before.
  let bases: SharedBases

  /// Bounds on what a repository may make a build do.
  enum Limits {
    /// Kustomizations over kustomizations; real ones have at most ten.
    static let depth = 100
  }

  /// What the kustomization in a directory comes to, and what it says itself.
  func accumulate(_ directory: TreePath) throws(FleetError) -> (accumulation: Accumulation, top: Kustomization) {
    let kustomization = try kustomization(in: directory, at: FleetError.Address())
    return (try accumulate(kustomization, onto: Accumulation(), below: []), kustomization)
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
        .invalidKustomization, "several kustomizations in one directory: \(found.map(\.description))",
        at: FleetError.Address(file: file.description), nextStep: "keep one of them")
    }
    return try Kustomization(files.read(file, from: directory, at: address), file: file)
  }

  /// - Parameters:
  ///   - start: what is there already: nothing for a kustomization, everything above it for a component.
  ///   - chain: the directories of the kustomizations above this one.
  private func accumulate(
    _ kustomization: Kustomization, onto start: Accumulation, below chain: [TreePath]
  ) throws(FleetError) -> Accumulation {
    let chain = chain + [kustomization.directory]
    guard chain.count <= Limits.depth else {
      throw FleetError(
        .limitExceeded, "more than \(Limits.depth) kustomizations over each other",
        at: FleetError.Address(file: kustomization.file.description))
    }
    var accumulation = start
    accumulation.directories.insert(kustomization.directory)
    try addResources(of: kustomization, to: &accumulation, below: chain)
    let configuration = try configuration(of: kustomization)
    accumulation.configuration = try accumulation.configuration.merging(configuration)
    for component in kustomization.components {
      accumulation = try add(component: component, of: kustomization, to: accumulation, below: chain)
    }
    for step in try steps(of: kustomization, accumulation.configuration) {
      do {
        try step.transform.apply(to: &accumulation.list)
      } catch {
        throw error.within(step.address)
      }
      accumulation.list.removeDeleted()
    }
    return accumulation
  }
}

extension KustomizationBuild {
  private func addResources(
    of kustomization: Kustomization, to accumulation: inout Accumulation, below chain: [TreePath]
  ) throws(FleetError) {
    for entry in kustomization.resources {
      let item = try files.find(entry.text, from: kustomization.directory, at: entry.address)
      switch item {
      case nil:
        throw FleetError(.missingFile, "there is no file or directory \(entry.text)", at: entry.address)
      case .file(let path):
        let bytes = try files.read(path, from: kustomization.directory, at: entry.address)
        try accumulation.list.append(ResourceReader.read(bytes, file: path.description))
      case .directory(let path):
        try accumulation.merge(try base(path, at: entry.address, below: chain))
      }
    }
  }

  /// A kustomization that another one stands on. What it comes to does not depend on who stands on it.
  private func base(
    _ directory: TreePath, at address: FleetError.Address, below chain: [TreePath]
  ) throws(FleetError) -> Accumulation {
    try refuseCycle(directory, at: address, below: chain)
    if let known = try bases.find(directory) {
      for directory in known.accumulation.directories { try refuseCycle(directory, at: address, below: chain) }
      files.tree.record(known.trace)
      return known.accumulation
    }
    let tree = TracingTree(files.tree.base)
    let nested = KustomizationBuild(files: BuildFiles(tree: tree, restriction: files.restriction), bases: bases)
    let kustomization = try nested.kustomization(in: directory, at: address)
    guard kustomization.kind == .kustomization else {
      throw FleetError(
        .invalidKustomization, "\(directory) is a component", at: address, nextStep: "list it under components")
    }
    let accumulation = try nested.accumulate(kustomization, onto: Accumulation(), below: chain)
    let trace = tree.trace
    files.tree.record(trace)
    bases.add(directory, accumulation, trace)
    return accumulation
  }

  private func add(
    component entry: Kustomization.Text, of kustomization: Kustomization, to accumulation: Accumulation,
    below chain: [TreePath]
  ) throws(FleetError) -> Accumulation {
    guard case .directory(let path)? = try files.find(entry.text, from: kustomization.directory, at: entry.address)
    else { throw FleetError(.missingFile, "there is no directory \(entry.text)", at: entry.address) }
    try refuseCycle(path, at: entry.address, below: chain)
    let component = try self.kustomization(in: path, at: entry.address)
    guard component.kind == .component else {
      throw FleetError(
        .invalidKustomization, "\(path) is not of kind Component", at: entry.address,
        nextStep: "list it under resources")
    }
    return try accumulate(component, onto: accumulation, below: chain)
  }

  /// A kustomization may not stand on one in a directory that holds its own, or that of one above it.
  private func refuseCycle(
    _ directory: TreePath, at address: FleetError.Address, below chain: [TreePath]
  ) throws(FleetError) {
    guard let visited = chain.last(where: { $0.isWithin(directory) }) else { return }
    throw FleetError(
      .kustomizationCycle, "a cycle: \(directory) holds \(visited), which is being built on it", at: address,
      nextStep: "move what both need into a directory of its own")
  }

  private func configuration(of kustomization: Kustomization) throws(FleetError) -> TransformerConfiguration {
    var added = TransformerConfiguration()
    for entry in kustomization.configurations {
      let (bytes, path) = try files.read(entry.text, from: kustomization.directory, at: entry.address)
      added = try added.merging(TransformerConfiguration(bytes, file: path.description))
    }
    return kustomization.configurations.isEmpty ? .builtIn : try TransformerConfiguration.builtIn.merging(added)
  }
}
