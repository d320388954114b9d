internal import FleetModel

// How a release becomes a rollout: Docs/rollouts.md, "A rollout".

extension AppRollouts {
  /// A commit was rendered.
  mutating func take(_ rendered: RenderedRelease, _ ground: inout Ground, _ step: inout Step) {
    let strategy = Strategy(previous: plan, next: rendered.plan)
    let previous = plan.pipeline
    observe(rendered.release.commit, rendered.plan, &ground, &step)
    let digest = rendered.release.digest
    if latestDigest != digest {
      latest = rendered.release.limited(to: ground)
      latestDigest = digest
      step.changed = true
    }
    let guarded = rendered.guardedDeletions.filter { $0.value > 0 && ground.members[$0.key] != nil }
    if latestGuarded != guarded {
      latestGuarded = guarded
      step.changed = true
    }
    liftWhereChanged(latest.clusters, &step)
    if current == nil ? !latest.clusters.isEmpty : changesSomething(latest) {
      let next = Queued(
        release: latest, digest: digest, strategy: strategy, guarded: guarded,
        waitsForEnd: previous.onNewRelease == .queue,
        interval: max(previous.minStageInterval, rendered.plan.pipeline.minStageInterval))
      if queueUp(next, &step) { return }
      start(latest, digest, strategy, guarded, &ground, &step)
    } else if queued != nil {
      queued = nil
      step.changed = true
    }
    forgetMoves(&step)
  }

  /// A commit left every digest as it was.
  mutating func observe(_ commit: String, _ next: AppPlan, _ ground: inout Ground, _ step: inout Step) {
    guard observedCommit != commit || plan != next || !ground.knows(app) else { return }
    observedCommit = commit
    plan = next
    ground.setPlan(next.gate, next.dependsOn, of: app)
    assessAllOutside(ground, &step)
    if current == nil { askAgain(at: commit, without: [:], &step) }
    step.changed = true
    step.touch(app)
  }

  /// From here on the clusters' new places count.
  mutating func forgetMoves(_ step: inout Step) {
    guard !moved.isEmpty else { return }
    moved = [:]
    step.changed = true
  }

  /// Whether a release is another for anybody but clusters that are joining.
  private func changesSomething(_ release: Release) -> Bool {
    release.clusters.contains { cluster, digest in
      known[cluster] != digest && (known[cluster] != nil || awaiting[cluster] == nil)
    }
  }

  // MARK: Starting

  /// - Parameter promotedTo: the last stage that a promoted release goes to; nil for Git's.
  mutating func start(
    _ release: Release, _ digest: ReleaseDigest, _ strategy: Strategy, _ guarded: [ClusterUID: Int],
    promotedTo: String? = nil, _ ground: inout Ground, _ step: inout Step
  ) {
    guard !holdsAllOf(release, strategy, ground) else { return }
    supersede(ground, &step)
    queued = nil
    var rollout = Rollout(
      id: "\(app)-\(nextNumber)", release: release, digest: digest, strategy: strategy, guardedDeletions: guarded,
      at: step.now)
    nextNumber += 1
    rollout.promotedTo = promotedTo
    needsFollowUp = false
    known = promotedTo == nil ? release.clusters : known.merging(release.clusters) { $1 }
    for place in release.places(ground) {
      guard let member = ground.members[place.cluster], let target = release.clusters[place.cluster] else { continue }
      admit(place, member.facts, target, to: &rollout, ground, &step)
    }
    refreshOutside(&rollout, ground, &step)
    rollout.move(to: .running, rollout.startReason, &step)
    rollout.reportUnmatched(ground, &step)
    rollout.pauseWhereDue(ground, &step)
    current = rollout
    askAgain(at: release.commit, without: release.clusters, &step)
    step.touch(app)
  }

  /// Gives a cluster its place in a rollout that starts.
  private mutating func admit(
    _ place: Place, _ member: FleetMember, _ target: AppDigest, to rollout: inout Rollout, _ ground: Ground,
    _ step: inout Step
  ) {
    guard let index = stage(of: member, in: rollout.strategy) else {
      rollout.unmatched.insert(place.cluster)
      return
    }
    if ground.isOutside(place.cluster) {
      forgetCatchUp(of: place.cluster, nowIn: rollout.stages[index].name, &step)
      noteOutsider(place.cluster, inStage: rollout.stages[index].name, ground, &step)
      rollout.enterOutside(place.cluster, target, index)
    } else if hold(of: target, on: place.cluster, inStage: rollout.stages[index].name) != nil {
      rollout.hold(place.cluster, index)
    } else if isSettled(place.cluster, on: target, ground) {
      rollout.leaveUnchanged(place.cluster, index)
    } else {
      forgetCatchUp(of: place.cluster, nowIn: rollout.stages[index].name, &step)
      rollout.enter(place, target, index, ground, &step)
    }
  }

  /// Whether holds keep a release from everybody that it would change.
  func holdsAllOf(_ release: Release, _ strategy: Strategy, _ ground: Ground) -> Bool {
    guard !holds.isEmpty else { return false }
    var isHeld = false
    for (cluster, target) in release.clusters {
      guard let member = ground.members[cluster]?.facts, let index = stage(of: member, in: strategy) else { continue }
      if hold(of: target, on: cluster, inStage: strategy.stages[index].name) != nil {
        isHeld = true
      } else if !isSettled(cluster, on: target, ground) {
        return false
      }
    }
    return isHeld
  }

  /// Starts Git's latest release where it gives a member something else than it has: nothing may hold it any longer.
  mutating func startLatest(_ ground: inout Ground, _ step: inout Step) {
    let isAnother = latest.clusters.contains { cluster, digest in
      ground.members[cluster] != nil && !isSettled(cluster, on: digest, ground)
        && current?.isGiving(digest, to: cluster) != true && !isGivingOutside(digest, to: cluster, ground)
    }
    // Of those outside somebody may be to come again.
    if !outsiders.isEmpty { step.touch(app) }
    if isAnother { takeLatest(&ground, &step) }
  }

  /// Whether the rollout under way gives a cluster outside this, or has.
  private func isGivingOutside(_ digest: AppDigest, to cluster: ClusterUID, _ ground: Ground) -> Bool {
    guard let rollout = current, rollout.state == .running || rollout.state == .paused,
      let stage = rollout.stages.first(where: { $0.outside[cluster] == digest })
    else { return false }
    return stage.state != .succeeded || given(cluster, ground) == digest
  }

  /// Starts Git's latest release in its turn. What waits already goes to everybody when it starts.
  mutating func takeLatest(_ ground: inout Ground, _ step: inout Step) {
    guard queued == nil else { return }
    let next = Queued(
      release: latest, digest: latestDigest, strategy: Strategy(plan), guarded: latestGuarded,
      waitsForEnd: plan.pipeline.onNewRelease == .queue, interval: plan.pipeline.minStageInterval)
    if queueUp(next, &step) { return }
    start(latest, latestDigest, Strategy(plan), latestGuarded, &ground, &step)
  }

  /// The stage of a cluster: the later of its own and, where it moved with this commit, the one it had.
  func stage(of member: FleetMember, in strategy: Strategy) -> Int? {
    let own = strategy.stage(of: member)
    let before = moved[member.cluster].flatMap { strategy.stage(named: $0) }
    return [own, before].compactMap { $0 }.max()
  }

  /// Starts the last release once more, for clusters that joined and that no rollout took along.
  mutating func startFollowUp(_ ground: inout Ground, _ step: inout Step) {
    guard let rollout = current else { return }
    needsFollowUp = false
    start(
      rollout.release, rollout.release.digest, Strategy(plan), rollout.guardedDeletions, &ground, &step)
  }

  // MARK: Superseding

  /// Ends the rollout under way. What is in flight, and what has yet to catch up, goes on beside the next one.
  private mutating func supersede(_ ground: Ground, _ step: inout Step) {
    withCurrent { app, rollout in
      for index in rollout.stages.indices {
        app.countSuperseded(rollout.stages[index])
        app.loosen(index, of: &rollout, &step)
      }
      if rollout.state.successors.contains(.superseded) {
        rollout.move(to: .superseded, "\(app.app)-\(app.nextNumber) takes its place", &step)
      }
      step.closed.append(app.status(of: rollout, ground, withClusters: true))
    }
  }

  private mutating func countSuperseded(_ stage: StageTrack) {
    switch stage.state {
    case .awaitingBefore, .awaitingAfter: supersededWhileWaiting[stage.name, default: 0] += 1
    default: break
    }
  }

  private mutating func loosen(_ index: Int, of rollout: inout Rollout, _ step: inout Step) {
    let hasSucceeded = rollout.stages[index].state == .succeeded
    let width = rollout.stages[index].catchUpWidth
    for place in rollout.stages[index].lane.places {
      guard let state = rollout.stages[index].lane.tracks[place.cluster]?.state,
        state.isInFlight || (hasSucceeded && state.isBehind),
        let track = rollout.stages[index].lane.take(place.cluster)
      else { continue }
      let isVerified = hasSucceeded || verifiedDigests[place.cluster] == track.target
      loose.add(
        place.cluster, track, like: rollout.stages[index].lane, purpose: isVerified ? .catchingUp : .settling,
        width: width, &step)
    }
  }
}

extension ClusterState {
  /// Whether a cluster of a stage that succeeded still has to take what the stage verified.
  fileprivate var isBehind: Bool { self == .pending || self == .offline || self == .timedOut }
}

extension Release {
  /// The release without clusters that have not joined.
  fileprivate func limited(to ground: Ground) -> Release {
    Release(
      app: app, commit: commit, clusters: clusters.filter { ground.members[$0.key] != nil }, chartProgram: chartProgram)
  }

  /// The members that the release names, in their fixed order.
  fileprivate func places(_ ground: Ground) -> [Place] {
    clusters.keys.compactMap { cluster in
      ground.members[cluster].map { Place(name: $0.facts.name, cluster: cluster) }
    }.sorted()
  }
}

extension Rollout {
  /// Whether it is under way and gives the cluster this, or has.
  fileprivate func isGiving(_ digest: AppDigest, to cluster: ClusterUID) -> Bool {
    guard state == .running || state == .paused, let index = stage(of: cluster),
      let track = stages[index].lane.tracks[cluster]
    else { return false }
    if case .skipped = track.state { return false }
    return track.target == digest
  }

  /// Takes a cluster along in a stage.
  mutating func enter(
    _ place: Place, _ target: AppDigest, _ index: Int, _ ground: Ground, _ step: inout Step
  ) {
    forget(place.cluster)
    let away = ground.members[place.cluster]?.link == .offline ? "is offline" : nil
    let problem = away ?? ground.suspension(of: place.cluster)?.words
    stages[index].lane.add(
      place.cluster,
      ClusterTrack(
        name: place.name, target: target, state: problem == nil ? .pending : .offline, reason: problem ?? "",
        at: step.now),
      &step)
  }

  /// Takes a cluster along of which the target is held.
  mutating func hold(_ cluster: ClusterUID, _ index: Int) {
    forget(cluster)
    stages[index].held.insert(cluster)
  }

  /// Takes a cluster along that has what the release gives it.
  mutating func leaveUnchanged(_ cluster: ClusterUID, _ index: Int) {
    forget(cluster)
    stages[index].unchanged.insert(cluster)
  }

  /// A cluster that is a member again leaves no trace of the time before.
  private mutating func forget(_ cluster: ClusterUID) {
    for index in stages.indices {
      stages[index].lane.take(cluster)
      stages[index].held.remove(cluster)
      stages[index].outside[cluster] = nil
    }
  }

  /// Takes a cluster along outside a stage.
  mutating func enterOutside(_ cluster: ClusterUID, _ target: AppDigest, _ index: Int) {
    forget(cluster)
    stages[index].outside[cluster] = target
  }

  var startReason: String {
    let held = stages.reduce(0) { $0 + $1.held.count }
    let all = stages.reduce(changed + held) { $0 + $1.unchanged.count }
    let outside = stages.reduce(0) { $0 + $1.outside.count }
    let commit = String(release.commit.prefix(12))
    let what = promotedTo.map { "commit \(commit), promoted to \($0)," } ?? "commit \(commit)"
    return "\(what) changes \(changed) of \(counted(all, "cluster"))" + (held > 0 ? "; \(held) held" : "")
      + (outside > 0 ? "; \(outside) air-gapped" : "")
  }

  fileprivate mutating func reportUnmatched(_ ground: Ground, _ step: inout Step) {
    for cluster in unmatched.sorted() { alertUnmatched(cluster, ground, &step) }
  }

  mutating func alertUnmatched(_ cluster: ClusterUID, _ ground: Ground, _ step: inout Step) {
    alert(
      .clusterUnmatched, cluster: cluster,
      "no stage of the pipeline matches cluster \(ground.name(of: cluster)): it is left out", &step)
  }

  mutating func pause(_ cause: PauseCause, _ reason: String, _ step: inout Step) {
    guard state == .running || state == .paused, pauses.insert(cause).inserted else { return }
    step.changed = true
    if state == .running { move(to: .paused, reason, &step) }
  }

  /// Pauses a rollout that goes on while others stand still.
  mutating func pauseWhereDue(_ ground: Ground, _ step: inout Step) {
    if ground.silence.isActive { pause(.silence, Silence.pauseReason, &step) }
    if let suspension = ground.suspension(ofApp: app) { pause(.suspension, suspension.words, &step) }
  }

  mutating func resume(_ cause: PauseCause, _ reason: String, _ step: inout Step) {
    guard pauses.remove(cause) != nil else { return }
    step.changed = true
    step.touch(app)
    if state == .paused, pauses.isEmpty { move(to: .running, reason, &step) }
  }
}

extension Silence {
  static let pauseReason = "too many clusters fell silent at once: the fault may be the hub's"
  static let resumeReason = "enough of the silent clusters are back"
}
