internal import FleetModel
internal import Manifests

// What is not legal of what operators hold back, let go and take back.

extension RolloutEngine {
  func admit(_ result: AnalysisResult) throws(FleetError) {
    let rollout = try rollout(result.rollout)
    guard let stage = rollout.stages.first(where: { $0.name.hasSameBytes(as: result.stage) }),
      stage.state == .analyzing, stage.analysis == nil, stage.analyses == result.number
    else {
      throw .illegal("nobody waits for analysis \(result.number) of stage \(result.stage) of \(result.rollout)")
    }
  }

  func admitOverride(of id: String, _ name: String, _ reason: String) throws(FleetError) {
    let rollout = try rollout(id)
    try require(reason, "overriding a freeze")
    guard let index = rollout.strategy.stage(named: name) else {
      throw .illegal("rollout \(id) has no stage \(name)")
    }
    let stage = rollout.stages[index]
    let app = apps[rollout.app]
    let toCome =
      stage.lane.tracks.filter { $0.value.state.isToCome }.map(\.key) + stage.outsideToCome
      + stage.outside.keys.filter { app?.outsiders[$0]?.due?.assignment.rollout == id }
    let isFrozen = toCome.contains { ground.freeze(of: $0, under: stage.lane.rules.freezes) != nil }
    guard isFrozen else { throw .illegal("no freeze holds up stage \(name) of rollout \(id)") }
    try require(rollout, in: [.running, .paused, .succeeded])
  }

  func admitRollback(
    of name: String, _ stage: String?, _ width: Width?, _ act: OperatorAct
  ) throws(FleetError) {
    try require(act.reason, "a rollback")
    let app = try app(name)
    guard let rollout = app.current else { throw .illegal("the app was never rolled out", app: name) }
    let cause = rollout.cause(of: act, stage, width)
    guard cause.isOfStage || rollout.state != .rolledBack else {
      throw .illegal(
        "rollout \(rollout.id) was rolled back already, and there is no rollback of a rollback", app: name,
        next: "commit a fix, or promote an older release with `flotilla promote`")
    }
    if let stage, rollout.strategy.stage(named: stage) == nil {
      throw .illegal("rollout \(rollout.id) has no stage \(stage)", app: name)
    }
    guard app.canRollBack(rollout, cause, ground) else {
      throw .illegal(
        "nothing that was verified before is there to go back to", app: name,
        next: "commit a fix, or promote an older release with `flotilla promote`")
    }
  }

  func admitHold(
    of name: String, _ digests: [AppDigest], _ stages: [String], _ reason: String
  ) throws(FleetError) {
    try require(reason, "a hold")
    let app = try app(name)
    guard !digests.isEmpty else { throw .illegal("no digest to hold", app: name) }
    for stage in stages where Strategy(app.plan).stage(named: stage) == nil {
      throw .illegal("the app's pipeline has no stage \(stage)", app: name)
    }
  }

  func admitLift(of number: Int, _ name: String) throws(FleetError) {
    guard try app(name).holds.contains(where: { $0.number == number }) else {
      throw .illegal("the app has no hold \(number)", app: name, next: "see `flotilla hold list \(name)`")
    }
  }

  func admitPromotion(_ promoted: PromotedRelease, _ stage: String) throws(FleetError) {
    let name = promoted.release.app
    let app = try app(name)
    let strategy = Strategy(app.plan)
    guard let last = strategy.stage(named: stage) else {
      throw .illegal("the app's pipeline has no stage \(stage)", app: name)
    }
    let part = app.promotedClusters(promoted.release, upTo: last, strategy, ground)
    guard part.clusters.contains(where: { !app.isSettled($0.key, on: $0.value, ground) }) else {
      throw .illegal("the release changes nothing up to stage \(stage)", app: name)
    }
  }

  func admitSuspension(of scope: SuspensionScope, _ reason: String) throws(FleetError) {
    try require(reason, "a suspension")
    guard ground.suspensions[scope] == nil else { throw .illegal("\(ground.name(of: scope)) is suspended already") }
    switch scope {
    case .app(let name): _ = try app(name)
    case .cluster(let cluster):
      guard ground.members[cluster] != nil else { throw .illegal("cluster \(cluster) is no member of the fleet") }
    case .environment: break
    }
  }

  private func app(_ name: String) throws(FleetError) -> AppRollouts {
    guard let app = apps[name] else { throw .illegal("no release of the app was rendered yet", app: name) }
    return app
  }

  private func require(_ reason: String, _ what: String) throws(FleetError) {
    guard !reason.isEmpty else { throw .illegal("\(what) needs a reason", next: "give one with --reason") }
  }
}

extension SuspensionScope: CustomStringConvertible {
  public var description: String {
    switch self {
    case .app(let name): "app \(name)"
    case .cluster(let cluster): "cluster \(cluster)"
    case .environment(let name): "environment \(name)"
    }
  }
}
