import Manifests

/// The values that an entry of `helmCharts` gives its chart, put together as kustomize does.
struct ChartValues {
  let entry: ChartEntry
  /// The chart's directory.
  let chart: TreePath
  /// The kustomization's.
  let directory: TreePath
  let files: BuildFiles

  /// Documents for helm, later ones over earlier ones.
  func documents() throws(FleetError) -> [[UInt8]] {
    var documents: [[UInt8]] = []
    if entry.inlineValues.isEmpty {
      if let file = try file() { documents.append(file.bytes) }
    } else {
      documents.append(try merged())
    }
    for text in entry.moreValuesFiles {
      documents.append(try files.read(text.text, from: directory, at: text.address).bytes)
    }
    return documents
  }

  /// The values file, the chart's own where none is named; nil when a chart has none.
  private func file() throws(FleetError) -> (bytes: [UInt8], path: TreePath)? {
    let text = entry.valuesFile
    if !text.text.isEmpty { return try files.read(text.text, from: directory, at: text.address) }
    guard case .file(let path)? = try files.find("values.yaml", from: chart, at: entry.address) else { return nil }
    // It belongs to the chart, which may lie anywhere in the repository.
    return (try files.read(path, from: .root, at: entry.address), path)
  }

  /// The inline values with those of the file, as JSON, which helm reads like any YAML.
  private func merged() throws(FleetError) -> [UInt8] {
    let inline = YAMLTree(.object(entry.inlineValues))
    guard entry.merge != .replace, let (bytes, path) = try file(),
      let document = try YAML.parseTrees(bytes, file: path.description).first?.root, document.isMapping
    else { return JSON.canonical(.object(entry.inlineValues)) }
    let merge = StrategicMerge(schema: .builtIn)
    do {
      let values =
        switch entry.merge {
        case .merge: try merge.apply(document, to: inline)
        case .override, .replace: try merge.apply(inline, to: document)
        }
      return JSON.canonical(try values?.resolved() ?? .object(Object()))
    } catch {
      throw error.within(entry.address)
    }
  }
}
