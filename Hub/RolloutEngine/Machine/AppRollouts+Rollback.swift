internal import FleetModel

/// Why a release is taken back.
struct RollbackCause {
  var actor: String
  var reason: String
  /// Whether it follows from a breach, by the pipeline's own rule.
  var isAutomatic: Bool
  /// The stages that are taken back.
  var stages: [Int]
  /// Whether a stage is meant whatever it verified last, not only what the last rollout brought.
  var isOfStage = false
  /// How many clusters of a stage go back at once; nil for all.
  var width: Width?
}

// How a release is taken back: Docs/rollouts.md, "Holds".

extension AppRollouts {
  /// One cluster that goes back.
  private struct Return {
    var place: Place
    var stage: Int
    /// What it runs now.
    var from: AppDigest
    var to: Assignment
  }

  /// Whether a rollback would move anybody.
  func canRollBack(_ rollout: Rollout, _ cause: RollbackCause, _ ground: Ground) -> Bool {
    !returns(of: rollout, cause, ground).isEmpty
  }

  /// Takes a rollout back: every cluster that it changed gets what was verified before, and what it gave is held.
  /// Does nothing, and says so, where nothing was verified.
  @discardableResult
  mutating func rollBack(
    _ rollout: inout Rollout, _ cause: RollbackCause, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    let returns = returns(of: rollout, cause, ground)
    guard !returns.isEmpty else { return false }
    hold(returns, rollout, cause, &step)
    for goes in returns { take(goes, back: &rollout, cause, &ground, &step) }
    forgetVerified(by: rollout, returns, cause, ground)
    if !cause.isOfStage {
      withdrawTheRest(of: &rollout, cause, &ground, &step)
      finish(&rollout, returns.count, cause, &step)
    }
    enforceHoldsBeside(&ground, &step)
    enforceHolds(on: &rollout, &ground, &step)
    return true
  }

  private func returns(of rollout: Rollout, _ cause: RollbackCause, _ ground: Ground) -> [Return] {
    cause.stages.flatMap { index -> [Return] in
      let stage = rollout.stages[index]
      var places = stage.lane.places.filter { brought(by: stage, $0.cluster, ground) }
      places += stage.outside.keys.filter { gaveOutside($0, rollout, ground) }.map {
        Place(name: ground.name(of: $0), cluster: $0)
      }
      if cause.isOfStage {
        let others = Set(stage.lane.tracks.keys).union(stage.unchanged).union(stage.held).union(stage.outside.keys)
          .subtracting(places.map(\.cluster))
        places += others.filter { isVerifiedNow($0, ground) }.map { Place(name: ground.name(of: $0), cluster: $0) }
      }
      places.sort()
      return places.compactMap { goal(of: $0, index, rollout, ground) }
    }
  }

  /// Whether the cluster is assigned what the rollout gives it because of the rollout.
  private func brought(by stage: StageTrack, _ cluster: ClusterUID, _ ground: Ground) -> Bool {
    guard let track = stage.lane.tracks[cluster], track.state.successors.contains(.rolledBack) else { return false }
    return ground.assignment(of: app, on: cluster)?.digest == track.target
  }

  private func isVerifiedNow(_ cluster: ClusterUID, _ ground: Ground) -> Bool {
    let given = given(cluster, ground)
    return given != nil && given == verifiedDigests[cluster]
  }

  private func goal(of place: Place, _ index: Int, _ rollout: Rollout, _ ground: Ground) -> Return? {
    guard let from = given(place.cluster, ground) else { return nil }
    let name = rollout.stages[index].name
    let wasVerified = verifiedDigests[place.cluster] == from
    guard let to = wasVerified ? digestsBefore[place.cluster] : verifiedDigests[place.cluster], to != from,
      hold(of: to, on: place.cluster, inStage: name) == nil
    else { return nil }
    // Who was left out as the rollout verified the stage goes back to what came before that.
    let own = wasVerified || verified[name]?.rollout == rollout.id ? verifiedBefore[name] : verified[name]
    // Who moved here has it from another stage.
    let source = own ?? lastVerified(before: rollout)
    return Return(
      place: place, stage: index, from: from,
      to: Assignment(
        cluster: place.cluster, app: app, digest: to, release: source?.release ?? rollout.digest,
        rollout: source?.rollout ?? rollout.id))
  }

  /// What any stage verified last that another rollout brought.
  private func lastVerified(before rollout: Rollout) -> VerifiedStage? {
    let others = [verified, verifiedBefore].flatMap(\.values).filter { $0.rollout != rollout.id }
    return others.max { ($0.time, $0.rollout) < ($1.time, $1.rollout) }
  }

  private mutating func hold(_ returns: [Return], _ rollout: Rollout, _ cause: RollbackCause, _ step: inout Step) {
    let bad = withdrawn(of: rollout, cause).merging(returns.map { ($0.place.cluster, $0.from) }) { $1 }
    holds.append(
      Hold(
        number: nextHold, isAutomatic: cause.isAutomatic, stages: Set(cause.stages.map { rollout.stages[$0].name }),
        digests: Set(bad.values), clusters: bad, actor: cause.actor, reason: cause.reason, rollout: rollout.id,
        time: step.now))
    nextHold += 1
  }

  private mutating func take(
    _ goes: Return, back rollout: inout Rollout, _ cause: RollbackCause, _ ground: inout Ground, _ step: inout Step
  ) {
    let cluster = goes.place.cluster
    if ground.isOutside(cluster) { return takeBackOutside(goes.to, &ground, &step) }
    if !cause.isOfStage {
      rollout.stages[goes.stage].lane.end(cluster, .rolledBack, "is rolled back by \(cause.actor)", &step)
    } else if rollout.stages[goes.stage].unchanged.remove(cluster) != nil {
      rollout.stages[goes.stage].held.insert(cluster)
    }
    loose.end(cluster, "\(rollout.id) is rolled back", &step)
    guard ground.isOnline(cluster) else { return ground.assign(goes.to, &step) }
    var rules = rollout.stages[goes.stage].lane.rules
    rules.soak = .zero
    rules.freezes = []
    let lane = Lane(
      app: app, rollout: goes.to.rollout, release: goes.to.release, rules: rules, gate: rollout.gate)
    let size = rollout.stages[goes.stage].lane.tracks.count + rollout.stages[goes.stage].unchanged.count
    let track = ClusterTrack(
      name: goes.place.name, target: goes.to.digest, state: .pending, reason: "is rolled back by \(cause.actor)",
      at: step.now
    )
    loose.add(
      cluster, track, like: lane, purpose: .rollingBack, width: cause.width?.roundedDown(of: size) ?? Int.max, &step)
  }

  /// What was taken back is verified no longer.
  private mutating func forgetVerified(
    by rollout: Rollout, _ returns: [Return], _ cause: RollbackCause, _ ground: Ground
  ) {
    for goes in returns where verifiedDigests[goes.place.cluster] != goes.to.digest {
      verifiedDigests[goes.place.cluster] = goes.to.digest
      digestsBefore[goes.place.cluster] = nil
    }
    for index in cause.stages {
      let stage = rollout.stages[index]
      guard let now = verified[stage.name], now.rollout == rollout.id || cause.isOfStage else { continue }
      verified[stage.name] = verifiedBefore.removeValue(forKey: stage.name)
      // Who had nothing before keeps what it runs, and passes its gates with whatever comes next.
      for (cluster, track) in stage.lane.tracks where track.target == verifiedDigests[cluster] {
        if brought(by: stage, cluster, ground) { verifiedDigests[cluster] = nil }
      }
      for (cluster, target) in stage.outside where target == verifiedDigests[cluster] {
        if gaveOutside(cluster, rollout, ground) { verifiedDigests[cluster] = nil }
      }
    }
  }

  /// What a rollback withdraws where there is nothing to go back to: it is taken back as well.
  private func withdrawn(of rollout: Rollout, _ cause: RollbackCause) -> [ClusterUID: AppDigest] {
    guard !cause.isOfStage else { return [:] }
    let offered = cause.stages.flatMap { rollout.stages[$0].lane.tracks.filter { $0.value.state == .offered } }
    return Dictionary(offered.map { ($0.key, $0.value.target) }, uniquingKeysWith: { $1 })
  }

  /// Offers of what is held now that nobody has taken, on clusters that nothing was verified for.
  private mutating func withdrawTheRest(
    of rollout: inout Rollout, _ cause: RollbackCause, _ ground: inout Ground, _ step: inout Step
  ) {
    for index in cause.stages {
      for place in rollout.stages[index].lane.places
      where rollout.stages[index].lane.tracks[place.cluster]?.state == .offered {
        rollout.stages[index].lane.withdraw(place.cluster, &ground, &step)
        rollout.stages[index].lane.end(place.cluster, .rolledBack, "the offer is withdrawn", &step)
      }
      for cluster in rollout.stages[index].outside.keys.sorted() where gaveOutside(cluster, rollout, ground) {
        takeAwayOutside(cluster, &ground, &step)
      }
    }
  }

  private func finish(_ rollout: inout Rollout, _ count: Int, _ cause: RollbackCause, _ step: inout Step) {
    if let index = rollout.currentStage, rollout.stages[index].state != .pending, rollout.stages[index].state != .halted
    {
      rollout.moveStage(index, to: .halted, "rolled back by \(cause.actor)", &step)
    }
    let reason = "\(counted(count, "cluster")) rolled back by \(cause.actor): \(cause.reason)"
    rollout.move(to: .rolledBack, reason, &step)
    rollout.pauses = []
    rollout.alert(.rolledBack, reason, &step)
    for index in rollout.stages.indices { rollout.stages[index].lane.stopWatching(&step) }
  }
}
