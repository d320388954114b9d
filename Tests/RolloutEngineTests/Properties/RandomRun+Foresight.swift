import FleetModel
import Manifests

@testable import RolloutEngine
@testable import RolloutRules

// What a plan said of a release is what comes of it.

extension RandomRun {
  /// What a preview says of an event that renders a release; nil for any other.
  func foresee(_ event: RolloutEvent) -> Result<ReleaseForecast, FleetError>? {
    guard case .releaseRendered(let rendered) = event else { return nil }
    var preview = RolloutPreview(of: engine, at: now)
    return Result { () throws(FleetError) in try preview.foresee(rendered) }
  }

  mutating func check(_ foreseen: Result<ReleaseForecast, FleetError>?, _ outcome: RolloutOutcome) throws {
    try checkWaiting(outcome)
    switch foreseen {
    case nil: return
    case .failure(let error):
      try hold(outcome.refusal == error, "a release is refused as a plan said", "\(error) \(outcome)")
    case .success(let forecast):
      try checkCourse(forecast, outcome)
      try checkStages(forecast)
      waiting[forecast.app] = forecast.course == .waits ? forecast : nil
    }
  }

  private func checkCourse(_ forecast: ReleaseForecast, _ outcome: RolloutOutcome) throws {
    let rule = "what a plan said of a release is what comes of it"
    let status = engine.status(ofApp: forecast.app)
    let started = outcome.transitions.compactMap { transition -> String? in
      guard case .rollout(let id, let app) = transition.subject, app == forecast.app else { return nil }
      return transition.from == "Planned" ? id : nil
    }
    let superseded = outcome.transitions.compactMap { transition -> String? in
      guard case .rollout(let id, let app) = transition.subject, app == forecast.app else { return nil }
      return transition.to == "Superseded" ? id : nil
    }
    switch forecast.course {
    case .starts:
      try hold(started == [forecast.rollout?.id], rule, "\(started) \(forecast)")
      try hold(status?.rollout == forecast.rollout, rule, "\(String(describing: status?.rollout)) \(forecast)")
      if let id = forecast.supersedes?.id { try hold(superseded == [id], rule, "\(superseded) \(forecast)") }
    case .waits:
      try hold(started.isEmpty && superseded.isEmpty, rule, "\(started) \(forecast)")
      try hold(status?.queued?.release == forecast.rollout?.release, rule, "\(String(describing: status)) \(forecast)")
      try hold(status?.queued?.reason == forecast.reason, rule, "\(String(describing: status)) \(forecast)")
    case .held, .nothing: try hold(started.isEmpty && superseded.isEmpty, rule, "\(started) \(forecast)")
    }
    try hold(status?.holds ?? [] == forecast.holds, rule, "\(String(describing: status?.holds)) \(forecast)")
  }

  /// The stages' numbers are those of their clusters.
  private func checkStages(_ forecast: ReleaseForecast) throws {
    let rule = "the numbers of a plan's stages are those of their clusters"
    guard let rollout = forecast.rollout else { return try hold(forecast.stages.isEmpty, rule, "\(forecast)") }
    try hold(rollout.stages.map(\.name) == forecast.stages.map(\.rules.name), rule, "\(forecast)")
    for (status, stage) in zip(rollout.stages, forecast.stages) {
      let skipped = status.clusters.filter { if case .skipped = $0.state { true } else { false } }
      try hold(
        stage.members >= stage.changes && stage.changes <= status.clusters.count - skipped.count, rule, "\(stage)")
      try hold(stage.members == stage.changes + status.counts.unchanged + status.counts.held, rule, "\(stage)")
      // A stage that passes at once gives those outside everything, or nothing, as it starts.
      let outside = status.clusters.filter { cluster in
        guard cluster.isOutside else { return false }
        guard status.state == .succeeded else { return cluster.state == .pending }
        return engine.apps[forecast.app]?.gaveOutside(cluster.cluster, by: rollout.id, engine.ground) == true
      }
      try hold(stage.outside == outside.count, rule, "\(stage) \(outside)")
      try hold(stage.frozen + stage.suspended + stage.dependent <= 3 * stage.changes, rule, "\(stage)")
      try hold((stage.frozen > 0) == (stage.freeze != nil), rule, "\(stage)")
      try hold(stage.waves == stage.waves.sorted() && !stage.waves.isEmpty, rule, "\(stage)")
    }
  }

  /// A release that waited starts by the rules that were foreseen when it came.
  private mutating func checkWaiting(_ outcome: RolloutOutcome) throws {
    for (app, forecast) in waiting {
      let isQueued = engine.apps[app]?.queued?.digest == forecast.rollout?.release
      if isQueued { continue }
      waiting[app] = nil
      let hasStarted = outcome.transitions.contains { transition in
        if case .rollout(_, app) = transition.subject { transition.from == "Planned" } else { false }
      }
      // One that an operator promotes goes only as far as that.
      guard hasStarted, let rollout = engine.apps[app]?.current, rollout.promotedTo == nil,
        rollout.digest == forecast.rollout?.release
      else { continue }
      try hold(
        rollout.strategy.stages == forecast.stages.map(\.rules),
        "a release that waited starts by the rules that were foreseen", "\(rollout.strategy) \(forecast)")
    }
  }
}
