public import Manifests

/// A candidate for an overlay as `app.yaml` writes it: a path below the app's directory, in which `{cluster}`,
/// `{environment}` and `{label:NAME}` stand for what a cluster has.
public struct OverlayPattern: Hashable, Sendable {
  private enum Part: Hashable, Sendable {
    case text(String)
    case cluster
    case environment
    case label(String)
  }

  /// The parts of each component of the path.
  private let components: [[Part]]

  /// Reads a pattern; errors have no address.
  public init(_ text: String) throws(FleetError) {
    guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      throw OverlayPattern.error("a control character in a path")
    }
    guard text.utf8.first != UInt8(ascii: "/") else {
      throw OverlayPattern.error("an absolute path where one below the app's directory should stand")
    }
    var components: [[Part]] = [[]]
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "/": components.append([])
      case "{": components[components.count - 1].append(try OverlayPattern.placeholder(&rest))
      case "}": throw OverlayPattern.error("a } without a { before it")
      default: OverlayPattern.append(character, to: &components[components.count - 1])
      }
    }
    self.components = components.filter { !$0.isEmpty && $0 != [.text(".")] }
    try check()
  }

  private static func append(_ character: Character, to parts: inout [Part]) {
    if case .text(let text)? = parts.last {
      parts[parts.count - 1] = .text(text + String(character))
    } else {
      parts.append(.text(String(character)))
    }
  }

  /// What stands between the `{` that was read and its `}`.
  private static func placeholder(_ rest: inout Substring) throws(FleetError) -> Part {
    guard let end = rest.firstIndex(of: "}") else { throw error("a { without a } after it") }
    let name = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    switch name {
    case "cluster": return .cluster
    case "environment": return .environment
    default:
      guard name.hasPrefix("label:") else {
        let known = ["cluster", "environment", "label:NAME"]
        throw error(
          "an unknown placeholder {\(name)}",
          nextStep: Suggestion.closest(to: name, among: known).map { "did you mean {\($0)}?" }
            ?? "there are {cluster}, {environment} and {label:NAME}")
      }
      let key = String(name.dropFirst("label:".count))
      guard Names.isKey(key) else { throw error("not a key of labels in {\(name)}") }
      return .label(key)
    }
  }

  private func check() throws(FleetError) {
    guard !components.contains([.text("..")]) else {
      throw OverlayPattern.error(
        "a path that climbs with ..",
        nextStep: "an overlay lies below the app's directory, and names as a resource what it shares with others")
    }
    guard !components.isEmpty else {
      throw OverlayPattern.error(
        "the app's directory itself", nextStep: "put what is to be rendered in a directory below it, such as base")
    }
  }

  private static func error(_ message: String, nextStep: String = "") -> FleetError {
    FleetError(.invalidField, message, nextStep: nextStep)
  }
}

extension OverlayPattern {
  /// The path for a cluster, below `directory`; nil when the cluster lacks a label that the pattern names, or has it
  /// without a value: then there is no such overlay.
  ///
  /// Throws when a name or value of the cluster is no part of a path. Clusters that were read from a repository have
  /// none such.
  public func path(for cluster: ClusterDeclaration, below directory: TreePath) throws(FleetError) -> TreePath? {
    var path = directory
    for parts in components {
      var name = ""
      for part in parts {
        guard let text = OverlayPattern.text(of: part, for: cluster) else { return nil }
        name += text
      }
      guard let next = path.appending(name) else {
        throw FleetError(
          .invalidField, "no part of a path, and the app's overlays need it as one",
          at: FleetError.Address(
            file: cluster.file.description, field: OverlayPattern.field(of: parts), cluster: cluster.name))
      }
      path = next
    }
    return path
  }

  private static func text(of part: Part, for cluster: ClusterDeclaration) -> String? {
    switch part {
    case .text(let text): text
    case .cluster: cluster.name
    case .environment: cluster.environment
    case .label(let key): cluster.labels[key].flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  /// The field of the cluster that the first placeholder stands for.
  private static func field(of parts: [Part]) -> String {
    for part in parts {
      switch part {
      case .text: continue
      case .cluster: return "metadata.name"
      case .environment: return "spec.environment"
      case .label(let key): return "metadata.labels[\"\(key)\"]"
      }
    }
    return ""
  }
}

extension AppDeclaration {
  /// The directories that may hold the app's overlay for a cluster, from the root of the repository; the first that
  /// exists is the one to build. Errors have the app's address.
  public func overlayCandidates(for cluster: ClusterDeclaration) throws(FleetError) -> [TreePath] {
    var candidates: [TreePath] = []
    for (index, text) in overlays.enumerated() {
      let address = FleetError.Address(file: file.description, field: "spec.overlays[\(index)]", app: name)
      do {
        let path = try OverlayPattern(text).path(for: cluster, below: directory)
        if let path, !candidates.contains(path) { candidates.append(path) }
      } catch {
        throw error.within(address)
      }
    }
    return candidates
  }
}
