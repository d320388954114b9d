import Manifests

/// Reads `fleet.yaml`.
struct FleetReader {
  static let file = "fleet.yaml"

  let log: ErrorLog
  let isTimeZone: (String) -> Bool

  /// What the file says, as far as it can be read.
  struct Reading {
    /// nil when the file has errors.
    var declaration: FleetDeclaration?
    /// nil when they cannot be read, so that nothing is checked against them.
    var environments: [String]?
    var pipelines: Set<String>?
    var layout = FleetDeclaration.Layout.standard
    /// Where errors about the layout belong.
    var layoutField: Field?
    /// What charts are rendered for, for clusters that do not say.
    var kubernetes = ClusterDeclaration.Kubernetes.unpinned
  }

  func read(_ document: Document) -> Reading {
    var reading = Reading()
    let before = log.count
    let parts = document.read(metadata: { $0.required("name", Field.name) }, spec: { spec(&$0, &reading) })
    guard log.count == before, let name = parts.metadata, var declaration = parts.spec else { return reading }
    declaration.name = name
    reading.declaration = declaration
    return reading
  }

  private func spec(_ spec: inout MapReader, _ reading: inout Reading) -> FleetDeclaration {
    let environments = spec.required("environments").flatMap { field in log.whole { self.environments(field) } }
    reading.environments = environments
    reading.layoutField = spec.field
    if let field = spec.optional("layout") {
      reading.layoutField = field
      reading.layout = layout(field)
    }
    let pipelines = spec.optional("pipelines").map { self.pipelines($0, environments) } ?? [:]
    reading.pipelines = Set(pipelines.keys).union([Pipeline.standardName])
    let freezes = spec.optional("freezes")?.list(log, upTo: FleetLimits.freezes) { freeze($0, environments) }
    if let kubernetes = spec.optional("kubernetes")?.kubernetes(over: .unpinned, log) {
      reading.kubernetes = kubernetes
    }
    let namespaces = spec.optional("namespaces").flatMap(namespaces)
    let signatures = spec.optional("git").flatMap(commitSignatures)
    return FleetDeclaration(
      name: "", environments: environments ?? [], layout: reading.layout,
      pipelines: [Pipeline.standardName: .standard(environments: environments ?? [])]
        .merging(pipelines.compactMapValues { $0 }) { $1 },
      freezes: freezes ?? [], namespaces: namespaces ?? FleetDeclaration.Namespaces(),
      commitSignatures: signatures ?? FleetDeclaration.CommitSignatures.none)
  }

  private func environments(_ field: Field) -> [String]? {
    var names: [String] = []
    let read = field.list(log, upTo: FleetLimits.environments) { element -> String? in
      guard let name = element.read(log, Field.name) else { return nil }
      if names.contains(name) {
        log.add(element.error("the environment stands twice", code: .duplicateName))
      } else {
        names.append(name)
      }
      return name
    }
    if read?.isEmpty == true, names.isEmpty { log.add(field.error("no environments")) }
    return names
  }

  private func layout(_ field: Field) -> FleetDeclaration.Layout {
    let standard = FleetDeclaration.Layout.standard
    return field.map(log) { fields in
      let clusters = fields.optional("clusters", Field.directory) ?? standard.clusters
      let apps = fields.optional("apps", Field.directory) ?? standard.apps
      if clusters.isWithin(apps) || apps.isWithin(clusters) {
        log.add(fields.field.error("one of the directories lies in the other"))
      }
      return FleetDeclaration.Layout(clusters: clusters, apps: apps)
    } ?? standard
  }

  private func namespaces(_ field: Field) -> FleetDeclaration.Namespaces? {
    field.map(log) { fields in
      var namespaces = FleetDeclaration.Namespaces()
      if let undeclared: FleetDeclaration.Namespaces.Undeclared = fields.optional("undeclared", Field.chosen) {
        namespaces.undeclared = undeclared
      }
      let existing = fields.optional("existing")?.list(log, upTo: FleetLimits.namespaces) { $0.read(log, Field.name) }
      namespaces.existing = Set(existing ?? [])
      return namespaces
    }
  }

  /// The pipelines by their names, nil for one that has errors.
  private func pipelines(_ field: Field, _ environments: [String]?) -> [String: Pipeline?] {
    var pipelines: [String: Pipeline?] = [:]
    for entry in field.entries(log, upTo: FleetLimits.pipelines) ?? [] {
      guard Names.isLabel(entry.key[...]) else {
        log.add(
          FleetError(
            .invalidField, "not a name: small letters, digits and '-', at most 63", at: entry.keyAddress))
        continue
      }
      let reader = PipelineReader(log: log, environments: environments)
      pipelines[entry.key] = .some(log.whole { reader.read(entry.field, name: entry.key) })
    }
    return pipelines
  }

  private func freeze(_ field: Field, _ environments: [String]?) -> Freeze? {
    field.map(log) { fields in
      let names = fields.required("environments")?.list(log, upTo: FleetLimits.environments) { element in
        element.environment(among: environments, log)
      }
      let kind: Freeze.Kind? = fields.optional("kind", Field.chosen)
      let schedule = fields.required("schedule", Field.schedule)
      let duration = fields.required("duration", Field.deadline)
      let timeZone = fields.optional("timeZone").map(timeZone) ?? "UTC"
      let reason = fields.optional("reason", Field.words) ?? ""
      guard let names, let schedule, let duration, let timeZone else { return nil }
      return Freeze(
        kind: kind ?? .deny, environments: names, schedule: schedule, duration: duration, timeZone: timeZone,
        reason: reason)
    }
  }

  private func timeZone(_ field: Field) -> String? {
    guard let name = field.read(log, Field.words) else { return nil }
    if Freeze.mayBeTimeZone(name), isTimeZone(name) { return name }
    log.add(field.error("no such time zone", nextStep: "write an IANA name such as UTC or Europe/Berlin"))
    return nil
  }

  private func commitSignatures(_ field: Field) -> FleetDeclaration.CommitSignatures? {
    field.map(log) { $0.optional("commitSignatures", Field.chosen) }
  }
}

extension FleetDeclaration.Layout {
  /// `clusters` and `apps`.
  public static let standard = FleetDeclaration.Layout(
    clusters: TreePath.root.appending("clusters") ?? .root, apps: TreePath.root.appending("apps") ?? .root)
}

extension Field {
  /// One of the fleet's environments; any name when they are not known.
  func environment(among environments: [String]?, _ log: ErrorLog) -> String? {
    guard let name = read(log, Field.name) else { return nil }
    guard let environments, !environments.contains(name) else { return name }
    log.add(
      error(
        "no such environment", code: .unknownReference,
        nextStep: Suggestion.closest(to: name, among: environments).map { "did you mean \($0)?" }
          ?? "fleet.yaml has \(environments.joined(separator: ", "))"))
    return nil
  }

  /// Cron's five fields.
  fileprivate func schedule() throws(FleetError) -> String {
    let text = try words()
    guard text.split(separator: " ").count == 5 else { throw error("not five fields as cron has them") }
    guard CronSchedule(text) != nil else {
      throw error(
        "no time fits it, or one of its five fields is not as cron has them",
        nextStep: "minute, hour, day of the month, month, day of the week: 0 18 * * FRI")
    }
    return text
  }
}
