public import FleetModel
public import Manifests

/// What would come of a commit before it is one: the engine itself answers, on a copy that nothing follows from.
///
///     var preview = RolloutPreview(of: engine, at: now)
///     try preview.take(.freezesChanged(windows))
///     let forecast = try preview.foresee(.releaseRendered(rendered))
public struct RolloutPreview: Sendable {
  /// As it would be by now.
  public private(set) var engine: RolloutEngine
  private let instant: Timestamp

  /// - Parameter instant: when everything is taken to happen.
  public init(of engine: RolloutEngine, at instant: Timestamp) {
    self.engine = engine
    self.instant = instant
  }

  /// Lets something happen that is no release: members that join, change or leave, and windows.
  public mutating func take(_ event: RolloutEvent) throws(FleetError) {
    if let error = engine.handle(event, at: instant).refusal { throw error }
  }

  /// Lets a release be rendered, and says what comes of it. What is foreseen of the next one takes it into account.
  public mutating func foresee(_ rendered: RenderedRelease) throws(FleetError) -> ReleaseForecast {
    let app = rendered.release.app
    let before = engine.apps[app]
    try take(.releaseRendered(rendered))
    return forecast(of: app, since: before)
  }

  /// Lets a commit be looked at that changes nothing of an app but, perhaps, its plan.
  public mutating func foresee(app: String, commit: String, plan: AppPlan) throws(FleetError) -> ReleaseForecast {
    let before = engine.apps[app]
    try take(.commitObserved(app: app, commit: commit, plan))
    return forecast(of: app, since: before)
  }

  private func forecast(of app: String, since before: AppRollouts?) -> ReleaseForecast {
    var forecast = ReleaseForecast(
      app: app, isNew: before == nil, course: .nothing, reason: "every cluster has it, or is getting it", stages: [],
      liftedHolds: [], holds: [])
    guard let after = engine.apps[app] else { return forecast }
    let kept = Set(after.holds.map(\.number))
    forecast.liftedHolds = (before?.status(engine.ground, withClusters: false).holds ?? []).filter {
      !kept.contains($0.number)
    }
    forecast.holds = after.status(engine.ground, withClusters: false).holds
    if let rollout = after.current, rollout.id != before?.current?.id {
      forecast.describe(.starts, rollout, after, engine)
    } else if let queued = after.queued, queued != before?.queued, let started = engine.startingWhatWaits(of: app) {
      forecast.describe(.waits, started.rollout, started.app, started.engine)
      forecast.reason = after.queueReason ?? ""
    } else if after.isKeptBack(engine.ground) {
      forecast.course = .held
      forecast.reason = "what it says is held"
    } else if let reason = after.queueReason {
      forecast.reason = "what it says \(reason)"
    } else if let rollout = after.current, !rollout.state.isEnded {
      forecast.reason = "\(rollout.id) is \(rollout.state) with what it says"
    }
    if forecast.course == .starts || after.queued?.waitsForEnd == false, let old = before?.current,
      !old.state.isEnded, forecast.rollout != nil
    {
      forecast.supersedes = before?.status(of: old, engine.ground, withClusters: false)
    }
    return forecast
  }
}

extension ReleaseForecast {
  fileprivate mutating func describe(
    _ course: Course, _ rollout: Rollout, _ app: AppRollouts, _ engine: RolloutEngine
  ) {
    self.course = course
    reason = rollout.startReason
    self.rollout = app.status(of: rollout, engine.ground, withClusters: true)
    stages = app.forecasts(of: rollout, engine.ground)
  }
}

extension AppRollouts {
  /// Whether what Git asks for is kept from every cluster that it would change.
  fileprivate func isKeptBack(_ ground: Ground) -> Bool { holdsAllOf(latest, Strategy(plan), ground) }
}

extension RolloutEngine {
  /// The rollout of a release that waits, as if it waited no longer, before anybody is offered anything.
  fileprivate func startingWhatWaits(
    of name: String
  ) -> (engine: RolloutEngine, app: AppRollouts, rollout: Rollout)? {
    var copy = self
    guard let next = copy.apps[name]?.queued else { return nil }
    var step = Step(now: clock)
    copy.apps[name]?.queued = nil
    copy.apps[name]?.start(next.release, next.digest, next.strategy, next.guarded, &copy.ground, &step)
    guard let app = copy.apps[name], let rollout = app.current, rollout.digest == next.digest else { return nil }
    return (copy, app, rollout)
  }
}
