import FleetModel
import Manifests

/// The directory that is rendered for an app on a cluster.
struct Overlay: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    case kustomization
    /// Every file of YAML or JSON in it.
    case plain
    /// A Helm chart, as this release of it.
    case chart(ChartRelease)
  }

  /// What the templates of a chart see of the app.
  struct ChartRelease: Hashable, Sendable {
    var name: String
    /// Empty for the program's default.
    var namespace: String
  }

  var directory: TreePath
  var form: Form
  /// What its charts depend on; nil as long as it is not known to have any.
  var charts: ChartTarget?

  /// The candidates of an app for a cluster, placeholders filled in. One that names a label which the cluster lacks is
  /// left out.
  static func candidates(of app: AppDeclaration, for cluster: ClusterDeclaration) -> [String] {
    app.overlays.compactMap { filled($0, for: cluster) }
  }

  private static func filled(_ pattern: String, for cluster: ClusterDeclaration) -> String? {
    var result = ""
    var rest = pattern[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      result += rest[..<open]
      switch rest[rest.index(after: open)..<close] {
      case "cluster": result += cluster.name
      case "environment": result += cluster.environment
      case let name where name.hasPrefix("label:"):
        guard let value = cluster.labels[String(name.dropFirst("label:".count))], !value.isEmpty else { return nil }
        result += value
      default: result += rest[open...close]
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// The first of the candidates that exists.
  static func choose(
    _ candidates: [String], of app: AppDeclaration, on files: BuildFiles
  ) throws(FleetError) -> Overlay {
    let address = FleetError.Address(file: app.file.description, field: "spec.overlays", app: app.name)
    for candidate in candidates {
      switch try files.find(candidate, from: app.directory, at: address) {
      case nil: continue
      case .file(let path):
        throw FleetError(.noOverlay, "the overlay \(path) is a file, not a directory", at: address)
      case .directory(let path):
        return Overlay(directory: path, form: try form(of: path, for: app, on: files, at: address))
      }
    }
    let looked = candidates.map { app.directory.resolving($0)?.description ?? $0 }.joined(separator: ", ")
    throw FleetError(
      .noOverlay, "none of its overlays exists: looked for \(looked)", at: address,
      nextStep: "add one of these directories, or an overlay that every cluster has")
  }

  private static func form(
    of directory: TreePath, for app: AppDeclaration, on files: BuildFiles, at address: FleetError.Address
  ) throws(FleetError) -> Form {
    for name in Kustomization.fileNames {
      if try files.find(name, from: directory, at: address) != nil { return .kustomization }
    }
    if try files.find(ChartFiles.description, from: directory, at: address) != nil {
      return .chart(ChartRelease(name: app.name, namespace: app.namespace))
    }
    return .plain
  }
}

extension Overlay {
  /// The objects of a directory of plain files: every `.yaml`, `.yml` and `.json` in it, by the bytes of their names.
  static func plainResources(in directory: TreePath, on files: BuildFiles) throws(FleetError) -> ResourceList {
    var list = ResourceList()
    for entry in try files.tree.list(directory) where isManifestName(entry.name) {
      let address = FleetError.Address(file: "\(directory)/\(entry.name)")
      guard case .file(let path)? = try files.find(entry.name, from: directory, at: address) else { continue }
      let bytes = try files.read(path, from: .root, at: address)
      try list.append(ResourceReader.read(bytes, file: path.description))
    }
    guard !list.resources.isEmpty else {
      throw FleetError(
        .noOverlay, "nothing to render: neither a kustomization nor objects in YAML or JSON",
        at: FleetError.Address(file: directory.description))
    }
    return list
  }

  private static func isManifestName(_ name: String) -> Bool {
    !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
  }
}
