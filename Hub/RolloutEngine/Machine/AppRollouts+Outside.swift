internal import FleetModel

// Clusters that stand outside the gates: Docs/rollouts.md, "Air-gapped clusters".

extension Ground {
  /// Whether the cluster stands outside the gates of its stage.
  func isOutside(_ cluster: ClusterUID) -> Bool { members[cluster]?.facts.connectivity == .airgapped }
}

// MARK: What they are given

extension AppRollouts {
  /// Looks again whom of those outside the stages that have yet to succeed would give something.
  func refreshOutside(_ rollout: inout Rollout, _ ground: Ground, _ step: inout Step) {
    for index in rollout.stages.indices where rollout.stages[index].state != .succeeded {
      let stage = rollout.stages[index]
      guard !stage.outside.isEmpty || !stage.outsideToCome.isEmpty else { continue }
      let toCome = stage.outside.filter { cluster, target in
        !isSettled(cluster, on: target, ground) && hold(of: target, on: cluster, inStage: stage.name) == nil
      }
      guard stage.outsideToCome != Set(toCome.keys) else { continue }
      rollout.stages[index].outsideToCome = Set(toCome.keys)
      step.changed = true
    }
  }

  /// Gives those outside what their stage has verified.
  mutating func giveOutside(_ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step) {
    let stage = rollout.stages[index]
    rollout.stages[index].outsideToCome = []
    let places = stage.outsideToCome.map { Place(name: ground.name(of: $0), cluster: $0) }
    for place in places.sorted() {
      guard let target = stage.outside[place.cluster] else { continue }
      verify(target, for: place.cluster)
      let assignment = Assignment(
        cluster: place.cluster, app: app, digest: target, release: rollout.digest, rollout: rollout.id)
      grant(assignment, inStage: stage.name, &ground, &step)
    }
  }

  /// Gives a cluster outside something that its stage verified, at once or when nothing keeps it from that any longer.
  mutating func grant(
    _ assignment: Assignment, inStage stage: String, _ ground: inout Ground, _ step: inout Step
  ) {
    let cluster = assignment.cluster
    noteOutsider(cluster, inStage: stage, ground, &step)
    outsiders[cluster]?.due = Outsider.Due(assignment: assignment, stage: stage)
    step.changed = true
    give(cluster, &ground, &step)
  }

  /// Assigns what is due to a cluster outside, unless something keeps it from that.
  mutating func give(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    guard let due = outsiders[cluster]?.due, obstacle(to: due, ground) == nil else { return }
    outsiders[cluster]?.due = nil
    outsiders[cluster]?.stage = due.stage
    ground.assign(due.assignment, &step)
    assess(cluster, ground, isNews: false, &step)
  }

  mutating func giveWhatIsDue(_ ground: inout Ground, _ step: inout Step) {
    for cluster in outsiders.filter({ $0.value.due != nil }).keys.sorted() { give(cluster, &ground, &step) }
  }

  /// What keeps something verified from a cluster outside.
  func obstacle(to due: Outsider.Due, _ ground: Ground) -> String? {
    let cluster = due.assignment.cluster
    if let current, current.id == due.assignment.rollout, current.state == .paused {
      return "\(current.id) is \(current.state): \(current.reason)"
    }
    if let suspension = ground.suspension(of: cluster) ?? ground.suspension(ofApp: app) { return suspension.words }
    return ground.freeze(of: cluster, under: verified[due.stage]?.rules.freezes ?? [])
      ?? ground.missingDependency(of: app, on: cluster)
  }

  /// Makes a place for a cluster outside, where it has none yet.
  mutating func noteOutsider(
    _ cluster: ClusterUID, inStage stage: String, _ ground: Ground, _ step: inout Step
  ) {
    guard outsiders[cluster] == nil else { return }
    outsiders[cluster] = Outsider(name: ground.name(of: cluster), stage: stage, at: step.now)
    step.changed = true
    assess(cluster, ground, isLogged: false, &step)
  }
}

// MARK: What they tell

extension AppRollouts {
  /// Says anew where a cluster outside stands.
  /// - Parameters:
  ///   - isLogged: whether it was known before.
  ///   - isNews: whether the cluster tells it, and not only its assignment moved.
  mutating func assess(
    _ cluster: ClusterUID, _ ground: Ground, isLogged: Bool = true, isNews: Bool = true, _ step: inout Step
  ) {
    guard var outsider = outsiders[cluster] else { return }
    let assigned = ground.assignment(of: app, on: cluster)
    var verdict = Verdict.none
    if let assigned, let gate = ground.terms(of: app)?.gate {
      verdict = ground.verdict(of: app, on: cluster, digest: assigned.digest, gate: gate)
      // Who tells of it has it.
      if verdict != .none {
        outsider.pulled = assigned
        outsider.refusal = nil
      }
      outsider.rollout = assigned.rollout
    }
    let move = outsider.standing(assigned, verdict)
    if move.to != outsider.state {
      outsider.changedAt = step.now
      if isLogged { tell(of: cluster, outsider, move, isNews: isNews, &step) }
    }
    (outsider.state, outsider.reason) = (move.to, move.reason)
    guard outsider != outsiders[cluster] else { return }
    outsiders[cluster] = outsider
    step.changed = true
  }

  private func tell(
    of cluster: ClusterUID, _ outsider: Outsider, _ move: Move, isNews: Bool, _ step: inout Step
  ) {
    step.record(
      .cluster(cluster, rollout: outsider.rollout, app: app), from: outsider.state, to: move.to, move.reason)
    assert(ClusterState.outside.contains(move.to), "\(move.to) is not in the table")
    guard move.to == .failed, isNews else { return }
    step.act(
      .alert(
        RolloutAlert(
          kind: .clusterFailed, app: app, rollout: outsider.rollout, stage: outsider.stage, cluster: cluster,
          reason: "\(outsider.name) \(move.reason)")))
  }

  mutating func assessAllOutside(_ ground: Ground, _ step: inout Step) {
    for cluster in outsiders.keys.sorted() { assess(cluster, ground, &step) }
  }

  /// A cluster outside holds what its bundle names.
  mutating func acceptOutside(_ digest: AppDigest, by cluster: ClusterUID, _ ground: Ground, _ step: inout Step) {
    guard let outsider = outsiders[cluster] else { return }
    let assigned = ground.assignment(of: app, on: cluster)
    guard
      let taken = [assigned, outsider.due?.assignment, verifiedEarlier(for: cluster, outsider)]
        .compactMap({ $0 }).first(where: { $0.digest == digest })
    else { return }
    if outsider.pulled?.digest != digest {
      outsiders[cluster]?.pulled = taken
      step.changed = true
    }
    if outsider.refusal?.digest == digest {
      outsiders[cluster]?.refusal = nil
      step.changed = true
    }
    assess(cluster, ground, &step)
  }

  /// A cluster outside that has not pulled what it is assigned told of something: it may have taken along what was
  /// verified before that.
  mutating func noteReportOutside(of cluster: ClusterUID, _ ground: Ground, _ step: inout Step) {
    guard let outsider = outsiders[cluster], let seen = ground.observation(of: app, on: cluster)?.digest,
      outsider.pulled?.digest != seen,
      outsider.pulled?.digest != ground.assignment(of: app, on: cluster)?.digest,
      let taken = [outsider.due?.assignment, verifiedEarlier(for: cluster, outsider)].compactMap({ $0 })
        .first(where: { $0.digest == seen })
    else { return }
    outsiders[cluster]?.pulled = taken
    step.changed = true
  }

  /// What a cluster outside may have taken along before what it is assigned now.
  private func verifiedEarlier(for cluster: ClusterUID, _ outsider: Outsider) -> Assignment? {
    guard let digest = digestsBefore[cluster], let before = verifiedBefore[outsider.stage] else { return nil }
    return Assignment(
      cluster: cluster, app: app, digest: digest, release: before.release, rollout: before.rollout)
  }

  /// A cluster outside refused what it is assigned.
  mutating func refuseOutside(by cluster: ClusterUID, _ reason: String, _ ground: Ground, _ step: inout Step) {
    guard let outsider = outsiders[cluster], let assigned = ground.assignment(of: app, on: cluster),
      outsider.pulled?.digest != assigned.digest
    else { return }
    let refusal = Outsider.Refusal(digest: assigned.digest, reason: reason)
    if outsider.refusal != refusal {
      outsiders[cluster]?.refusal = refusal
      step.changed = true
    }
    assess(cluster, ground, &step)
  }
}

// MARK: What is kept from them, or taken back

extension AppRollouts {
  /// Nothing new reaches a cluster outside from here on: what it has not pulled is due again.
  mutating func suspendOutside(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    guard let outsider = outsiders[cluster], let taken = retract(cluster, &ground, &step), outsider.due == nil else {
      return
    }
    outsiders[cluster]?.due = Outsider.Due(assignment: taken, stage: outsider.stage)
  }

  /// Takes from clusters outside what is held from now on and has not been pulled.
  mutating func enforceHoldsOutside(_ ground: inout Ground, _ step: inout Step) {
    for (cluster, outsider) in outsiders.sorted(by: { $0.key < $1.key }) {
      if let due = outsider.due, hold(of: due.assignment.digest, on: cluster, inStage: due.stage) != nil {
        outsiders[cluster]?.due = nil
        step.changed = true
      }
      guard let assigned = ground.assignment(of: app, on: cluster),
        hold(of: assigned.digest, on: cluster, inStage: outsider.stage) != nil
      else { continue }
      retract(cluster, &ground, &step)
    }
  }

  /// Makes the assignment of a cluster outside again what it pulled last; answers what was taken from it, if anything.
  @discardableResult
  private mutating func retract(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) -> Assignment? {
    guard let outsider = outsiders[cluster], let assigned = ground.assignment(of: app, on: cluster),
      outsider.pulled?.digest != assigned.digest
    else { return nil }
    if let pulled = outsider.pulled {
      // What it runs may be what it was taken back from: nothing holds up the way back.
      guard hold(of: pulled.digest, on: cluster, inStage: outsider.stage) == nil else { return nil }
      ground.assign(pulled, &step)
    } else {
      ground.withdraw(app, from: cluster, &step)
    }
    assess(cluster, ground, isNews: false, &step)
    return assigned
  }

  /// Takes a cluster outside back to something that was verified for it before.
  mutating func takeBackOutside(_ assignment: Assignment, _ ground: inout Ground, _ step: inout Step) {
    outsiders[assignment.cluster]?.due = nil
    step.changed = true
    if ground.assignment(of: app, on: assignment.cluster)?.digest != assignment.digest {
      ground.assign(assignment, &step)
    }
    assess(assignment.cluster, ground, isNews: false, &step)
  }

  /// Takes from a cluster outside what a rollout gave it and nothing else was verified before, unless it pulled that.
  mutating func takeAwayOutside(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    if outsiders[cluster]?.due != nil {
      outsiders[cluster]?.due = nil
      step.changed = true
    }
    guard outsiders[cluster]?.pulled == nil else { return }
    retract(cluster, &ground, &step)
  }

  /// Whether a rollout gave a cluster outside what it is assigned, or is to be.
  func gaveOutside(_ cluster: ClusterUID, _ rollout: Rollout, _ ground: Ground) -> Bool {
    gaveOutside(cluster, by: rollout.id, ground)
  }

  func gaveOutside(_ cluster: ClusterUID, by rollout: String, _ ground: Ground) -> Bool {
    outsiders[cluster]?.due?.assignment.rollout == rollout
      || (outsiders[cluster] != nil && ground.assignment(of: app, on: cluster)?.rollout == rollout)
  }

  /// What was given to a cluster last, whether it is assigned that by now or not.
  func given(_ cluster: ClusterUID, _ ground: Ground) -> AppDigest? {
    outsiders[cluster]?.due?.assignment.digest ?? ground.assignment(of: app, on: cluster)?.digest
  }
}

extension ClusterState {
  /// Whether the cluster has not taken what it is to be given.
  fileprivate var isUntaken: Bool {
    switch self {
    case .pending, .offline, .timedOut, .offered: true
    default: false
    }
  }
}

// MARK: Who is outside

extension AppRollouts {
  /// A cluster outside is no member any longer, or no longer outside.
  mutating func forgetOutsider(_ cluster: ClusterUID, _ reason: String, _ step: inout Step) {
    withCurrent { app, rollout in
      for index in rollout.stages.indices {
        rollout.stages[index].outsideToCome.remove(cluster)
        guard rollout.stages[index].outside.removeValue(forKey: cluster) != nil else { continue }
        // Its stage may have waited for nobody else.
        step.changed = true
        step.touch(app.app)
      }
    }
    guard let outsider = outsiders.removeValue(forKey: cluster) else { return }
    step.changed = true
    guard !outsider.rollout.isEmpty else { return }
    step.record(
      .cluster(cluster, rollout: outsider.rollout, app: app), from: outsider.state,
      to: ClusterState.skipped(.removed), reason)
  }

  /// A member is air-gapped from here on: it goes on outside the stage that it was in.
  mutating func stepOut(_ member: FleetMember, _ ground: inout Ground, _ step: inout Step) {
    let cluster = member.cluster
    let (hasPulled, owed) = (hasPulled(cluster), owed(cluster))
    let reason = "is air-gapped now, and stands outside its stage"
    let behind = loose.entry(of: cluster).map { $0.lane.rules.name }
    loose.update(cluster) { lane in
      lane.withdraw(cluster, &ground, &step)
      lane.end(cluster, .skipped(.removed), reason, &step)
    }
    var place: String?
    withCurrent { _, rollout in
      for index in rollout.stages.indices {
        rollout.stages[index].lane.withdraw(cluster, &ground, &step)
        rollout.stages[index].lane.end(cluster, .skipped(.removed), reason, &step)
        let wasThere = [
          rollout.stages[index].lane.take(cluster) != nil, rollout.stages[index].unchanged.remove(cluster) != nil,
          rollout.stages[index].held.remove(cluster) != nil,
        ]
        guard wasThere.contains(true), let target = rollout.release.clusters[cluster] else { continue }
        rollout.stages[index].outside[cluster] = target
        place = rollout.stages[index].name
      }
    }
    step.touch(app)
    let isConcerned = ground.assignment(of: app, on: cluster) != nil
    guard let stage = place ?? behind ?? (isConcerned ? verifiedStage(of: member)?.rules.name : nil) else { return }
    noteOutsider(cluster, inStage: stage, ground, &step)
    if hasPulled, let assigned = ground.assignment(of: app, on: cluster) { outsiders[cluster]?.pulled = assigned }
    assess(cluster, ground, isLogged: false, &step)
    guard let owed, owed == verifiedDigests[cluster], let source = verified[stage],
      hold(of: owed, on: cluster, inStage: stage) == nil
    else { return }
    grant(
      Assignment(cluster: cluster, app: app, digest: owed, release: source.release, rollout: source.rollout),
      inStage: stage, &ground, &step)
  }

  /// What a cluster inside has yet to take although its stage verified it.
  private func owed(_ cluster: ClusterUID) -> AppDigest? {
    if let entry = loose.entry(of: cluster) {
      let track = entry.lane.tracks[cluster]
      return entry.purpose == .catchingUp && track?.state.isUntaken == true ? track?.target : nil
    }
    guard let rollout = current, let index = rollout.stage(of: cluster), rollout.stages[index].state == .succeeded,
      let track = rollout.stages[index].lane.tracks[cluster], track.state.isUntaken
    else { return nil }
    return track.target
  }

  /// Whether what a cluster is assigned, offers that it has not taken aside, is on it.
  private func hasPulled(_ cluster: ClusterUID) -> Bool {
    if let entry = loose.entry(of: cluster), entry.purpose == .rollingBack,
      let state = entry.lane.tracks[cluster]?.state
    {
      return state != .pending && state != .offered
    }
    guard let rollout = current, let index = rollout.stage(of: cluster) else { return true }
    return rollout.stages[index].lane.tracks[cluster]?.state != .rolledBack
  }

  /// A member is air-gapped no longer: it takes the place in its stage that it would have had.
  mutating func stepIn(_ member: FleetMember, _ ground: Ground, _ step: inout Step) {
    let cluster = member.cluster
    let due = outsiders[cluster]?.due
    let index = current?.stages.firstIndex { $0.outside[cluster] != nil }
    forgetOutsider(cluster, "is air-gapped no longer", &step)
    step.touch(app)
    withCurrent { app, rollout in
      guard let index, let target = rollout.release.clusters[cluster] else { return }
      if app.hold(of: target, on: cluster, inStage: rollout.stages[index].name) != nil {
        rollout.hold(cluster, index)
      } else if app.isSettled(cluster, on: target, ground) {
        rollout.leaveUnchanged(cluster, index)
      } else if rollout.stages[index].state == .succeeded,
        app.verified[rollout.stages[index].name]?.rollout != rollout.id
      {
        // The stage verified nothing that it could catch up with.
        if rollout.promotedTo == nil { app.needsFollowUp = true }
      } else {
        rollout.enter(Place(name: member.name, cluster: cluster), target, index, ground, &step)
      }
    }
    // Where the rollout under way gives it that, it does so in its turn.
    guard let due, due.assignment.rollout != current?.id, let source = verified[due.stage] else { return }
    catchUp(member, due.assignment.digest, source, ground, &step)
  }
}
