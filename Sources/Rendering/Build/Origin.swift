import Manifests

/// Where an object, generator or transformer comes from, as `buildMetadata` writes it into annotations.
struct Origin: Sendable {
  static let annotation = "config.kubernetes.io/origin"
  static let transformationsAnnotation = "alpha.config.kubernetes.io/transformations"

  /// The generator or transformer that made or changed an object.
  struct Configuration: Sendable {
    var file: String
    var apiVersion: String
    var kind: String
    var name = ""
    var namespace = ""
  }

  /// Relative to the directory that is built.
  var path = ""
  var configuration: Configuration?

  /// The origin of what is at a path relative to this one.
  func appending(_ text: String) -> Origin {
    var parts: [Substring] = []
    for part in "\(path)/\(text)".split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
    }
    return Origin(path: parts.joined(separator: "/"))
  }

  /// What an object was made or changed by, where a kustomization in this place says so with a field of its own.
  func builtIn(_ kind: String, in file: String) -> Origin {
    Origin(configuration: Configuration(file: appending(file).path, apiVersion: "builtin", kind: kind))
  }

  /// As YAML, the lines of the annotation.
  var lines: [String] {
    var lines: [String] = []
    func add(_ indent: String, _ key: String, _ text: String) {
      if !text.isEmpty { lines.append("\(indent)\(key): \(Origin.quoted(text))") }
    }
    add("", "path", path)
    if let configuration {
      add("", "configuredIn", configuration.file)
      lines.append("configuredBy:")
      add("  ", "apiVersion", configuration.apiVersion)
      add("  ", "kind", configuration.kind)
      add("  ", "name", configuration.name)
      add("  ", "namespace", configuration.namespace)
    }
    return lines
  }

  /// The text as go-yaml writes it.
  private static func quoted(_ text: String) -> String {
    guard YAMLTree.Scalar.needsQuotes(text) else { return text }
    // What would be read as something else stands in double quotes, what would not be read at all in single ones.
    if YAMLTree.Scalar.isTextWithoutQuotes(text) {
      return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
    return "\"\(text)\""
  }

  /// The whole annotation.
  var text: String { lines.map { $0 + "\n" }.joined() }

  /// As an element of a list.
  var listText: String {
    lines.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 + "\n" }.joined()
  }
}

extension Origin {
  /// What an earlier build has noted in an object's annotations of what had changed it.
  static func list(in resource: Resource) throws(FleetError) -> [Origin] {
    guard let text = resource.tree.value(at: "metadata", "annotations")?[transformationsAnnotation]?.text else {
      return []
    }
    let address = resource.address
    let document = try? YAML.parse(Array(text.utf8), file: address.file ?? "", dialect: .settings).first
    guard let elements = document?.value.array else {
      throw FleetError(
        .invalidManifest, "the annotation \(transformationsAnnotation) is no list of what changed the object",
        at: address,
        nextStep: "take the annotation away: a build writes it anew")
    }
    return elements.map { Origin($0) }
  }

  private init(_ value: Value) {
    path = value["path"]?.string ?? ""
    guard let by = value["configuredBy"] else { return }
    configuration = Configuration(
      file: value["configuredIn"]?.string ?? "", apiVersion: by["apiVersion"]?.string ?? "",
      kind: by["kind"]?.string ?? "", name: by["name"]?.string ?? "", namespace: by["namespace"]?.string ?? "")
  }
}

extension ResourceList {
  /// Notes where objects come from that do not know yet.
  mutating func setOrigin(_ origin: Origin?) {
    guard let origin else { return }
    for index in resources.indices where resources[index].origin == nil { resources[index].origin = origin }
  }

  /// Notes that a transformer has run. An object without an origin was made by it.
  mutating func noteTransformation(_ origin: Origin) {
    for index in resources.indices {
      if resources[index].origin == nil {
        resources[index].origin = origin
      } else {
        resources[index].transformations += origin.listText
      }
    }
  }
}
