internal import FleetModel

/// Clusters that go from one release to the next by the same rules: those of a stage that a rollout changes.
///
/// All changes of a track go through `update`, which keeps the counts, the queue, the deadlines and the log.
struct Lane {
  let app: String
  let rollout: String
  let release: ReleaseDigest
  var rules: StageRules
  let gate: AppDeclaration.Gate
  private(set) var tracks: [ClusterUID: ClusterTrack] = [:]
  private(set) var counts = LaneCounts()
  /// Pending clusters that may be offered the release, by name; some may have moved on since.
  private var ready = PriorityQueue<Place>()

  init(app: String, rollout: String, release: ReleaseDigest, rules: StageRules, gate: AppDeclaration.Gate) {
    self.app = app
    self.rollout = rollout
    self.release = release
    self.rules = rules
    self.gate = gate
  }
}

extension Lane {
  /// Adds a cluster, or puts it in the place of one that is no longer concerned.
  mutating func add(_ cluster: ClusterUID, _ track: ClusterTrack, _ step: inout Step) {
    if let old = tracks[cluster] { counts.add(old, -1) }
    tracks[cluster] = track
    counts.add(track, 1)
    followUp(cluster, track, oldDue: nil, &step)
    step.changed = true
  }

  /// Takes a cluster out without a word: something else goes on with it.
  @discardableResult
  mutating func take(_ cluster: ClusterUID) -> ClusterTrack? {
    guard let track = tracks.removeValue(forKey: cluster) else { return nil }
    counts.add(track, -1)
    return track
  }

  /// Changes a cluster's track, and its state where the change says so. The one way to do either.
  mutating func update(
    _ cluster: ClusterUID, _ step: inout Step, _ change: (inout ClusterTrack) -> Move?
  ) {
    guard let old = tracks[cluster] else { return }
    var track = old
    if let move = change(&track) {
      step.record(.cluster(cluster, rollout: rollout, app: app), from: old.state, to: move.to, move.reason)
      assert(old.state.successors.contains(move.to), "\(old.state) → \(move.to) is not in the table")
      track.state = move.to
      track.reason = move.reason
      track.changedAt = step.now
      if move.to.isFailure { alert(cluster, track, &step) }
    }
    guard track != old else { return }
    step.changed = true
    counts.add(old, -1)
    counts.add(track, 1)
    tracks[cluster] = track
    followUp(cluster, track, oldDue: old.due(rules), &step)
  }

  private func alert(_ cluster: ClusterUID, _ track: ClusterTrack, _ step: inout Step) {
    step.act(
      .alert(
        RolloutAlert(
          kind: .clusterFailed, app: app, rollout: rollout, stage: rules.name, cluster: cluster,
          reason: "\(track.name) \(track.reason)")))
  }

  private mutating func followUp(_ cluster: ClusterUID, _ track: ClusterTrack, oldDue: Timestamp?, _ step: inout Step) {
    let due = track.due(rules)
    if let due, due != oldDue { step.dues.append(Due(time: due, app: app, cluster: cluster)) }
    if let oldDue, due != oldDue { step.movedDues.append(Due(time: oldDue, app: app, cluster: cluster)) }
    if track.state == .pending, track.readyAt == nil { enqueue(cluster, track) }
    step.touch(app)
  }

  private mutating func enqueue(_ cluster: ClusterUID, _ track: ClusterTrack) {
    ready.insert(Place(name: track.name, cluster: cluster))
  }

  /// Takes over tracks that were stored.
  mutating func restore(_ stored: [ClusterUID: ClusterTrack]) {
    tracks = stored
    counts = LaneCounts()
    for track in stored.values { counts.add(track, 1) }
    for (cluster, track) in stored where track.state == .pending && track.readyAt == nil { enqueue(cluster, track) }
  }

  /// Puts a pending cluster back in line: what it waited for may have come.
  mutating func requeue(_ cluster: ClusterUID, _ step: inout Step) {
    guard let track = tracks[cluster], track.state == .pending, track.readyAt == nil else { return }
    enqueue(cluster, track)
    step.touch(app)
  }

  /// Puts every pending cluster back in line.
  mutating func requeueAll(_ step: inout Step) {
    for cluster in tracks.keys { requeue(cluster, &step) }
  }

  /// The next cluster in line that can be heard, or nil. It leaves the line.
  mutating func nextReady(_ ground: Ground) -> ClusterUID? {
    while let place = ready.popFirst() {
      if let track = tracks[place.cluster], track.state == .pending, track.readyAt == nil,
        ground.isOnline(place.cluster)
      {
        return place.cluster
      }
    }
    return nil
  }
}

// MARK: Offers

extension Lane {
  /// The next cluster in line that nothing holds back. It leaves the line.
  mutating func nextOfferable(_ ground: Ground, _ step: inout Step) -> ClusterUID? {
    while let cluster = nextReady(ground) {
      guard let problem = obstacle(to: cluster, ground) else { return cluster }
      // Out of line until news of it puts it back.
      update(cluster, &step) { track in
        track.reason = problem
        return nil
      }
    }
    return nil
  }

  /// What holds back a cluster whose turn it is.
  func obstacle(to cluster: ClusterUID, _ ground: Ground) -> String? {
    ground.freeze(of: cluster, under: rules.freezes) ?? ground.missingDependency(of: app, on: cluster)
  }

  /// Assigns the release to a cluster that came out of line.
  /// - Parameters:
  ///   - isFinal: whether the offer stands whatever becomes of it: then withdrawing it changes nothing.
  ///   - due: what the cluster should have had by now, and gets where the offer is withdrawn.
  mutating func offer(
    to cluster: ClusterUID, _ reason: String, isFinal: Bool = false, due: Assignment? = nil, _ ground: inout Ground,
    _ step: inout Step
  ) {
    guard let target = tracks[cluster]?.target else { return }
    let offer = Assignment(cluster: cluster, app: app, digest: target, release: release, rollout: rollout)
    let before = isFinal ? offer : due ?? ground.assignment(of: app, on: cluster)
    ground.assign(offer, &step)
    let now = step.now
    update(cluster, &step) { track in
      track.beginOffer(at: now, before: before)
      return Move(.offered, reason)
    }
    judge(cluster, ground, &step)
  }

  /// Takes an offer back that the agent has not taken: the assignment is again what it was before.
  mutating func withdraw(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    guard let track = tracks[cluster], track.state == .offered else { return }
    if let before = track.before {
      ground.assign(before, &step)
    } else {
      ground.withdraw(app, from: cluster, &step)
    }
  }
}

// MARK: What happens to a cluster

extension Lane {
  /// Takes in what is known of the cluster and what it was assigned.
  mutating func judge(_ cluster: ClusterUID, _ ground: Ground, _ step: inout Step) {
    guard let track = tracks[cluster] else { return }
    let verdict = ground.verdict(of: app, on: cluster, digest: track.target, gate: gate)
    let rules = rules
    let now = step.now
    update(cluster, &step) { $0.judge(verdict, rules: rules, at: now) }
  }

  mutating func tick(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    guard let track = tracks[cluster], let due = track.due(rules), due <= step.now else { return }
    if track.state == .offered { withdraw(cluster, &ground, &step) }
    let rules = rules
    let now = step.now
    update(cluster, &step) { $0.tick(rules, at: now) }
  }

  mutating func accept(_ digest: AppDigest, by cluster: ClusterUID, _ step: inout Step) {
    let now = step.now
    update(cluster, &step) { track in
      guard track.state == .offered, track.target == digest else { return nil }
      track.pull(at: now)
      return Move(.pulled, "verified its bundle and holds what it names")
    }
  }

  mutating func refuse(by cluster: ClusterUID, _ reason: String, _ step: inout Step) {
    update(cluster, &step) { track in
      track.state == .offered ? Move(.failed, "refused what it was offered: \(reason)") : nil
    }
  }

  mutating func progressPull(of cluster: ClusterUID, _ step: inout Step) {
    let now = step.now
    update(cluster, &step) { track in
      if track.state == .offered { track.offeredAt = now }
      return nil
    }
  }

  mutating func disconnect(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    guard let track = tracks[cluster] else { return }
    if track.state == .offered { withdraw(cluster, &ground, &step) }
    update(cluster, &step) { track in
      track.isAvailable = false
      track.degradedSince = nil
      guard track.state == .pending || track.state.isInFlight else { return nil }
      let reason = track.state == .offered ? "went offline before it pulled; the offer is withdrawn" : "went offline"
      track.readyAt = nil
      track.soakFrom = nil
      return Move(.offline, reason)
    }
  }

  /// Nothing new reaches the cluster from here on; what it has pulled goes on.
  mutating func suspend(_ cluster: ClusterUID, _ reason: String, _ ground: inout Ground, _ step: inout Step) {
    withdraw(cluster, &ground, &step)
    update(cluster, &step) { track in
      guard track.state == .pending || track.state == .offered else { return nil }
      track.readyAt = nil
      return Move(.offline, track.state == .offered ? "\(reason); the offer is withdrawn" : reason)
    }
  }

  /// What the release gives the cluster is held from here on; what it has pulled goes on.
  mutating func hold(_ cluster: ClusterUID, _ reason: String, _ ground: inout Ground, _ step: inout Step) {
    guard let state = tracks[cluster]?.state, state.successors.contains(.skipped(.held)) else { return }
    withdraw(cluster, &ground, &step)
    end(cluster, .skipped(.held), reason, &step)
  }

  /// The cluster is back: it waits its turn, from this instant on.
  mutating func reconnect(_ cluster: ClusterUID, readyAt: Timestamp?, _ step: inout Step) {
    update(cluster, &step) { track in
      guard track.state == .offline || track.state == .timedOut else { return nil }
      track.readyAt = readyAt
      return Move(.pending, readyAt == nil ? "is back online" : "is back online; catches up with its stage")
    }
  }

  mutating func forgetEvidence(deadlinesFrom floor: Timestamp, _ step: inout Step) {
    for cluster in tracks.keys {
      update(cluster, &step) { track in
        track.forgetEvidence(deadlinesFrom: floor)
        return nil
      }
    }
  }

  mutating func end(_ cluster: ClusterUID, _ state: ClusterState, _ reason: String, _ step: inout Step) {
    update(cluster, &step) { track in
      track.readyAt = nil
      // Who was rolled back, or is out already, stays that.
      return track.state.successors.contains(state) ? Move(state, reason) : nil
    }
  }

  /// The cluster starts again, online or not.
  mutating func retry(_ cluster: ClusterUID, _ reason: String, _ ground: Ground, _ step: inout Step) {
    let isReachable = ground.isReachable(cluster)
    update(cluster, &step) { track in
      guard track.state.isFailure else { return nil }
      track.reset()
      return Move(isReachable ? .pending : .offline, reason)
    }
  }

  /// What is assigned, asked for and verified is the same by now: nothing is left to do there.
  mutating func skipUnchanged(_ ground: Ground, verified: [ClusterUID: AppDigest], _ step: inout Step) {
    let unchanged = tracks.filter { cluster, track in
      track.target == verified[cluster] && track.state.isToCome
        && ground.assignment(of: app, on: cluster)?.digest == track.target
    }
    for place in unchanged.map({ Place(name: $0.value.name, cluster: $0.key) }).sorted() {
      end(place.cluster, .skipped(.noChange), "runs what the release asks for, and its stage verified it", &step)
    }
  }

  /// After the rollout ended nobody looks at clusters that have soaked.
  mutating func stopWatching(_ step: inout Step) {
    for cluster in tracks.keys {
      update(cluster, &step) { track in
        if track.state == .soaked { track.degradedSince = nil }
        return nil
      }
    }
  }

  func due(_ cluster: ClusterUID) -> Timestamp? { tracks[cluster]?.due(rules) }

  /// The clusters in their fixed order.
  var places: [Place] { tracks.map { Place(name: $0.value.name, cluster: $0.key) }.sorted() }

  /// Up to three clusters that failed, with why.
  var failures: String {
    let failed = places.filter { tracks[$0.cluster]?.state.isFailure == true }
    let named = failed.prefix(3).map { "\($0.name) \(tracks[$0.cluster]?.reason ?? "")" }
    return named.joined(separator: "; ") + (failed.count > 3 ? "; and \(failed.count - 3) more" : "")
  }
}
