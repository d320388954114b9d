internal import FleetModel

/// Clusters that move outside the rollout under way: Docs/rollouts.md, "A loose track".
struct LooseLanes {
  enum Purpose: String, Hashable, CaseIterable {
    /// In flight when the rollout was superseded: they finish or fail.
    case settling = "Settling"
    /// They take what their stage has verified.
    case catchingUp = "CatchingUp"
    /// They go back to what was verified before.
    case rollingBack = "RollingBack"
  }

  struct Key: Hashable {
    var rollout: String
    var stage: String
    var purpose: Purpose
  }

  /// The clusters of one stage of one earlier rollout that have the same purpose.
  struct Entry {
    var lane: Lane
    var purpose: Purpose
    /// How many may be in flight at once.
    var width: Int

    var key: Key { Key(rollout: lane.rollout, stage: lane.rules.name, purpose: purpose) }
  }

  private(set) var entries: [Key: Entry] = [:]
  private(set) var keys: [ClusterUID: Key] = [:]
}

extension LooseLanes {
  func entry(of cluster: ClusterUID) -> Entry? { keys[cluster].flatMap { entries[$0] } }

  /// What a cluster is given beside the rollout under way; nil for any other.
  func target(of cluster: ClusterUID) -> AppDigest? { entry(of: cluster)?.lane.tracks[cluster]?.target }

  /// What a cluster that waits to go back will be assigned; nil for any other.
  func pendingReturn(of cluster: ClusterUID) -> Assignment? {
    guard let entry = entry(of: cluster), entry.purpose == .rollingBack,
      let track = entry.lane.tracks[cluster], track.state == .pending
    else { return nil }
    return Assignment(
      cluster: cluster, app: entry.lane.app, digest: track.target, release: entry.lane.release,
      rollout: entry.lane.rollout)
  }

  /// The entries in a fixed order.
  var ordered: [Key] {
    entries.keys.sorted { ($0.rollout, $0.stage, $0.purpose.rawValue) < ($1.rollout, $1.stage, $1.purpose.rawValue) }
  }

  /// The clusters that catch up and were not offered anything, in their fixed order.
  var notInFlight: [Place] {
    entries.values.filter { $0.purpose != .rollingBack }.flatMap { entry in
      entry.lane.tracks.lazy.filter { !$0.value.state.isInFlight }.map { Place(name: $0.value.name, cluster: $0.key) }
    }.sorted()
  }

  /// Every cluster, in the fixed order.
  var places: [Place] { entries.values.flatMap(\.lane.places).sorted() }

  /// Adds a cluster to the lane that this one is like, which is made where there is none.
  mutating func add(
    _ cluster: ClusterUID, _ track: ClusterTrack, like lane: Lane, purpose: Purpose, width: Int,
    _ step: inout Step
  ) {
    end(cluster, "\(lane.rollout) takes it over", &step)
    let empty = Entry(
      lane: Lane(app: lane.app, rollout: lane.rollout, release: lane.release, rules: lane.rules, gate: lane.gate),
      purpose: purpose, width: width)
    var entry = entries.removeValue(forKey: empty.key) ?? empty
    entry.lane.add(cluster, track, &step)
    entries[entry.key] = entry
    keys[cluster] = entry.key
  }

  /// Takes over a lane that was stored.
  mutating func insert(_ entry: Entry) {
    for cluster in entry.lane.tracks.keys { keys[cluster] = entry.key }
    entries[entry.key] = entry
  }

  /// Changes a cluster's lane, and drops the cluster where it has got as far as it goes.
  mutating func update(_ cluster: ClusterUID, _ change: (inout Lane) -> Void) {
    guard let key = keys[cluster], var entry = entries.removeValue(forKey: key) else { return }
    change(&entry.lane)
    if let state = entry.lane.tracks[cluster]?.state, !entry.purpose.goesOn(in: state) {
      entry.lane.take(cluster)
      keys[cluster] = nil
    }
    if !entry.lane.tracks.isEmpty { entries[key] = entry }
  }

  /// Ends a cluster's track: the rollout under way has reached it.
  mutating func end(_ cluster: ClusterUID, _ reason: String, _ step: inout Step) {
    update(cluster) { $0.end(cluster, .superseded, reason, &step) }
  }
}

extension LooseLanes.Entry {
  fileprivate var hasFreeSlot: Bool { purpose != .settling && lane.counts.inFlight < width }
}

extension LooseLanes.Purpose {
  fileprivate func goesOn(in state: ClusterState) -> Bool {
    switch self {
    case .settling: state.isInFlight
    case .catchingUp: state.isInFlight || state == .pending || state == .offline || state == .timedOut
    case .rollingBack: state.isInFlight || state == .pending
    }
  }
}

extension LooseLanes {
  /// Offers to clusters that catch up what their stage has verified, and to those that are rolled back what was before.
  mutating func advance(onlyRollbacks: Bool, _ ground: inout Ground, _ step: inout Step) {
    for key in ordered where !onlyRollbacks || key.purpose == .rollingBack {
      while entries[key].map(\.hasFreeSlot) == true, let cluster = nextOfferable(key, ground, &step) {
        update(cluster) {
          $0.offer(to: cluster, key.offerReason, isFinal: key.purpose == .rollingBack, &ground, &step)
        }
      }
    }
  }

  private mutating func nextOfferable(_ key: Key, _ ground: Ground, _ step: inout Step) -> ClusterUID? {
    guard var entry = entries.removeValue(forKey: key) else { return nil }
    defer { entries[key] = entry }
    // Nothing holds up the way back.
    return key.purpose == .rollingBack ? entry.lane.nextReady(ground) : entry.lane.nextOfferable(ground, &step)
  }

  /// - Parameter isReached: whether the rollout under way has begun the cluster's stage.
  mutating func disconnect(
    _ cluster: ClusterUID, isReached: Bool, _ ground: inout Ground, _ step: inout Step
  ) {
    guard let purpose = keys[cluster].flatMap({ entries[$0]?.purpose }) else { return }
    if purpose == .rollingBack { return disconnectRollback(cluster, &ground, &step) }
    if purpose == .catchingUp && !isReached {
      update(cluster) { $0.disconnect(cluster, &ground, &step) }
    } else {
      update(cluster) { lane in
        lane.withdraw(cluster, &ground, &step)
        lane.end(cluster, .superseded, "went offline, and a newer rollout is under way", &step)
      }
    }
  }

  /// A cluster on its way back takes what it should when it can be heard again: it is assigned it.
  private mutating func disconnectRollback(_ cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    update(cluster) { lane in
      if lane.tracks[cluster]?.state == .pending {
        lane.offer(to: cluster, "went offline", isFinal: true, &ground, &step)
      }
      lane.end(cluster, .superseded, "went offline; it finds what it goes back to when it can be heard", &step)
    }
  }

  mutating func forEachLane(_ body: (inout Lane) -> Void) {
    for key in ordered {
      guard var entry = entries.removeValue(forKey: key) else { continue }
      body(&entry.lane)
      entries[key] = entry
    }
  }

  mutating func forgetEvidence(deadlinesFrom floor: Timestamp, _ step: inout Step) {
    for key in entries.keys { entries[key]?.lane.forgetEvidence(deadlinesFrom: floor, &step) }
  }
}

extension LooseLanes.Key {
  fileprivate var offerReason: String {
    purpose == .rollingBack
      ? "goes back to what stage \(stage) verified before" : "catches up with what stage \(stage) verified"
  }
}
