internal import FleetModel
internal import Manifests

// Why something is as it is and what it waits for, in a sentence.

extension Rollout {
  static let unchangedReason = "the release changes nothing there"
  static let heldReason = "what the release gives it is held"

  func explain(_ ground: Ground) -> String {
    guard state == .running, let index = currentStage else { return reason }
    let stage = stages[index]
    // What it waits for says by itself that it waits.
    if stage.state.isWaiting { return "stage \(stage.name): \(explainStage(index, ground))" }
    return "stage \(stage.name) is \(stage.state): \(explainStage(index, ground))"
  }

  func explainStage(_ index: Int, _ ground: Ground) -> String {
    let stage = stages[index]
    switch stage.state {
    case .pending:
      if state != .running { return "the rollout is \(state)" }
      return currentStage.map { "waits for stage \(stages[$0].name)" } ?? stage.reason
    case .rolling, .soaking:
      if state != .running { return "the rollout is \(state): \(reason)" }
      return stage.explainRolling(ground)
    case .awaitingBefore(.approval): return stage.approvedBefore.map(explainApproval) ?? stage.approvalWish
    case .awaitingAfter: return stage.approvedAfter.map(explainApproval) ?? stage.reason
    case .awaitingBefore(.confirmation): return explainDeletions(index)
    case .awaitingBefore(.freeze): return freeze(ofStage: index, ground) ?? stage.reason
    default: return stage.reason
    }
  }

  /// Why a stage stands still that was approved.
  private func explainApproval(_ approval: StageTrack.Approval) -> String {
    "was approved by \(approval.actor); the rollout is \(state): \(reason)"
  }

  /// What a stage asks a person about.
  func explainDeletions(_ index: Int) -> String {
    let deletions = guardedDeletions(ofStage: index)
    return "deletes \(counted(deletions.objects, "guarded object")) on \(counted(deletions.clusters, "cluster")) "
      + "and waits for a confirmation"
  }

  /// What goes on with a cluster in this rollout; nil where it is not concerned.
  func explain(_ cluster: ClusterUID, _ ground: Ground) -> String? {
    if let index = stage(of: cluster), let track = stages[index].lane.tracks[cluster] {
      return "\(track.name) is \(track.state) in \(id): \(explainCluster(cluster, index, ground))"
    }
    let name = ground.name(of: cluster)
    if unmatched.contains(cluster) { return "\(name) is left out of \(id): no stage of the pipeline matches it" }
    if stages.contains(where: { $0.held.contains(cluster) }) {
      return "\(name) is \(ClusterState.skipped(.held)) in \(id): \(Rollout.heldReason)"
    }
    guard stages.contains(where: { $0.unchanged.contains(cluster) }) else { return nil }
    return "\(name) is \(ClusterState.skipped(.noChange)) in \(id): \(Rollout.unchangedReason)"
  }

  func explainCluster(_ cluster: ClusterUID, _ index: Int, _ ground: Ground) -> String {
    let stage = stages[index]
    guard let track = stage.lane.tracks[cluster] else { return "" }
    let hasSucceeded = stage.state == .succeeded
    switch track.state {
    case .offline:
      if ground.isOnline(cluster), let suspension = ground.suspension(of: cluster) { return suspension.words }
      return hasSucceeded
        ? "is offline; it catches up with stage \(stage.name) when it is back"
        : "is offline; it takes its turn when it is back"
    case .pending:
      if let held = stage.lane.explainPending(cluster, ground) { return held }
      if hasSucceeded { return "waits for a free slot to catch up with stage \(stage.name)" }
      if state != .running { return "the rollout is \(state)" }
      return stage.state == .pending ? "its stage \(explainStage(index, ground))" : stage.explainTurn
    default: return track.reason
    }
  }
}

extension StageState {
  /// Whether it is a gate, and no cluster, that the stage waits for.
  fileprivate var isWaiting: Bool {
    switch self {
    case .awaitingBefore, .awaitingAfter, .analyzing: true
    default: false
    }
  }
}

extension StageTrack {
  /// Why a cluster that nothing else holds back is not offered the release yet.
  fileprivate var explainTurn: String {
    if state.isWaiting { return "waits for its stage: \(state == .awaitingBefore(.approval) ? approvalWish : reason)" }
    guard state.isOpen else { return "stage \(name) is \(state)" }
    let counts = lane.counts
    if counts.started >= width {
      return "waits for wave \(wave + 1) of \(lane.rules.waveCount) to pass: \(counts.soaked) of \(width) soaked"
    }
    return "waits for a free slot: \(counts.inFlight) in flight"
  }

  fileprivate func explainRolling(_ ground: Ground) -> String {
    let counts = lane.counts
    let progress = "wave \(wave + 1) of \(lane.rules.waveCount): \(counts.soaked) of \(width) soaked"
    if counts.inFlight > 0 { return "\(progress), \(counts.inFlight) in flight" }
    if counts.wavering > 0 { return "\(progress); \(counted(counts.wavering, "soaked cluster")) degraded since" }
    if counts.pending > 0 { return "\(progress); \(explainFirstPending(ground))" }
    if counts.available < neededAvailable {
      return "\(counts.available) of \(counted(counts.changed, "changed cluster")) available, \(neededAvailable) needed"
        + offlineNames
    }
    return progress + offlineNames
  }

  private func explainFirstPending(_ ground: Ground) -> String {
    let first = lane.places.first { lane.tracks[$0.cluster]?.state == .pending }
    guard let first else { return "" }
    return "\(first.name) \(lane.explainPending(first.cluster, ground) ?? explainTurn)"
  }

  private var offlineNames: String {
    let names = lane.places.filter { lane.tracks[$0.cluster]?.state == .offline }.map(\.name)
    guard !names.isEmpty else { return "" }
    return "; offline: " + names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " …" : "")
  }
}

extension LooseLanes.Entry {
  func explain(_ cluster: ClusterUID, _ ground: Ground) -> String {
    guard let track = lane.tracks[cluster] else { return "" }
    switch track.state {
    case .offline:
      if ground.isOnline(cluster), let suspension = ground.suspension(of: cluster) { return suspension.words }
      return "is offline; it catches up with stage \(lane.rules.name) when it is back"
    case .pending where purpose == .rollingBack:
      return "waits for a free slot to go back: \(lane.counts.inFlight) of \(width) taken"
    case .pending:
      return lane.explainPending(cluster, ground)
        ?? "waits for a free slot to catch up: \(lane.counts.inFlight) of \(width) taken"
    default: return track.reason
    }
  }
}

extension Lane {
  /// What holds back a pending cluster by itself; nil where only its turn has not come.
  fileprivate func explainPending(_ cluster: ClusterUID, _ ground: Ground) -> String? {
    if ground.members[cluster]?.link == .unheard { return "was not heard since the hub started" }
    if tracks[cluster]?.readyAt != nil { return "is back online; it catches up in a moment" }
    if ground.silence.isActive { return Silence.pauseReason }
    return obstacle(to: cluster, ground)
  }
}
