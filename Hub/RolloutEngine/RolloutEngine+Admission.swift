internal import FleetModel
internal import Manifests

// What is not legal is refused before anything changes.

extension RolloutEngine {
  func admit(_ event: RolloutEvent) throws(FleetError) {
    switch event {
    case .clusterJoined(let member), .clusterChanged(let member): try admit(member, event)
    case .clusterLeft(let cluster, _), .clusterConnected(let cluster), .clusterDisconnected(let cluster):
      try requireMember(cluster)
    case .pullProgressed(let cluster), .bundleAccepted(let cluster, _), .bundleRefused(let cluster, _, _),
      .clusterReported(let cluster, _):
      try requireOnline(cluster)
    case .releaseRendered(let rendered): try admit(rendered.plan, of: rendered.release.app)
    case .commitObserved(let app, _, let plan):
      guard apps[app] != nil else { throw FleetError.illegal("no release of the app was rendered yet", app: app) }
      try admit(plan, of: app)
    case .amendmentRendered(let amendment): try admit(amendment)
    case .operatorActed(let act): try admit(act)
    case .hubStarted, .timePassed, .freezesChanged: break
    case .analysisFinished(let result): try admit(result)
    }
  }

  private func admit(_ member: FleetMember, _ event: RolloutEvent) throws(FleetError) {
    if case .clusterChanged = event { try requireMember(member.cluster) }
  }

  private func requireMember(_ cluster: ClusterUID) throws(FleetError) {
    guard ground.members[cluster] != nil else {
      throw FleetError(.illegalEvent, "no member of the fleet", at: .init(cluster: cluster.rawValue))
    }
  }

  private func requireOnline(_ cluster: ClusterUID) throws(FleetError) {
    try requireMember(cluster)
    // What an air-gapped cluster tells comes when it comes.
    guard ground.isOnline(cluster) || ground.isOutside(cluster) else {
      throw FleetError(
        .illegalEvent, "the cluster is not connected", at: .init(cluster: ground.name(of: cluster)))
    }
  }

  private func admit(_ plan: AppPlan, of app: String) throws(FleetError) {
    try plan.check(app: app)
    guard let circle = ground.dependencyCircle(of: app, dependingOn: plan.dependsOn) else { return }
    throw FleetError(
      .invalidPipeline, "apps wait for each other: \(circle.joined(separator: " → "))",
      at: .init(field: "spec.dependsOn", app: app), nextStep: "remove one of the dependencies")
  }

  private func admit(_ amendment: Amendment) throws(FleetError) {
    guard apps[amendment.app]?.awaiting[amendment.cluster]?.contains(amendment.commit) == true else {
      throw FleetError(
        .illegalEvent, "nobody asked for the app on this cluster at commit \(amendment.commit)",
        at: .init(cluster: ground.name(of: amendment.cluster), app: amendment.app))
    }
  }
}

// MARK: Operators

extension RolloutEngine {
  private func admit(_ act: OperatorAct) throws(FleetError) {
    switch act.act {
    case .approved(let id, let release, let stage): try admitApproval(of: id, release, stage)
    case .paused(let id): try admitPause(of: id)
    case .resumed(let id):
      guard try rollout(id).pauses.contains(.operator) else {
        throw .illegal("no operator paused rollout \(id)", next: "see `flotilla rollout status \(id)`")
      }
    case .silenceAccepted:
      guard ground.silence.isActive else { throw .illegal("no rollout is paused because clusters fell silent") }
    case .aborted(let id): try require(rollout(id), in: [.running, .paused, .failed])
    case .retried(let id): try require(rollout(id), in: [.failed])
    case .excluded(let id, let cluster): try admitExclusion(of: cluster, from: id, act.reason)
    case .deletionsConfirmed(let id, let stage, let count): try admitConfirmation(of: id, stage, count)
    case .freezeOverridden(let id, let stage): try admitOverride(of: id, stage, act.reason)
    case .rolledBack(let app, let stage, let width): try admitRollback(of: app, stage, width, act)
    case .held(let app, let digests, let stages): try admitHold(of: app, digests, stages, act.reason)
    case .holdLifted(let app, let number): try admitLift(of: number, app)
    case .promoted(let promoted, let stage): try admitPromotion(promoted, stage)
    case .suspended(let scope): try admitSuspension(of: scope, act.reason)
    case .unsuspended(let scope):
      guard ground.suspensions[scope] != nil else { throw .illegal("\(ground.name(of: scope)) is not suspended") }
    }
  }

  /// The rollout under way, or the last one of its app; others have ended and nobody can act on them.
  func rollout(_ id: String) throws(FleetError) -> Rollout {
    guard let name = RolloutEngine.app(ofRollout: id), let rollout = apps[name]?.current, rollout.id == id else {
      throw .illegal("rollout \(id) is not the last one of its app", next: "see `flotilla get rollouts`")
    }
    return rollout
  }

  /// The app whose rollout has this id.
  static func app(ofRollout id: String) -> String? {
    id.lastIndex(of: "-").map { String(id[..<$0]) }
  }

  func require(_ rollout: Rollout, in states: [RolloutState]) throws(FleetError) {
    guard states.contains(rollout.state) else {
      throw .illegal("rollout \(rollout.id) is \(rollout.state)")
    }
  }

  private func admitPause(of id: String) throws(FleetError) {
    let rollout = try rollout(id)
    try require(rollout, in: [.running, .paused])
    guard !rollout.pauses.contains(.operator) else {
      throw .illegal("an operator paused rollout \(id) already", next: "see `flotilla rollout status \(id)`")
    }
  }

  private func admitApproval(of id: String, _ release: ReleaseDigest, _ name: String) throws(FleetError) {
    let rollout = try rollout(id)
    guard rollout.digest == release else {
      throw .illegal("the approval is of release \(release), and rollout \(id) is of \(rollout.digest)")
    }
    guard let stage = rollout.stages.first(where: { $0.name.hasSameBytes(as: name) }) else {
      throw .illegal("rollout \(id) has no stage \(name)")
    }
    guard stage.state == .awaitingBefore(.approval) || stage.state == .awaitingAfter else {
      throw .illegal("stage \(name) of rollout \(id) does not wait for an approval: it is \(stage.state)")
    }
  }

  private func admitConfirmation(of id: String, _ name: String, _ count: Int) throws(FleetError) {
    let rollout = try rollout(id)
    guard let index = rollout.strategy.stage(named: name) else {
      throw .illegal("rollout \(id) has no stage \(name)")
    }
    guard rollout.stages[index].state == .awaitingBefore(.confirmation) else {
      throw .illegal(
        "stage \(name) of rollout \(id) does not wait for a confirmation: it is \(rollout.stages[index].state)")
    }
    let deletions = rollout.guardedDeletions(ofStage: index)
    guard deletions.objects == count else {
      throw .illegal(
        "stage \(name) of rollout \(id) deletes \(counted(deletions.objects, "guarded object")), not \(count)",
        next: "look at them again with `flotilla confirm \(id) --stage \(name)`")
    }
  }

  private func admitExclusion(
    of cluster: ClusterUID, from id: String, _ reason: String
  ) throws(FleetError) {
    let rollout = try rollout(id)
    guard !reason.isEmpty else { throw .illegal("excluding a cluster needs a reason", next: "give one with --reason") }
    guard !rollout.stages.contains(where: { $0.outside[cluster] != nil }) else {
      throw .illegal(
        "cluster \(ground.name(of: cluster)) is air-gapped: rollout \(id) does not wait for it",
        next: "keep what it gives from it with `flotilla hold` or `flotilla suspend`")
    }
    let track = rollout.stage(of: cluster).flatMap { rollout.stages[$0].lane.tracks[cluster] }
    guard let track else { throw .illegal("rollout \(id) changes nothing on cluster \(ground.name(of: cluster))") }
    guard track.state.successors.contains(.skipped(.excluded)), track.state != .soaked else {
      throw .illegal("cluster \(track.name) is \(track.state) in rollout \(id)")
    }
    try require(rollout, in: [.running, .paused, .failed, .succeeded, .aborted])
  }
}

extension FleetError {
  static func illegal(_ message: String, app: String? = nil, next: String = "") -> FleetError {
    FleetError(.illegalEvent, message, at: .init(app: app), nextStep: next)
  }
}
