internal import FleetModel

/// An app on an air-gapped cluster as it is shown.
public struct OutsideStatus: Hashable, Sendable {
  /// Where it stands with what it is assigned.
  public var state: ClusterState
  /// Why, and what it waits for: one sentence.
  public var reason: String

  public init(state: ClusterState, reason: String) {
    self.state = state
    self.reason = reason
  }
}

extension AppRollouts {
  /// The clusters outside a stage, with where each stands with what the rollout gives it.
  func outsideStatuses(_ index: Int, in rollout: Rollout, _ ground: Ground) -> [ClusterStatus] {
    rollout.stages[index].outside.compactMap { cluster, target in
      guard let outsider = outsiders[cluster] else { return nil }
      let shown = shownOutside(cluster, outsider, target, index, rollout, ground)
      return ClusterStatus(
        cluster: cluster, name: ground.name(of: cluster), state: shown.to, target: target,
        assigned: ground.assignment(of: app, on: cluster)?.digest, reason: shown.reason,
        changedAt: shown.to == outsider.state ? outsider.changedAt : rollout.stages[index].changedAt, deadline: nil,
        soakRestarts: 0, isOutside: true)
    }
  }

  /// Why an app is on a cluster outside as it is; nil for one inside, or that the app does not concern.
  func explainOutside(_ cluster: ClusterUID, _ ground: Ground) -> String? {
    guard let outsider = outsiders[cluster] else { return nil }
    let name = ground.name(of: cluster)
    if let rollout = current, let index = rollout.stages.firstIndex(where: { $0.outside[cluster] != nil }),
      let target = rollout.stages[index].outside[cluster]
    {
      let shown = shownOutside(cluster, outsider, target, index, rollout, ground)
      return "\(name) is \(shown.to) in \(rollout.id): \(shown.reason)"
    }
    return "\(name) is \(outsider.state): \(outsider.reason)"
  }

  private func shownOutside(
    _ cluster: ClusterUID, _ outsider: Outsider, _ target: AppDigest, _ index: Int, _ rollout: Rollout, _ ground: Ground
  ) -> Move {
    let stage = rollout.stages[index]
    let assigned = ground.assignment(of: app, on: cluster)?.digest
    let meanwhile = assigned == nil ? "" : "; until then it is \(outsider.state): \(outsider.reason)"
    if let due = outsider.due, due.assignment.digest == target {
      return Move(.pending, "stage \(due.stage) verified it; \(obstacle(to: due, ground) ?? "it comes in a moment")")
    }
    if stage.outsideToCome.contains(cluster), stage.state != .succeeded {
      return Move(.pending, "follows once stage \(stage.name) has verified what \(rollout.id) gives it\(meanwhile)")
    }
    if assigned == target { return Move(outsider.state, outsider.reason) }
    if let hold = hold(of: target, on: cluster, inStage: stage.name) { return Move(.skipped(.held), hold.words) }
    if rollout.state == .rolledBack { return Move(.rolledBack, "is taken back\(meanwhile)") }
    return Move(.pending, "stage \(stage.name) verified nothing for it\(meanwhile)")
  }
}
