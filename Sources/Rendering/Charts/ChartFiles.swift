import Manifests

/// Gathers the files of a chart, each through the tree of the build, whose trace so knows all of them.
struct ChartFiles {
  static let description = "Chart.yaml"

  private let files: BuildFiles
  private var found: [ChartRequest.File] = []
  private var size = 0

  private init(_ files: BuildFiles) { self.files = files }

  /// Every file in or below a directory that is a chart.
  static func all(
    in directory: TreePath, on files: BuildFiles, at address: FleetError.Address
  ) throws(FleetError) -> [ChartRequest.File] {
    guard let description = directory.appending(ChartFiles.description), try files.tree.entry(at: description) != nil
    else {
      throw FleetError(
        .missingFile, "\(directory) is no chart: it has no \(ChartFiles.description)", at: address,
        nextStep: "check the name of the chart, and chartHome")
    }
    var gathering = ChartFiles(files)
    try gathering.add(directory, as: .root, depth: 0)
    return gathering.found.sorted { $0.path.description.precedesInBytes($1.path.description) }
  }

  private mutating func add(_ directory: TreePath, as place: TreePath, depth: Int) throws(FleetError) {
    guard depth <= ChartLimits.depth else {
      throw ChartFiles.tooMuch("more than \(ChartLimits.depth) directories in each other", directory)
    }
    for entry in try files.tree.list(directory) {
      guard let path = directory.appending(entry.name), let place = place.appending(entry.name) else { continue }
      let address = FleetError.Address(file: path.description)
      guard let (resolved, target) = try LinkedPath(files.tree).resolve(path, at: address) else { continue }
      switch target.kind {
      case .directory: try add(resolved, as: place, depth: depth + 1)
      case .file, .symbolicLink: try add(ChartRequest.File(path: place, bytes: read(resolved, at: address)), path)
      case .submodule:
        throw FleetError(
          .notSupportedYet, "\(path) is a submodule, which is not read", at: address,
          nextStep: "copy the files into the repository")
      }
    }
  }

  private func read(_ path: TreePath, at address: FleetError.Address) throws(FleetError) -> [UInt8] {
    try files.read(path, from: .root, at: address)
  }

  private mutating func add(_ file: ChartRequest.File, _ path: TreePath) throws(FleetError) {
    size += file.bytes.count
    guard found.count < ChartLimits.files else {
      throw ChartFiles.tooMuch("more than \(ChartLimits.files) files", path)
    }
    guard size <= ChartLimits.bytes else {
      throw ChartFiles.tooMuch("more than \(ChartLimits.bytes >> 20) MiB", path)
    }
    if file.path.name == "values.schema.json" { try ChartFiles.refuseRemoteSchema(file.bytes, path) }
    found.append(file)
  }

  private static func tooMuch(_ what: String, _ path: TreePath) -> FleetError {
    FleetError(.limitExceeded, "\(what) in one chart", at: FleetError.Address(file: path.description))
  }

  /// A schema may name others by their addresses, and helm would fetch them.
  private static func refuseRemoteSchema(_ bytes: [UInt8], _ path: TreePath) throws(FleetError) {
    guard let schema = try? JSON.parse(bytes, file: path.description), let reference = remoteReference(in: schema)
    else { return }
    throw FleetError(
      .notSupportedYet, "remote schemas are not fetched: \(reference)",
      at: FleetError.Address(file: path.description, field: "$ref"),
      nextStep: "write what it says into the schema itself")
  }

  private static func remoteReference(in schema: Value) -> String? {
    switch schema {
    case .object(let object):
      for (key, value) in object.entries {
        if key == "$ref", let text = value.string, text.contains("://") { return text }
        if let found = remoteReference(in: value) { return found }
      }
      return nil
    case .array(let elements): return elements.lazy.compactMap(remoteReference).first
    default: return nil
    }
  }
}
