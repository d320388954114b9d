internal import Digests
internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import Rendering
internal import RolloutEngine
public import Wire

// What a revision would do.

extension OperatorHandlers {
  public func planRevision(
    _ request: FlotillaV1.PlanRevisionRequest, _ responses: MessageWriter<FlotillaV1.PlanPart>, _ call: ServerCall
  ) async throws {
    _ = try await hub.access.require(call)
    let plan = try await hub.planner.plan(request.revision) { progress in
      try await responses.write(
        .init(part: .progress(.init(apps: Int64(progress.apps), appsDone: Int64(progress.appsDone)))))
    }
    try await responses.write(.init(part: .commit(.init(plan))))
    for app in plan.apps { try await responses.write(.init(part: .app(.init(app)))) }
    for group in plan.difference.groups { try await responses.write(.init(part: .change(.init(group)))) }
  }
}

extension FlotillaV1.PlannedCommit {
  init(_ plan: ReleasePlan) {
    self.init()
    commit = .init(plan.commit)
    inForce = plan.inForce.map { .init($0) }
    errors = plan.errors.map { .init($0) }
    refused = !plan.isWhole
    clusters = Int64(plan.clusters.declared)
    clustersEnrolled = Int64(plan.clusters.enrolled)
    clustersAdded = plan.clusters.added
    clustersRemoved = plan.clusters.removed
    clustersChanged = plan.clusters.changed
    clustersTouched = Int64(plan.difference.changedClusters)
  }
}

extension FlotillaV1.PlannedApp {
  init(_ app: ReleasePlan.App) {
    self.init()
    name = app.name
    removed = app.isRemoved
    errors = app.errors.map { .init($0) }
    warnings = app.warnings.map { .init($0) }
    course = app.errors.isEmpty ? .nothing : .broken
    if let plan = app.plan {
      dependsOn = plan.dependsOn
      onFailure = plan.pipeline.onFailure.rawValue
      onNewRelease = plan.pipeline.onNewRelease.rawValue
      minStageIntervalMs = plan.pipeline.minStageInterval.inMilliseconds
    }
    guard let forecast = app.forecast, app.errors.isEmpty else {
      if app.errors.isEmpty { reason = "it concerns no cluster that is enrolled" }
      return
    }
    course = .init(forecast.course)
    reason = forecast.reason
    added = forecast.isNew
    rollout = forecast.rollout.map { status in
      .init(rollout: .init(status), stages: status.stages.map { .init($0) }, unmatched: status.unmatched)
    }
    stages = forecast.stages.map { .init($0) }
    supersedes = forecast.supersedes.map { .init($0) }
    holdsLifted = forecast.liftedHolds.map { .init($0, of: app.name) }
    holds = forecast.holds.map { .init($0, of: app.name) }
  }
}

extension FlotillaV1.PlanCourse {
  init(_ course: ReleaseForecast.Course) {
    switch course {
    case .nothing: self = .nothing
    case .starts: self = .starts
    case .waits: self = .waits
    case .held: self = .held
    }
  }
}

extension FlotillaV1.PlannedStage {
  init(_ stage: StageForecast) {
    let rules = stage.rules
    self.init()
    name = rules.name
    members = Int64(stage.members)
    changes = Int64(stage.changes)
    approvalBefore = rules.approvalBefore
    approvalAfter = rules.approvalAfter
    waves = stage.waves.map { .init(clusters: Int64($0)) }
    maxConcurrent = Int64(stage.concurrency)
    maxFailures = Int64(stage.failureBudget)
    minAvailable = Int64(stage.neededAvailable)
    pullDeadlineMs = rules.pullDeadline.inMilliseconds
    progressDeadlineMs = rules.progressDeadline.inMilliseconds
    soakMs = rules.soak.inMilliseconds
    analyses = rules.analyses.map(\.name)
    offlinePolicy = rules.offlinePolicy.rawValue
    frozen = Int64(stage.frozen)
    freeze = stage.freeze ?? ""
    suspended = Int64(stage.suspended)
    dependent = Int64(stage.dependent)
    dependency = stage.dependency ?? ""
    outside = Int64(stage.outside)
  }
}

extension FlotillaV1.PlannedChange {
  /// Objects that are named: their ids are well below what a message may hold.
  private static let namedObjects = 1000

  init(_ group: FleetDifference.Group) {
    self.init()
    app = group.app
    let counts = Dictionary(grouping: group.places, by: \.environment).mapValues { Int64($0.count) }
    places = counts.sorted { $0.key.precedesInBytes($1.key) }.map { .init(environment: $0.key, clusters: $0.value) }
    objects = group.changes.prefix(Self.namedObjects).map { .init(id: $0.id.description, change: $0.kind.rawValue) }
    created = Int64(group.count(.created))
    changed = Int64(group.count(.changed))
    deleted = Int64(group.count(.deleted))
  }
}
