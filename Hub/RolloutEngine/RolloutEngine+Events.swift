internal import FleetModel
internal import Manifests

// What each event that was admitted does: Docs/rollouts.md.

extension RolloutEngine {
  mutating func apply(_ event: RolloutEvent, _ step: inout Step) {
    switch event {
    case .clusterJoined(let member): join(member, &step)
    case .clusterChanged(let member): change(member, &step)
    case .clusterLeft(let cluster, let reason): leave(cluster, reason, &step)
    case .clusterConnected(let cluster): connect(cluster, &step)
    case .clusterDisconnected(let cluster): disconnect(cluster, &step)
    case .hubStarted: restart(&step)
    case .releaseRendered(let rendered): take(rendered, &step)
    case .commitObserved(let app, let commit, let plan): observe(commit, plan, of: app, &step)
    case .amendmentRendered(let amendment): apps[amendment.app]?.amend(amendment, &ground, &step)
    case .pullProgressed(let cluster): progressPull(of: cluster, &step)
    case .bundleAccepted(let cluster, let digests): accept(digests, by: cluster, &step)
    case .bundleRefused(let cluster, let app, let reason): refuse(app, by: cluster, reason, &step)
    case .clusterReported(let cluster, let observations):
      for observation in observations { observe(observation, on: cluster, &step) }
    case .timePassed: passTime(&step)
    case .operatorActed(let act): operate(act, &step)
    case .analysisFinished(let result): finishAnalysis(result, &step)
    case .freezesChanged(let windows): takeWindows(windows, &step)
    }
  }
}

// MARK: Members

extension RolloutEngine {
  private mutating func join(_ member: FleetMember, _ step: inout Step) {
    guard ground.members[member.cluster] == nil else { return change(member, &step) }
    ground.members[member.cluster] = Ground.Member(facts: member, link: .offline)
    step.changed = true
    for name in ground.appNames { apps[name]?.join(member, &step) }
  }

  private mutating func change(_ member: FleetMember, _ step: inout Step) {
    guard let old = ground.members[member.cluster], old.facts != member else { return }
    let wasSuspended = ground.suspension(of: member.cluster) != nil
    ground.members[member.cluster]?.facts = member
    step.changed = true
    // Who crosses the gap takes its new place as suspended as it is by then.
    if (ground.suspension(of: member.cluster) != nil) != wasSuspended, !member.isAcrossTheGap(from: old.facts) {
      followSuspension(of: member.cluster, &step)
    }
    if old.link == .online {
      let counted = [old.facts, member].map { $0.connectivity == .connected ? 1 : 0 }
      ground.silence.online += counted[1] - counted[0]
    }
    if member.connectivity != .connected { updateSilence(&step) { $0.find(member.cluster) } }
    for name in ground.appNames { apps[name]?.move(old.facts, to: member, &ground, &step) }
    crossGap(old, member, &step)
    guard old.facts.environment != member.environment else { return }
    // Another environment has other windows.
    for name in ground.appNames { apps[name]?.freezesChanged(on: member.cluster, &ground, &step) }
  }

  /// A member comes to stand outside the gates of its stages, or comes back inside.
  private mutating func crossGap(_ old: Ground.Member, _ member: FleetMember, _ step: inout Step) {
    guard member.isAcrossTheGap(from: old.facts) else { return }
    if member.connectivity == .airgapped {
      for name in ground.appNames { apps[name]?.stepOut(member, &ground, &step) }
    } else {
      if old.link == .offline { ground.forgetEvidence(of: member.cluster) }
      for name in ground.appNames { apps[name]?.stepIn(member, ground, &step) }
    }
  }

  private mutating func leave(_ cluster: ClusterUID, _ reason: String, _ step: inout Step) {
    guard let member = ground.members[cluster] else { return }
    step.changed = true
    if member.link == .online, member.facts.connectivity == .connected { ground.silence.online -= 1 }
    ground.forgetEvidence(of: cluster)
    for name in ground.appNames { apps[name]?.leave(cluster, reason, &ground, &step) }
    ground.members[cluster] = nil
    ground.suspensions[.cluster(cluster)] = nil
    updateSilence(&step) { $0.find(cluster) }
  }
}

// MARK: Links

extension RolloutEngine {
  private mutating func connect(_ cluster: ClusterUID, _ step: inout Step) {
    guard let member = ground.members[cluster], member.link != .online else { return }
    ground.members[cluster]?.link = .online
    step.changed = true
    if ground.suspension(of: cluster) == nil {
      for name in ground.appNames { apps[name]?.connect(cluster, &ground, &step) }
    }
    if member.facts.connectivity == .connected { ground.silence.online += 1 }
    updateSilence(&step) { $0.find(cluster) }
  }

  private mutating func disconnect(_ cluster: ClusterUID, _ step: inout Step) {
    guard let member = ground.members[cluster], member.link != .offline else { return }
    ground.members[cluster]?.link = .offline
    step.changed = true
    if !ground.isOutside(cluster) { ground.forgetEvidence(of: cluster) }
    for name in ground.appNames { apps[name]?.disconnect(cluster, &ground, &step) }
    // One not heard since the hub's start was counted as silent then.
    guard member.link == .online, member.facts.connectivity == .connected else { return }
    ground.silence.online -= 1
    let now = step.now
    updateSilence(&step) { $0.lose(cluster, at: now) }
  }

  private mutating func restart(_ step: inout Step) {
    // Windows may have opened while nobody watched the clock.
    if !ground.windows.isEmpty {
      ground.windows = [:]
      step.changed = true
    }
    let away = ground.members.filter { $0.value.link != .offline }
    guard !away.isEmpty else { return }
    for cluster in away.keys { ground.members[cluster]?.link = .unheard }
    step.changed = true
    ground.forgetAllEvidence()
    let graceEnd = step.now + RolloutLimits.startGrace
    for name in ground.appNames { apps[name]?.forgetEvidence(deadlinesFrom: graceEnd, &step) }
    ground.silence.online = 0
    let connected = away.filter { $0.value.facts.connectivity == .connected }
    updateSilence(&step) { $0.start(unheard: Set(connected.keys), graceEnd: graceEnd) }
  }

  /// Changes what is known of silent clusters, and pauses or resumes rollouts where that matters.
  private mutating func updateSilence(_ step: inout Step, _ change: (inout Silence) -> Void) {
    let wasActive = ground.silence.isActive
    change(&ground.silence)
    guard ground.silence.isActive != wasActive else { return }
    if ground.silence.isActive {
      let reason = "\(counted(ground.silence.incident.count, "cluster")) fell silent at once: rollouts are paused"
      step.act(.alert(RolloutAlert(kind: .massSilence, reason: reason)))
      forEachRollout(&step) { $0.pause(.silence, Silence.pauseReason, &$1) }
    } else {
      resumeAfterSilence(Silence.resumeReason, &step)
    }
  }

  mutating func resumeAfterSilence(_ reason: String, _ step: inout Step) {
    forEachRollout(&step) { $0.resume(.silence, reason, &$1) }
    for name in ground.appNames { step.touch(name) }
  }

  private mutating func forEachRollout(_ step: inout Step, _ body: (inout Rollout, inout Step) -> Void) {
    for name in ground.appNames { apps[name]?.withCurrent { body(&$1, &step) } }
  }
}

// MARK: Releases

extension RolloutEngine {
  private mutating func take(_ rendered: RenderedRelease, _ step: inout Step) {
    let name = rendered.release.app
    let old = ground.terms(of: name)
    if apps[name] == nil {
      apps[name] = AppRollouts(app: name, plan: rendered.plan, commit: rendered.release.commit)
    }
    apps[name]?.take(rendered, &ground, &step)
    requeueAfterPlan(of: name, since: old, &step)
  }

  private mutating func observe(_ commit: String, _ plan: AppPlan, of name: String, _ step: inout Step) {
    let old = ground.terms(of: name)
    apps[name]?.observe(commit, plan, &ground, &step)
    apps[name]?.forgetMoves(&step)
    requeueAfterPlan(of: name, since: old, &step)
  }

  /// Another gate, or other dependencies, may let first applies go on.
  private mutating func requeueAfterPlan(of name: String, since old: AppGround.Terms?, _ step: inout Step) {
    guard let old, let new = ground.terms(of: name) else { return }
    if old.dependsOn != new.dependsOn { apps[name]?.dependencyChanged(on: nil, &ground, &step) }
    guard old.gate != new.gate else { return }
    for dependent in ground.dependents(of: name) { apps[dependent]?.dependencyChanged(on: nil, &ground, &step) }
  }
}

// MARK: Reports

extension RolloutEngine {
  private mutating func progressPull(of cluster: ClusterUID, _ step: inout Step) {
    for name in ground.appNames {
      apps[name]?.withTracks(of: cluster) { $0.progressPull(of: cluster, &step) }
    }
  }

  private mutating func accept(_ digests: [String: AppDigest], by cluster: ClusterUID, _ step: inout Step) {
    for (name, digest) in digests.sorted(by: { $0.key.precedesInBytes($1.key) }) {
      apps[name]?.withTracks(of: cluster) { $0.accept(digest, by: cluster, &step) }
      apps[name]?.acceptOutside(digest, by: cluster, ground, &step)
    }
  }

  private mutating func refuse(_ app: String?, by cluster: ClusterUID, _ reason: String, _ step: inout Step) {
    for name in app.map({ [$0] }) ?? ground.appNames {
      apps[name]?.withTracks(of: cluster) { $0.refuse(by: cluster, reason, &step) }
      apps[name]?.refuseOutside(by: cluster, reason, ground, &step)
    }
  }

  private mutating func observe(_ observation: AppObservation, on cluster: ClusterUID, _ step: inout Step) {
    let name = observation.app
    let isWatched = apps[name]?.isInFlight(cluster) == true
    guard ground.observe(observation, on: cluster, wordForWord: isWatched) else { return }
    step.changed = true
    apps[name]?.judge(cluster, ground, &step)
    for dependent in ground.dependents(of: name) { apps[dependent]?.dependencyChanged(on: cluster, &ground, &step) }
  }

  private mutating func passTime(_ step: inout Step) {
    endGrace(&step)
    while let (name, clusters) = takeDue(&step) {
      apps[name]?.tick(clusters, &ground, &step)
      advanceTouched(&step)
    }
  }

  /// Who was not heard since the hub started is so for all apps, and before any of them decides something.
  private mutating func endGrace(_ step: inout Step) {
    guard let end = ground.silence.graceEnd, end <= step.now else { return }
    ground.silence.graceEnd = nil
    step.changed = true
    for cluster in ground.members.filter({ $0.value.link == .unheard }).keys.sorted() { disconnect(cluster, &step) }
  }
}

// MARK: Analyses and freezes

extension RolloutEngine {
  private mutating func finishAnalysis(_ result: AnalysisResult, _ step: inout Step) {
    guard let name = RolloutEngine.app(ofRollout: result.rollout) else { return }
    apps[name]?.withCurrent { _, rollout in
      guard let index = rollout.strategy.stage(named: result.stage) else { return }
      rollout.stages[index].analysis = result
    }
    step.changed = true
    step.touch(name)
  }

  private mutating func takeWindows(_ windows: [FreezeWindow], _ step: inout Step) {
    let told = Dictionary(windows.map { ($0.freeze, $0) }, uniquingKeysWith: { $1 })
    guard told != ground.windows else { return }
    ground.windows = told
    step.changed = true
    for name in ground.appNames { apps[name]?.freezesChanged(&ground, &step) }
  }

  /// Nothing new reaches the cluster from here on, or it may again.
  mutating func followSuspension(of cluster: ClusterUID, _ step: inout Step) {
    if let suspension = ground.suspension(of: cluster) {
      for name in ground.appNames { apps[name]?.suspend(cluster, suspension.words, &ground, &step) }
    } else {
      for name in ground.appNames { apps[name]?.give(cluster, &ground, &step) }
      guard ground.isOnline(cluster) else { return }
      for name in ground.appNames { apps[name]?.connect(cluster, &ground, &step) }
    }
  }
}

extension FleetMember {
  /// Whether a member stands outside the gates of its stages and stood inside before, or the other way round.
  fileprivate func isAcrossTheGap(from old: FleetMember) -> Bool {
    (old.connectivity == .airgapped) != (connectivity == .airgapped)
  }
}

extension RolloutEvent {
  /// Whether a stage that is frozen may be so no longer because of it. What clusters report has nothing to do with that.
  var mayThaw: Bool {
    switch self {
    case .clusterReported, .pullProgressed, .bundleAccepted, .bundleRefused, .timePassed: false
    default: true
    }
  }
}
