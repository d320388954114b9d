import Manifests

/// Reads one pipeline of `fleet.yaml`.
struct PipelineReader {
  let log: ErrorLog
  /// nil when they are not known, so that nothing is checked against them.
  let environments: [String]?

  func read(_ field: Field, name: String) -> Pipeline? {
    field.map(log) { fields in
      let stages = fields.required("stages").map(stages) ?? []
      let onFailure: Pipeline.OnFailure? = fields.optional("onFailure", Field.chosen)
      let onNewRelease: Pipeline.OnNewRelease? = fields.optional("onNewRelease", Field.chosen)
      return Pipeline(
        name: name, stages: stages, onFailure: onFailure ?? .halt, onNewRelease: onNewRelease ?? .supersede,
        minStageInterval: fields.optional("minStageInterval", Field.span) ?? .zero)
    }
  }

  private func stages(_ field: Field) -> [Stage] {
    var stages: [Stage] = []
    let read = field.list(log, upTo: FleetLimits.stages) { element -> Stage? in
      guard let stage = StageReader(log: log, environments: environments).read(element) else { return nil }
      if stages.contains(where: { $0.name == stage.name }) {
        log.add(element.error("a second stage of the name \(stage.name)", code: .duplicateName))
      }
      checkOrder(stage, after: stages, element)
      stages.append(stage)
      return stage
    }
    if let read, read.isEmpty, field.value.array?.isEmpty == true { log.add(field.error("no stages")) }
    return stages
  }

  /// The order of `environments` is the order of promotion; a pipeline may leave some out but not turn it round.
  private func checkOrder(_ stage: Stage, after earlier: [Stage], _ field: Field) {
    guard let environment = stage.environment, let rank = environments?.firstIndex(of: environment) else { return }
    let later = earlier.compactMap(\.environment).first { (environments?.firstIndex(of: $0) ?? -1) > rank }
    guard let later else { return }
    log.add(
      field.error(
        "the stage of \(environment) comes after that of \(later)",
        nextStep: "put the stages in the order of spec.environments, or change that"))
  }
}

extension Stage {
  fileprivate var environment: String? {
    if case .environment(let name) = members { name } else { nil }
  }
}

/// Reads one stage of a pipeline.
struct StageReader {
  let log: ErrorLog
  let environments: [String]?

  func read(_ field: Field) -> Stage? {
    field.map(log) { fields in
      let given = fields.optional("name", Field.name)
      let members = members(&fields)
      var stage = Stage(name: "", members: members ?? .environment(""))
      conditions(&fields, &stage)
      times(&fields, &stage)
      guard let members, let name = given ?? self.name(of: members, &fields) else { return nil }
      stage.name = name
      return stage
    }
  }

  private func members(_ fields: inout MapReader) -> Stage.Members? {
    let environment = fields.optional("environment")
    let selector = fields.optional("clusterSelector")
    switch (environment, selector) {
    case (let environment?, nil):
      return environment.environment(among: environments, log).map(Stage.Members.environment)
    case (nil, let selector?): return selector.labelSelector(log).map(Stage.Members.selector)
    case (nil, nil):
      log.add(fields.field.error("neither environment nor clusterSelector", code: .missingField))
    case (_?, let selector?):
      log.add(selector.error("both environment and clusterSelector", nextStep: "remove one of them"))
    }
    return nil
  }

  private func name(of members: Stage.Members, _ fields: inout MapReader) -> String? {
    if case .environment(let name) = members { return name }
    return fields.required("name", Field.name)
  }

  private func conditions(_ fields: inout MapReader, _ stage: inout Stage) {
    stage.approvalBefore = fields.optional("approval", Field.approval) ?? false
    stage.approvalAfter = fields.optional("approvalAfter", Field.approval) ?? false
    stage.waves = fields.optional("waves").flatMap(waves) ?? StageDefaults.waves
    stage.maxConcurrent = fields.optional("maxConcurrent", Field.width)
    stage.maxFailures = fields.optional("maxFailures", Field.widthOrNone) ?? StageDefaults.maxFailures
    stage.minAvailable = fields.optional("minAvailable", Field.widthOrNone) ?? StageDefaults.minAvailable
    stage.analysis = fields.optional("analysis").map(AnalysisReader(log: log).list) ?? []
  }

  private func times(_ fields: inout MapReader, _ stage: inout Stage) {
    stage.pullDeadline = fields.optional("pullDeadline", Field.deadline) ?? StageDefaults.pullDeadline
    stage.progressDeadline = fields.optional("progressDeadline", Field.deadline) ?? StageDefaults.progressDeadline
    stage.soak = fields.optional("soak", Field.span) ?? StageDefaults.soak
    stage.offlinePolicy = fields.optional("offlinePolicy", Field.chosen) ?? .excludeAndCatchUp
  }

  /// Cumulative widths: as far as two can be compared without knowing the number of clusters, the later is the wider.
  private func waves(_ field: Field) -> [Width]? {
    var widest: (count: Int, percent: Int) = (0, 0)
    let waves = field.list(log, upTo: FleetLimits.waves) { element -> Width? in
      guard let width = element.read(log, Field.width) else { return nil }
      let grows: Bool
      switch width {
      case .count(let count):
        grows = count > widest.count
        widest.count = count
      case .percent(let percent):
        grows = percent > widest.percent
        widest.percent = percent
      }
      if !grows { log.add(element.error("not wider than the wave before", nextStep: "waves are cumulative")) }
      return width
    }
    if waves?.isEmpty == true, field.value.array?.isEmpty == true { log.add(field.error("no waves")) }
    return waves
  }
}
