import FleetModel
import Manifests

/// What the charts of a build depend on beside the tree.
struct ChartTarget: Hashable, Sendable {
  /// The program that renders them; empty when there is none.
  var program: String
  var kubernetes: ClusterDeclaration.Kubernetes
}

/// How a build renders charts.
struct ChartBuild: Sendable {
  let inflations: Inflations
  /// nil for a build that ends at the first chart, to learn that there is one.
  let target: ChartTarget?

  /// The objects of an entry of `helmCharts`.
  /// - Parameter directory: that of the kustomization.
  func resources(
    of entry: ChartEntry, from directory: TreePath, on files: BuildFiles
  ) throws(FleetError) -> Inflation {
    let target = try self.target(at: entry.address)
    let chart = try self.directory(of: entry, from: directory, on: files)
    var request = ChartRequest(
      directory: chart, files: try ChartFiles.all(in: chart, on: files, at: entry.name.address))
    request.values = try ChartValues(entry: entry, chart: chart, directory: directory, files: files).documents()
    request.releaseName = entry.releaseName
    request.nameTemplate = entry.nameTemplate
    request.namespace = entry.namespace
    request.includesCRDs = entry.includesCRDs
    request.skipsHooks = entry.skipsHooks
    request.skipsTests = entry.skipsTests
    let version = entry.kubernetesVersion
    request.kubernetesVersion = version.isEmpty ? target.kubernetes.version : version
    request.apiVersions = entry.apiVersions + target.kubernetes.apiVersions.filter { !entry.apiVersions.contains($0) }
    return try inflations.inflate(request, at: entry.address)
  }

  /// The objects of an overlay that is a chart.
  func resources(
    of overlay: Overlay, release: Overlay.ChartRelease, on files: BuildFiles
  ) throws(FleetError) -> Inflation {
    let address = FleetError.Address(file: "\(overlay.directory)/\(ChartFiles.description)")
    let target = try self.target(at: address)
    var request = ChartRequest(
      directory: overlay.directory, files: try ChartFiles.all(in: overlay.directory, on: files, at: address))
    request.releaseName = release.name
    request.namespace = release.namespace
    request.includesCRDs = true
    request.kubernetesVersion = target.kubernetes.version
    request.apiVersions = target.kubernetes.apiVersions
    var inflation = try inflations.inflate(request, at: address)
    try ChartHooks.apply(to: &inflation.resources)
    return inflation
  }

  private func target(at address: FleetError.Address) throws(FleetError) -> ChartTarget {
    guard let target else { throw FleetError(.chartReached, "a chart", at: address) }
    guard !target.program.isEmpty else {
      throw FleetError(
        .chartsDisabled, "a Helm chart, and rendering charts is not enabled", at: address,
        nextStep: "give flotilla --enable-helm, and flotilla-hub --helm with the path of the program")
    }
    return target
  }

  private func directory(
    of entry: ChartEntry, from directory: TreePath, on files: BuildFiles
  ) throws(FleetError) -> TreePath {
    switch try files.find(entry.place, from: directory, at: entry.name.address) {
    case .directory(let path): return path
    case .file(let path):
      throw FleetError(
        .missingFile, "\(path) is a file, not the directory of a chart", at: entry.name.address,
        nextStep: "unpack the chart")
    case nil: break
    }
    guard entry.repository.text.isEmpty else {
      throw FleetError(
        .notSupportedYet, "remote charts are not fetched: \(entry.name.text) from \(entry.repository.text)",
        at: entry.repository.address,
        nextStep: "keep the chart in the repository, in \(entry.place) (helm pull --untar)")
    }
    throw FleetError(
      .missingFile, "there is no chart \(entry.place)", at: entry.name.address,
      nextStep: "keep the chart in the repository, or name the directory that it is in with helmGlobals.chartHome")
  }
}

extension FleetError.Code {
  /// A build that does not know its target has come to a chart; never seen outside.
  static let chartReached = FleetError.Code("chart-reached")
}
