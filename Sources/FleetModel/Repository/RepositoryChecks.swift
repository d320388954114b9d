import Manifests

/// What declarations say of each other.
///
/// A declaration that can have no effect as it is written becomes broken; one that only lacks a place on some clusters
/// stays, with an error.
struct RepositoryChecks {
  /// nil when it is not known, so that nothing is checked against it.
  let fleet: FleetDeclaration?
  private(set) var clusters: [ClusterFile]
  private(set) var apps: [AppFile]

  init(fleet: FleetDeclaration?, clusters: [ClusterFile], apps: [AppFile]) {
    self.fleet = fleet
    self.clusters = clusters
    self.apps = apps
  }

  mutating func check() {
    refuseSameNames()
    refuseUnknownDependencies()
    refuseCycles()
    if let fleet { noteWhatNothingReaches(fleet) }
  }

  /// Nobody can tell which of two files is meant, so neither is taken.
  private mutating func refuseSameNames() {
    let indices = Dictionary(grouping: clusters.indices) { clusters[$0].name }
    for same in indices.values where same.count > 1 {
      for index in same {
        let others = same.filter { $0 != index }.map { clusters[$0].path.description }
        clusters[index].log.add(
          FleetError(
            .duplicateName, "the cluster is declared twice, also in \(listed(others))",
            at: FleetError.Address(line: 1, field: "metadata.name"),
            nextStep: "names of clusters are unique, in whatever folders"))
        clusters[index].reading.declaration = nil
      }
    }
  }

  private mutating func refuseUnknownDependencies() {
    let names = Set(apps.map(\.name))
    for index in apps.indices {
      for dependency in apps[index].reading.dependencies where !names.contains(dependency.name) {
        let near = Suggestion.closest(to: dependency.name, among: names.sorted())
        apps[index].log.add(
          dependency.field.error(
            "no such app", code: .unknownReference, nextStep: near.map { "did you mean \($0)?" } ?? ""))
        apps[index].reading.declaration = nil
      }
    }
  }

  private mutating func refuseCycles() {
    // Names of directories may be equal to Swift and differ in their bytes; those are no names of apps.
    let dependencies = Dictionary(
      apps.map { ($0.name, $0.reading.dependencies.map(\.name)) }, uniquingKeysWith: { first, _ in first })
    for cycle in DependencyOrder.cycles(dependencies) {
      for index in apps.indices where cycle.contains(apps[index].name) {
        guard let field = apps[index].reading.dependencies.first(where: { cycle.contains($0.name) })?.field else {
          continue
        }
        let message = cycle.count == 1 ? "the app depends on itself" : "apps depend on each other: \(listed(cycle))"
        apps[index].log.add(field.error(message, code: .dependencyCycle))
        apps[index].reading.declaration = nil
      }
    }
  }

  private func listed(_ names: [String]) -> String {
    let rest = names.count - FleetLimits.namesListed
    let shown = names.prefix(FleetLimits.namesListed).joined(separator: ", ")
    return rest > 0 ? "\(shown) and \(rest) more" : shown
  }
}

extension RepositoryChecks {
  private func noteWhatNothingReaches(_ fleet: FleetDeclaration) {
    let declared = clusters.compactMap(\.reading.declaration)
    var placed: [ClusterDeclaration] = []
    for file in clusters {
      guard let cluster = file.reading.declaration else { continue }
      if fleet.pipelines.values.contains(where: { $0.stage(of: cluster) != nil }) {
        placed.append(cluster)
      } else {
        let place = file.reading.environmentField?.address ?? FleetError.Address()
        file.log.add(
          FleetError(
            .noStage, "no stage of any pipeline takes this cluster in, so nothing would ever reach it", at: place,
            nextStep: "add a stage for it to a pipeline in fleet.yaml"))
      }
    }
    let good = Dictionary(
      apps.compactMap(\.reading.declaration).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var unmatched: [String: [ClusterDeclaration]] = [:]
    for file in apps {
      guard let app = file.reading.declaration else { continue }
      if unmatched[app.pipeline] == nil {
        let pipeline = fleet.pipelines[app.pipeline]
        unmatched[app.pipeline] = placed.filter { pipeline?.stage(of: $0) == nil }
      }
      noteUnmatched(app, among: unmatched[app.pipeline] ?? [], file)
      noteMissingDependencies(of: app, on: good, among: declared, file)
    }
  }

  /// - Parameter clusters: those that no stage of the app's pipeline takes in.
  private func noteUnmatched(_ app: AppDeclaration, among clusters: [ClusterDeclaration], _ file: AppFile) {
    let names = clusters.filter(app.targets).map(\.name)
    guard !names.isEmpty else { return }
    var address = file.reading.pipelineField?.address ?? FleetError.Address()
    if names.count == 1 { address.cluster = names[0] }
    let message = "no stage of the pipeline \(app.pipeline) takes in \(listed(names)), which the app targets"
    file.log.add(
      FleetError(
        .noStage, message, at: address,
        nextStep: "add a stage for it, choose another pipeline, or narrow spec.clusterSelector"))
  }

  private func noteMissingDependencies(
    of app: AppDeclaration, on others: [String: AppDeclaration], among clusters: [ClusterDeclaration],
    _ file: AppFile
  ) {
    for dependency in file.reading.dependencies {
      guard let other = others[dependency.name] else { continue }
      let names = clusters.filter { app.targets($0) && !other.targets($0) }.map(\.name)
      guard !names.isEmpty else { continue }
      var error = dependency.field.error(
        "\(dependency.name) is not meant for \(listed(names)), where this app is", code: .unknownReference,
        nextStep: "widen the clusterSelector of \(dependency.name), or narrow this one")
      if names.count == 1 { error.address.cluster = names[0] }
      file.log.add(error)
    }
  }
}
