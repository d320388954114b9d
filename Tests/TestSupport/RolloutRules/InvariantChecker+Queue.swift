import FleetModel
import RolloutEngine

// Releases that wait for the rollout under way.

extension InvariantChecker {
  /// Why a release has to wait; nil when it has not.
  private func waitsFor(_ rendered: Rendered, _ app: String, stateOf id: String?, is state: String?) -> String? {
    guard let id, let state, let run = runs[id] else { return nil }
    if state == "Running" || state == "Paused", rendered.plans[0].pipeline.onNewRelease == .queue {
      return "\(id) is \(state)"
    }
    let interval = rendered.plans.map(\.pipeline.minStageInterval).max() ?? .zero
    if now.since(run.startedAt) < interval, !["Failed", "Aborted", "RolledBack"].contains(state) {
      return "\(id) started at \(run.startedAt)"
    }
    return nil
  }

  /// Called before the rollout that starts is the app's last.
  func checkMayStart(_ rendered: Rendered, _ app: String) throws {
    guard let last = current[app], let run = runs[last] else { return }
    if let reason = waitsFor(rendered, app, stateOf: last, is: run.supersededFrom ?? run.state) {
      throw Violation("a queued release starts only when it may", "\(app): \(reason)")
    }
  }

  /// After every step: what waits has a reason to.
  mutating func checkQueue(_ event: RolloutEvent, _ engine: RolloutEngine) throws {
    let statuses = Dictionary(engine.appStatuses.map { ($0.app, $0) }) { $1 }
    for app in plans.keys.sorted() {
      guard let waiting = statuses[app]?.queued else {
        queued[app] = nil
        continue
      }
      if queued[app]?.release.commit != waiting.commit {
        try hold(latest[app]?.release.commit == waiting.commit, "what waits is Git's last release", "\(waiting)")
        queued[app] = latest[app]
        // It was rendered before, and comes again as a hold is lifted: by the plan in force.
        if !event.renders(app), let plan = plans[app] { queued[app]?.plans = [plan] }
      }
      guard let release = queued[app], let id = current[app] else { throw Violation("what waits waits for something") }
      try hold(
        leavesDue || waitsFor(release, app, stateOf: id, is: runs[id]?.state) != nil,
        "a queued release starts when it may", "\(waiting)")
    }
    guard case .releaseRendered(let event) = event else { return }
    try checkNothingIsLost(event.release)
  }

  /// A release that changes something runs, or waits, or is held.
  private func checkNothingIsLost(_ release: Release) throws {
    let app = release.app
    guard let id = current[app], let run = runs[id], !run.isPromotion, run.commit != release.commit,
      queued[app]?.release.commit != release.commit
    else { return }
    for (cluster, digest) in release.clusters.sorted(by: { $0.key < $1.key }) {
      guard let member = members[cluster], let index = run.stageOf[cluster], let target = run.targets[cluster] else {
        continue
      }
      let hasMoved = run.stages.firstIndex(of: member.facts.environment) != index
      if hasMoved, isOutside(cluster), assigned[Spot(app: app, cluster: cluster)] == nil { continue }
      // Who left, or moved before it took anything, joins.
      if target == digest || holds[app]?.isEmpty == false || run.clusters[cluster] == "Skipped(Removed)" { continue }
      throw Violation(
        "a release that changes something starts or waits", "\(app)@\(release.commit) \(cluster) \(index)")
    }
  }
}

extension RolloutEvent {
  fileprivate func renders(_ app: String) -> Bool {
    if case .releaseRendered(let rendered) = self { rendered.release.app == app } else { false }
  }
}
