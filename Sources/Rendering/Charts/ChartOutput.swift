import Manifests

/// What helm wrote for a chart.
struct ChartOutput {
  private let bytes: [UInt8]
  private let request: ChartRequest

  init(_ bytes: [UInt8], of request: ChartRequest) {
    self.bytes = bytes
    self.request = request
  }

  /// Its objects, each with the template that it comes from.
  func resources() throws(FleetError) -> [Resource] {
    var resources = try ResourceReader.read(bytes, file: "\(request.directory) as helm renders it")
    let templates = templates
    for index in resources.indices {
      guard let line = resources[index].source.line else { continue }
      if let template = templates.last(where: { $0.line <= line + 1 }) {
        resources[index].source = Manifest.Origin(file: template.file)
      }
    }
    return resources
  }

  /// The lines in which helm says which template follows, with the templates' places in the repository.
  private var templates: [(line: Int, file: String)] {
    let mark = "# Source: "
    var templates: [(line: Int, file: String)] = []
    for (index, line) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
    where line.starts(with: mark.utf8) {
      // The first part is the chart's name.
      let path = String(decoding: line.dropFirst(mark.utf8.count), as: UTF8.self).drop { $0 != "/" }
      templates.append((index + 1, "\(request.directory)\(path)"))
    }
    return templates
  }
}

extension ChartOutput {
  /// Throws when two runs of one chart differ in more than their comments, and says where.
  static func refuseDifference(
    _ first: [UInt8], _ second: [UInt8], of request: ChartRequest
  ) throws(FleetError) {
    let before = try ChartOutput(first, of: request).resources()
    let after = try ChartOutput(second, of: request).resources()
    var address = FleetError.Address(file: "\(request.directory)/\(ChartFiles.description)")
    var cause = "the two times have not the same objects"
    for (old, new) in zip(before, after) {
      address = old.address
      guard old.id == new.id else {
        cause = "the one time it is \(old.id), the other time \(new.id)"
        break
      }
      // Not what differs: it may be a password.
      let values = (try old.tree.resolved(at: old), try new.tree.resolved(at: new))
      guard let change = FieldChange.between(values.0, values.1).first else { continue }
      cause = "\(change.path) differs"
      address.field = change.path
      throw unstable(address, cause)
    }
    if before.count == after.count, zip(before, after).allSatisfy({ $0.id == $1.id }) { return }
    throw unstable(address, cause)
  }

  private static func unstable(_ address: FleetError.Address, _ cause: String) -> FleetError {
    FleetError(
      .chartUnstable, "the chart comes to something else each time it is rendered", at: address, cause: cause,
      nextStep: "give the chart a fixed value in place of what is random or the time")
  }

  /// The placeholders for a cluster's values in the values of a chart that its objects do not have any more: a condition
  /// or a function of the chart has used up their text, so that no value could be put in.
  static func lostPlaceholders(of request: ChartRequest, in output: [UInt8]) -> [String] {
    let own = request.files.filter { $0.path.description == "values.yaml" }.map(\.bytes)
    var names: Set<String> = []
    for bytes in own + request.values {
      for document in (try? YAML.parseTrees(bytes, file: "")) ?? [] { names.formUnion(placeholders(in: document.root)) }
    }
    return names.filter { PlaceholderText.line(of: Array("${\($0)".utf8), in: output) == nil }.sorted()
  }

  private static func placeholders(in tree: YAMLTree) -> Set<String> {
    switch tree {
    case .scalar(let scalar):
      guard PlaceholderText.mayBe(in: scalar.text), let text = try? PlaceholderText(scalar.text) else { return [] }
      return Set(text.variables.map(\.name).filter { $0.hasPrefix("cluster.") })
    case .sequence(let elements): return elements.reduce(into: []) { $0.formUnion(placeholders(in: $1)) }
    case .mapping(let entries): return entries.reduce(into: []) { $0.formUnion(placeholders(in: $1.value)) }
    }
  }
}
