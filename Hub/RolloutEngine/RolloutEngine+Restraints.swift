internal import FleetModel

// What operators hold back, let go and take back, once it was admitted: Docs/rollouts.md, "Holds" and after.

extension RolloutEngine {
  mutating func overrideFreeze(_ id: String, _ name: String, _ actor: String, _ step: inout Step) {
    guard let app = RolloutEngine.app(ofRollout: id) else { return }
    apps[app]?.withCurrent { app, rollout in
      guard let index = rollout.strategy.stage(named: name) else { return }
      rollout.stages[index].freezeOverride = StageTrack.Approval(actor: actor, time: step.now)
      rollout.stages[index].lane.rules.freezes = []
      if app.verified[name]?.rollout == id { app.verified[name]?.rules.freezes = [] }
      rollout.stages[index].lane.requeueAll(&step)
      step.changed = true
      step.touch(app.app)
    }
  }

  mutating func rollBack(_ name: String, _ stage: String?, _ width: Width?, _ act: OperatorAct, _ step: inout Step) {
    guard var app = apps.removeValue(forKey: name) else { return }
    app.withCurrent { app, rollout in
      app.rollBack(&rollout, rollout.cause(of: act, stage, width), &ground, &step)
    }
    step.touch(name)
    apps[name] = app
  }

  mutating func hold(
    _ name: String, _ digests: [AppDigest], _ stages: [String], _ act: OperatorAct, _ step: inout Step
  ) {
    guard var app = apps.removeValue(forKey: name) else { return }
    app.holds.append(
      Hold(
        number: app.nextHold, isAutomatic: false, stages: Set(stages), digests: Set(digests), clusters: [:],
        actor: act.actor, reason: act.reason, rollout: nil, time: step.now))
    app.nextHold += 1
    step.changed = true
    step.touch(name)
    app.enforceHolds(&ground, &step)
    apps[name] = app
  }

  mutating func liftHold(_ number: Int, of name: String, _ step: inout Step) {
    guard var app = apps.removeValue(forKey: name) else { return }
    app.holds.removeAll { $0.number == number }
    step.changed = true
    app.startLatest(&ground, &step)
    // Who joined while it was held got nothing, and no rollout knows it.
    for cluster in ground.members.keys.sorted() where app.isUnknown(cluster) {
      if let member = ground.members[cluster]?.facts { app.join(member, &step) }
    }
    apps[name] = app
  }

  mutating func promote(_ promoted: PromotedRelease, to stage: String, _ step: inout Step) {
    let name = promoted.release.app
    guard var app = apps.removeValue(forKey: name) else { return }
    app.promote(promoted, to: stage, &ground, &step)
    apps[name] = app
  }

  mutating func suspend(_ scope: SuspensionScope, _ act: OperatorAct, _ step: inout Step) {
    let covered = clusters(in: scope).filter { ground.suspension(of: $0) == nil }
    let suspension = Suspension(actor: act.actor, reason: act.reason, time: step.now)
    ground.suspensions[scope] = suspension
    step.changed = true
    if case .app(let name) = scope {
      apps[name]?.withCurrent { $1.pause(.suspension, suspension.words, &step) }
    }
    for cluster in covered { followSuspension(of: cluster, &step) }
  }

  mutating func unsuspend(_ scope: SuspensionScope, _ by: String, _ step: inout Step) {
    ground.suspensions[scope] = nil
    step.changed = true
    if case .app(let name) = scope {
      apps[name]?.withCurrent { $1.resume(.suspension, "resumed \(by)", &step) }
      step.touch(name)
    }
    for cluster in clusters(in: scope) where ground.suspension(of: cluster) == nil {
      followSuspension(of: cluster, &step)
    }
  }

  private func clusters(in scope: SuspensionScope) -> [ClusterUID] {
    switch scope {
    case .app: []
    case .cluster(let cluster): [cluster]
    case .environment(let name):
      ground.members.filter { $0.value.facts.environment == name }.keys.sorted()
    }
  }
}

extension Rollout {
  /// What an operator wants taken back.
  func cause(of act: OperatorAct, _ stage: String?, _ width: Width?) -> RollbackCause {
    let named = stage.flatMap { strategy.stage(named: $0) }
    return RollbackCause(
      actor: act.actor, reason: act.reason, isAutomatic: false, stages: named.map { [$0] } ?? Array(stages.indices),
      isOfStage: named.map { !stages[$0].hasBegun } ?? false, width: width)
  }
}

extension AppRollouts {
  /// Whether nobody has asked what the app is on the cluster, or the answer was held.
  fileprivate func isUnknown(_ cluster: ClusterUID) -> Bool {
    known[cluster] == nil && latest.clusters[cluster] == nil && awaiting[cluster] == nil
  }

  /// Rolls out a release of some time ago, up to a stage.
  mutating func promote(
    _ promoted: PromotedRelease, to stage: String, _ ground: inout Ground, _ step: inout Step
  ) {
    var strategy = Strategy(plan)
    guard let last = strategy.stage(named: stage) else { return }
    let release = promotedClusters(promoted.release, upTo: last, strategy, ground)
    strategy.stages = Array(strategy.stages.prefix(through: last))
    let given = Set(release.clusters.values)
    for index in holds.indices { holds[index].digests.subtract(given) }
    holds.removeAll { $0.digests.isEmpty }
    step.changed = true
    start(
      release, promoted.release.digest, strategy, promoted.guardedDeletions, promotedTo: stage, &ground, &step)
  }

  /// The part of a release that concerns the stages up to one.
  func promotedClusters(_ release: Release, upTo last: Int, _ strategy: Strategy, _ ground: Ground) -> Release {
    let clusters = release.clusters.filter { cluster, _ in
      ground.members[cluster].flatMap { strategy.stage(of: $0.facts) }.map { $0 <= last } ?? false
    }
    return Release(app: app, commit: release.commit, clusters: clusters)
  }
}
