import Manifests

/// Reads an `app.yaml`.
struct AppReader {
  static let file = "app.yaml"

  let log: ErrorLog
  /// nil when they are not known, so that nothing is checked against them.
  let pipelines: Set<String>?

  /// What a file says, as far as it can be read.
  struct Reading {
    /// nil when the file has errors.
    var declaration: AppDeclaration?
    /// Where errors about the app's pipeline belong.
    var pipelineField: Field?
    /// Each app that this one depends on, and where it says so.
    var dependencies: [(name: String, field: Field)] = []
  }

  /// - Parameter directory: the app's directory, whose name is the app's.
  func read(_ document: Document, _ file: TreePath, in directory: TreePath) -> Reading {
    var reading = Reading()
    let before = log.count
    let parts = document.read(
      metadata: { name(&$0, of: directory.name) },
      spec: { fields -> AppDeclaration? in
        var app = AppDeclaration(name: directory.name, overlays: [], directory: directory, file: file)
        rendering(&fields, &app)
        rollout(&fields, &app, &reading)
        app.policy = policy(&fields, dependsOn: reading.dependencies.map(\.name))
        return app
      })
    guard log.count == before, parts.metadata != nil else { return reading }
    reading.declaration = parts.spec
    return reading
  }

  private func name(_ fields: inout MapReader, of directory: String) -> String? {
    guard let field = fields.required("name"), let name = field.read(log, Field.name) else { return nil }
    if name != directory {
      log.add(
        field.error(
          "not the name of the app's directory, which is \(directory)", nextStep: "rename the directory to \(name)"))
    }
    return name
  }

  private func rendering(_ fields: inout MapReader, _ app: inout AppDeclaration) {
    app.clusterSelector = fields.optional("clusterSelector")?.labelSelector(log)
    app.overlays = fields.required("overlays").flatMap(overlays) ?? []
    app.substitute = fields.optional("substitute", Field.bool) ?? false
    app.namespace = fields.optional("namespace", Field.namespace) ?? ""
  }

  private func overlays(_ field: Field) -> [String]? {
    let overlays = field.list(log, upTo: FleetLimits.overlays) { $0.read(log, Field.overlay) }
    if overlays?.isEmpty == true, field.value.array?.isEmpty == true { log.add(field.error("no overlays")) }
    return overlays
  }

  private func rollout(_ fields: inout MapReader, _ app: inout AppDeclaration, _ reading: inout Reading) {
    let field = fields.optional("pipeline")
    reading.pipelineField = field ?? fields.field
    app.pipeline = field.map { pipeline($0) } ?? Pipeline.standardName
    app.gate = fields.optional("gate", Field.chosen) ?? .healthy
    reading.dependencies = fields.optional("dependsOn").map(dependencies) ?? []
  }

  private func pipeline(_ field: Field) -> String {
    guard let name = field.read(log, Field.name) else { return "" }
    guard let pipelines, !pipelines.contains(name) else { return name }
    let known = pipelines.sorted()
    log.add(
      field.error(
        "no such pipeline", code: .unknownReference,
        nextStep: Suggestion.closest(to: name, among: known).map { "did you mean \($0)?" }
          ?? "fleet.yaml has \(known.prefix(FleetLimits.namesListed).joined(separator: ", "))"))
    return name
  }

  /// In the order of their names: another order means the same, so it must not make another digest.
  private func dependencies(_ field: Field) -> [(name: String, field: Field)] {
    var found: [(name: String, field: Field)] = []
    _ = field.list(log, upTo: FormatLimits.dependencies) { element -> String? in
      guard let name = element.read(log, Field.name) else { return nil }
      if found.contains(where: { $0.name == name }) {
        log.add(element.error("the app stands twice", code: .duplicateName))
      } else {
        found.append((name, element))
      }
      return name
    }
    return found.sorted { $0.name < $1.name }
  }
}

extension AppReader {
  private func policy(_ fields: inout MapReader, dependsOn: [String]) -> AppPolicy {
    let conflicts: AppPolicy.Conflicts? = fields.optional("conflicts", Field.chosen)
    return AppPolicy(
      prune: fields.optional("prune", Field.bool) ?? true, selfHeal: fields.optional("selfHeal", Field.bool) ?? true,
      conflicts: conflicts ?? .take,
      ignore: fields.optional("ignoreDifferences")?.list(log, upTo: FormatLimits.policyRules, ignored) ?? [],
      dependsOn: dependsOn,
      health: fields.optional("health")?.list(log, upTo: FormatLimits.policyRules, healthRule) ?? [])
  }

  private func ignored(_ field: Field) -> AppPolicy.IgnoredDifference? {
    field.map(log) { fields in
      let group = fields.optional("group", Field.expression) ?? ""
      let kind = fields.required("kind", Field.words)
      let pointers = fields.required("jsonPointers")?.list(log, upTo: FormatLimits.pointers) {
        $0.read(log, Field.jsonPointer)
      }
      guard let kind, let pointers else { return nil }
      return AppPolicy.IgnoredDifference(group: group, kind: kind, jsonPointers: pointers)
    }
  }

  private func healthRule(_ field: Field) -> AppPolicy.HealthRule? {
    field.map(log) { fields in
      let group = fields.optional("group", Field.expression) ?? ""
      let kind = fields.required("kind", Field.words)
      let inProgress = fields.optional("inProgress", Field.condition) ?? ""
      let failed = fields.optional("failed", Field.condition) ?? ""
      let healthy = fields.required("healthy", Field.condition)
      guard let kind, let healthy else { return nil }
      return AppPolicy.HealthRule(group: group, kind: kind, inProgress: inProgress, failed: failed, healthy: healthy)
    }
  }
}

extension Field {
  fileprivate func namespace() throws(FleetError) -> String {
    try text("a namespace: small letters, digits and '-', at most 63") { Names.isLabel($0[...]) ? $0 : nil }
  }

  fileprivate func jsonPointer() throws(FleetError) -> String {
    try text("a JSON pointer such as /spec/replicas", upTo: FormatLimits.expressionBytes) {
      $0.isJSONPointer ? $0 : nil
    }
  }

  /// An expression of a health rule, which can be compiled.
  fileprivate func condition() throws(FleetError) -> String {
    let text = try nonEmptyString(upTo: FormatLimits.expressionBytes)
    do {
      return try HealthExpression(text).text
    } catch {
      throw self.error(error.message, code: .invalidExpression)
    }
  }

  /// A candidate for an overlay, as it is written.
  fileprivate func overlay() throws(FleetError) -> String {
    let text = try nonEmptyString(upTo: FleetLimits.overlayBytes)
    do {
      _ = try OverlayPattern(text)
    } catch {
      throw self.error(error.message, nextStep: error.nextStep)
    }
    return text
  }
}

extension String {
  /// RFC 6901, without the pointer to the whole.
  fileprivate var isJSONPointer: Bool {
    guard hasPrefix("/") else { return false }
    // Every ~ is an escape: ~0 for itself, ~1 for a slash.
    return split(separator: "~", omittingEmptySubsequences: false).dropFirst().allSatisfy {
      $0.hasPrefix("0") || $0.hasPrefix("1")
    }
  }
}
