internal import Digests
internal import FleetModel

// Clusters that join, move and leave: Docs/rollouts.md, "The fleet".

extension AppRollouts {
  /// Asks for the app on a cluster that joined: at the commit its stage verified, at the one under way and at the one
  /// that waits.
  mutating func join(_ member: FleetMember, _ step: inout Step) {
    var commits: [String] = []
    if let verified = verifiedStage(of: member) { commits.append(verified.commit) }
    for commit in [commitToJoin(member), queued?.release.commit].compactMap({ $0 }) where !commits.contains(commit) {
      commits.append(commit)
    }
    guard !commits.isEmpty else { return }
    awaiting[member.cluster] = Set(commits)
    for commit in commits { step.act(.renderAmendment(cluster: member.cluster, app: app, commit: commit)) }
  }

  func verifiedStage(of member: FleetMember) -> VerifiedStage? {
    let strategy = Strategy(plan)
    return strategy.stage(of: member).flatMap { verified[strategy.stages[$0].name] }
  }

  /// The commit that a cluster would have to be rendered at to join the rollout under way; nil when it need not, or
  /// cannot, join one.
  private func commitToJoin(_ member: FleetMember) -> String? {
    guard let rollout = current else { return observedCommit }
    guard rollout.release.clusters[member.cluster] == nil else { return nil }
    switch rollout.state {
    case .planned, .running, .paused, .failed: return rollout.release.commit
    case .succeeded: return verifiedStage(of: member) == nil ? rollout.release.commit : nil
    case .superseded, .aborted, .rolledBack: return nil
    }
  }

  /// Asks again for clusters that joined and that the release now under way does not know.
  mutating func askAgain(at commit: String, without clusters: [ClusterUID: AppDigest], _ step: inout Step) {
    for cluster in awaiting.keys.sorted() where clusters[cluster] == nil {
      guard awaiting[cluster]?.insert(commit).inserted == true else { continue }
      step.act(.renderAmendment(cluster: cluster, app: app, commit: commit))
    }
  }

  /// What was asked for is known.
  mutating func amend(_ amendment: Amendment, _ ground: inout Ground, _ step: inout Step) {
    step.changed = true
    let cluster = amendment.cluster
    awaiting[cluster]?.remove(amendment.commit)
    if awaiting[cluster]?.isEmpty == true { awaiting[cluster] = nil }
    if let digest = amendment.digest, let member = ground.members[cluster]?.facts {
      followVerified(member, digest, at: amendment.commit, &ground, &step)
      joinCurrent(member, digest, at: amendment.commit, &ground, &step)
      joinQueued(cluster, digest, at: amendment.commit)
      // Where the cluster was in it already, its file has changed since.
      if latest.commit == amendment.commit, latest.clusters[cluster] != nil { latest.clusters[cluster] = digest }
    }
    // The commit looked at last may say something else than the one that the cluster joined at.
    if awaiting[cluster] == nil, latest.clusters[cluster] != nil, latest.clusters[cluster] != known[cluster] {
      takeLatest(&ground, &step)
    }
  }

  /// Lets a cluster that joined take what its stage has verified.
  private mutating func followVerified(
    _ member: FleetMember, _ digest: AppDigest, at commit: String, _ ground: inout Ground, _ step: inout Step
  ) {
    guard let verified = verifiedStage(of: member), verified.commit == commit else { return }
    let wasSettled = isSettled(member.cluster, on: digest, ground)
    verify(digest, for: member.cluster)
    guard hold(of: digest, on: member.cluster, inStage: verified.rules.name) == nil else { return }
    known[member.cluster] = known[member.cluster] ?? digest
    if ground.isOutside(member.cluster) {
      let assignment = Assignment(
        cluster: member.cluster, app: app, digest: digest, release: verified.release, rollout: verified.rollout)
      if !wasSettled { grant(assignment, inStage: verified.rules.name, &ground, &step) }
    } else if !wasSettled, !isReached(member.cluster), !isOnItsWay(member.cluster, to: digest) {
      catchUp(member, digest, verified, ground, &step)
    }
  }

  /// Lets a cluster take what its stage has verified, beside the rollout under way.
  mutating func catchUp(
    _ member: FleetMember, _ digest: AppDigest, _ verified: VerifiedStage, _ ground: Ground, _ step: inout Step
  ) {
    let isOffline = ground.members[member.cluster]?.link != .online || ground.suspension(of: member.cluster) != nil
    let track = ClusterTrack(
      name: member.name, target: digest, state: isOffline ? .offline : .pending,
      reason: "joined; takes what stage \(verified.rules.name) verified", at: step.now)
    let lane = Lane(
      app: app, rollout: verified.rollout, release: verified.release, rules: verified.rules,
      gate: verified.gate)
    loose.add(
      member.cluster, track, like: lane, purpose: .catchingUp, width: verified.rules.catchUpWidth(of: verified.size),
      &step)
  }

  /// Whether the cluster catches up with this, or goes back to it.
  private func isOnItsWay(_ cluster: ClusterUID, to digest: AppDigest) -> Bool {
    loose.entry(of: cluster).map { $0.purpose != .settling && $0.lane.tracks[cluster]?.target == digest } ?? false
  }

  /// Takes a cluster that joined along in the rollout under way, or makes one for it.
  private mutating func joinCurrent(
    _ member: FleetMember, _ digest: AppDigest, at commit: String, _ ground: inout Ground, _ step: inout Step
  ) {
    guard current != nil else {
      guard commit == observedCommit else { return }
      latest.commit = commit
      latest.clusters[member.cluster] = digest
      start(latest, latest.digest, Strategy(plan), latestGuarded, &ground, &step)
      return
    }
    withCurrent { app, rollout in
      guard rollout.release.commit == commit, rollout.release.clusters[member.cluster] == nil else { return }
      rollout.release.clusters[member.cluster] = digest
      app.known[member.cluster] = digest
      if app.latest.commit == commit { app.latest.clusters[member.cluster] = digest }
      guard let index = rollout.strategy.stage(of: member) else {
        guard rollout.promotedTo == nil else { return }
        rollout.unmatched.insert(member.cluster)
        rollout.alertUnmatched(member.cluster, ground, &step)
        return
      }
      if ground.isOutside(member.cluster) {
        app.noteOutsider(member.cluster, inStage: rollout.stages[index].name, ground, &step)
        rollout.enterOutside(member.cluster, digest, index)
        step.touch(app.app)
        guard rollout.stages[index].state == .succeeded, app.verifiedDigests[member.cluster] != digest else { return }
        app.needsFollowUp = app.needsFollowUp || rollout.promotedTo == nil
      } else if app.hold(of: digest, on: member.cluster, inStage: rollout.stages[index].name) != nil {
        rollout.hold(member.cluster, index)
      } else if app.isSettled(member.cluster, on: digest, ground) || app.loose.target(of: member.cluster) == digest {
        rollout.leaveUnchanged(member.cluster, index)
      } else if rollout.stages[index].state != .succeeded {
        rollout.enter(Place(name: member.name, cluster: member.cluster), digest, index, ground, &step)
      } else if app.verifiedDigests[member.cluster] != digest, rollout.promotedTo == nil {
        app.needsFollowUp = true
        step.touch(app.app)
      }
    }
  }

  /// Takes a cluster that joined along in the release that waits.
  private mutating func joinQueued(_ cluster: ClusterUID, _ digest: AppDigest, at commit: String) {
    guard queued?.release.commit == commit else { return }
    queued?.release.clusters[cluster] = digest
    if latest.commit == commit { latest.clusters[cluster] = digest }
  }

  /// A member's file changed: until the app's next commit its stage is the later of the two.
  mutating func move(_ old: FleetMember, to new: FleetMember, _ ground: inout Ground, _ step: inout Step) {
    let strategy = Strategy(plan)
    guard known[old.cluster] != nil, let before = stage(of: old, in: strategy), strategy.stage(of: new) != before
    else { return }
    if hasYetToCatchUp(old.cluster), ground.assignment(of: app, on: old.cluster) == nil {
      // What its old stage verified is not for it any longer, and there is nothing that it would keep.
      leave(old.cluster, "moved to another stage before it took anything", &ground, &step)
      verifiedDigests[old.cluster] = nil
      return join(new, &step)
    }
    moved[old.cluster] = strategy.stages[before].name
    step.changed = true
  }

  /// Whether what an earlier stage verified is meant for the cluster, and was not offered to it yet.
  private func hasYetToCatchUp(_ cluster: ClusterUID) -> Bool {
    if outsiders[cluster]?.due != nil { return true }
    guard let entry = loose.entry(of: cluster), entry.purpose == .catchingUp else { return false }
    return entry.lane.tracks[cluster]?.state.isInFlight == false
  }

  /// Ends what a cluster was to catch up with at another stage than the one that a rollout has it in: it has not passed
  /// the gates of that one.
  mutating func forgetCatchUp(of cluster: ClusterUID, nowIn stage: String, _ step: inout Step) {
    if let due = outsiders[cluster]?.due, due.stage != stage {
      outsiders[cluster]?.due = nil
      step.changed = true
    }
    guard hasYetToCatchUp(cluster), let before = loose.entry(of: cluster)?.lane.rules.name, before != stage else {
      return
    }
    loose.end(cluster, "is in stage \(stage) now: what stage \(before) verified is not for it", &step)
  }

  /// A cluster is no member any longer. It keeps what it runs.
  mutating func leave(_ cluster: ClusterUID, _ reason: String, _ ground: inout Ground, _ step: inout Step) {
    known[cluster] = nil
    latest.clusters[cluster] = nil
    moved[cluster] = nil
    awaiting[cluster] = nil
    queued?.release.clusters[cluster] = nil
    forgetHolds(of: cluster)
    forgetOutsider(cluster, reason, &step)
    loose.update(cluster) { lane in
      lane.withdraw(cluster, &ground, &step)
      lane.end(cluster, .skipped(.removed), reason, &step)
    }
    withCurrent { _, rollout in
      rollout.release.clusters[cluster] = nil
      rollout.unmatched.remove(cluster)
      for index in rollout.stages.indices {
        rollout.stages[index].unchanged.remove(cluster)
        rollout.stages[index].held.remove(cluster)
        rollout.stages[index].lane.withdraw(cluster, &ground, &step)
        rollout.stages[index].lane.end(cluster, .skipped(.removed), reason, &step)
      }
    }
  }
}

// MARK: Links

extension AppRollouts {
  /// The cluster may be offered something from here on.
  mutating func connect(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    withCurrent { app, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      let comesLate = rollout.stages[index].state == .succeeded
      let state = rollout.stages[index].lane.tracks[cluster]?.state
      if state == .offline || (state == .timedOut && comesLate) {
        let readyAt = comesLate ? app.catchUpTime(cluster, rollout.digest, step.now) : nil
        rollout.stages[index].lane.reconnect(cluster, readyAt: readyAt, &step)
      } else {
        rollout.stages[index].lane.requeue(cluster, &step)
      }
      app.enforceHold(on: cluster, in: &rollout.stages[index].lane, &ground, &step)
    }
    guard let release = loose.entry(of: cluster)?.lane.release else { return }
    let readyAt = catchUpTime(cluster, release, step.now)
    loose.update(cluster) { lane in
      lane.reconnect(cluster, readyAt: readyAt, &step)
      lane.requeue(cluster, &step)
    }
    enforceHoldBeside(on: cluster, &ground, &step)
  }

  mutating func disconnect(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    withCurrent { _, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      rollout.stages[index].lane.disconnect(cluster, &ground, &step)
    }
    // Where the rollout's stage has begun, the cluster comes back to that and to nothing older.
    loose.disconnect(cluster, isReached: isReached(cluster), &ground, &step)
  }

  /// Nothing new reaches the cluster from here on.
  mutating func suspend(_ cluster: ClusterUID, _ reason: String, _ ground: inout Ground, _ step: inout Step) {
    suspendOutside(cluster, &ground, &step)
    withCurrent { _, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      rollout.stages[index].lane.suspend(cluster, reason, &ground, &step)
    }
    guard loose.entry(of: cluster)?.purpose == .catchingUp else { return }
    loose.update(cluster) { $0.suspend(cluster, reason, &ground, &step) }
  }

  /// Whether the rollout under way has begun the stage that the cluster is changed in.
  private func isReached(_ cluster: ClusterUID) -> Bool {
    guard let rollout = current, let index = rollout.stage(of: cluster) else { return false }
    guard rollout.stages[index].hasBegun, let state = rollout.stages[index].lane.tracks[cluster]?.state else {
      return false
    }
    if case .skipped = state { return false }
    return true
  }

  mutating func forgetEvidence(deadlinesFrom floor: Timestamp, _ step: inout Step) {
    withCurrent { _, rollout in
      for index in rollout.stages.indices {
        rollout.stages[index].lane.forgetEvidence(deadlinesFrom: floor, &step)
      }
    }
    loose.forgetEvidence(deadlinesFrom: floor, &step)
  }

  /// When a cluster that is back may catch up: soon, but not all at once. nil for at once.
  private func catchUpTime(_ cluster: ClusterUID, _ release: ReleaseDigest, _ now: Timestamp) -> Timestamp? {
    let bytes = Digest(of: "\(cluster)/\(app)/\(release)").bytes
    let share = Int64(bytes[0]) << 8 | Int64(bytes[1])
    let wait = (RolloutLimits.catchUpJitter.inMilliseconds * share) >> 16
    return wait == 0 ? nil : now + .milliseconds(wait)
  }
}

// MARK: What happens to a cluster

extension AppRollouts {
  /// Lets whatever is going on with the cluster take note, in the rollout under way and beside it.
  mutating func withTracks(of cluster: ClusterUID, _ body: (inout Lane) -> Void) {
    withCurrent { _, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      body(&rollout.stages[index].lane)
    }
    loose.update(cluster, body)
  }

  /// Whether anything is in flight on the cluster.
  func isInFlight(_ cluster: ClusterUID) -> Bool {
    let own = current.flatMap { rollout in
      rollout.stage(of: cluster).flatMap { rollout.stages[$0].lane.tracks[cluster]?.state.isInFlight }
    }
    if let outsider = outsiders[cluster] { return outsider.state != .healthy }
    return own == true || loose.entry(of: cluster)?.lane.tracks[cluster]?.state.isInFlight == true
  }

  /// For each of these clusters an instant has come, and where there is none for what is queued.
  mutating func tick(_ clusters: [ClusterUID?], _ ground: inout Ground, _ step: inout Step) {
    if clusters.contains(nil) {
      step.changed = true
      step.touch(app)
    }
    withCurrent { app, rollout in
      for case let cluster? in clusters {
        if let index = rollout.stage(of: cluster) { rollout.stages[index].lane.tick(cluster, &ground, &step) }
        app.loose.update(cluster) { $0.tick(cluster, &ground, &step) }
      }
    }
  }

  mutating func judge(_ cluster: ClusterUID, _ ground: Ground, _ step: inout Step) {
    let isWatching = current?.isWatching == true
    withCurrent { _, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      guard isWatching || rollout.stages[index].lane.tracks[cluster]?.state != .soaked else { return }
      rollout.stages[index].lane.judge(cluster, ground, &step)
    }
    loose.update(cluster) { $0.judge(cluster, ground, &step) }
    noteReportOutside(of: cluster, ground, &step)
    assess(cluster, ground, &step)
  }

  /// Puts a cluster back in line that may have waited for another app.
  mutating func dependencyChanged(on cluster: ClusterUID?, _ ground: inout Ground, _ step: inout Step) {
    if let cluster { give(cluster, &ground, &step) } else { giveWhatIsDue(&ground, &step) }
    func requeue(_ lane: inout Lane) {
      let clusters = cluster.map { [$0] } ?? Array(lane.tracks.keys)
      for cluster in clusters { lane.requeue(cluster, &step) }
    }
    withCurrent { _, rollout in
      for index in rollout.stages.indices { requeue(&rollout.stages[index].lane) }
    }
    loose.forEachLane(requeue)
  }

  /// Puts back in line who may have waited for a window: one cluster, or every one.
  mutating func freezesChanged(on cluster: ClusterUID? = nil, _ ground: inout Ground, _ step: inout Step) {
    step.touch(app)
    dependencyChanged(on: cluster, &ground, &step)
  }

  /// Every instant at which time alone changes something.
  var allDues: [Due] {
    let lanes = (current?.stages.map(\.lane) ?? []) + loose.entries.values.map(\.lane)
    let own = queueDue.map { [Due(time: $0, app: app, cluster: nil)] } ?? []
    return own
      + lanes.flatMap { lane in
        lane.tracks.keys.compactMap { cluster in
          lane.due(cluster).map { Due(time: $0, app: app, cluster: cluster) }
        }
      }
  }

  /// Whether time alone changes something about the cluster at this instant.
  func isDue(_ cluster: ClusterUID?, at time: Timestamp) -> Bool {
    guard let cluster else { return queueDue == time }
    let own = current.flatMap { rollout in
      rollout.stage(of: cluster).flatMap { rollout.stages[$0].lane.due(cluster) }
    }
    return own == time || loose.entry(of: cluster)?.lane.due(cluster) == time
  }
}
