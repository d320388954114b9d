internal import FleetModel
internal import Manifests

// The state as it is shown. What waits says what for; everything else why it is as it is.

extension AppRollouts {
  func status(_ ground: Ground, withClusters: Bool) -> AppRolloutStatus {
    AppRolloutStatus(
      app: app, observedCommit: observedCommit,
      rollout: current.map { status(of: $0, ground, withClusters: withClusters) },
      verified: verified.mapValues {
        VerifiedRelease(rollout: $0.rollout, release: $0.release, commit: $0.commit, time: $0.time)
      },
      beside: withClusters ? besideStatuses(ground) : [], holds: holds.map(\.status),
      queued: queued.map {
        QueuedRelease(commit: $0.release.commit, release: $0.digest, reason: queueReason ?? "starts now")
      })
  }

  func status(of rollout: Rollout, _ ground: Ground, withClusters: Bool) -> RolloutStatus {
    RolloutStatus(
      id: rollout.id, app: app, release: rollout.digest, commit: rollout.release.commit, state: rollout.state,
      reason: rollout.explain(ground), startedAt: rollout.startedAt, changedAt: rollout.changedAt,
      endedAt: rollout.state.isEnded ? rollout.changedAt : nil, isUnverified: rollout.gate == .synced,
      stages: rollout.stages.indices.map { status(of: $0, in: rollout, ground, withClusters: withClusters) },
      unmatched: rollout.unmatched.map(ground.name).sorted { $0.precedesInBytes($1) })
  }

  private func status(
    of index: Int, in rollout: Rollout, _ ground: Ground, withClusters: Bool
  ) -> StageStatus {
    let stage = rollout.stages[index]
    return StageStatus(
      name: stage.name, state: stage.state, reason: rollout.explainStage(index, ground), changedAt: stage.changedAt,
      wave: stage.hasBegun ? stage.wave + 1 : 0, waves: stage.lane.rules.waveCount, counts: stage.shownCounts,
      approval: stage.shownApproval, deletions: rollout.shownDeletions(index), nextDeadline: stage.lane.nextDeadline,
      supersededWhileWaiting: supersededWhileWaiting[stage.name] ?? 0,
      clusters: withClusters
        ? (rollout.clusterStatuses(index, ground) + outsideStatuses(index, in: rollout, ground)).sorted {
          Place(name: $0.name, cluster: $0.cluster) < Place(name: $1.name, cluster: $1.cluster)
        } : [])
  }

  private func besideStatuses(_ ground: Ground) -> [LooseClusterStatus] {
    loose.ordered.flatMap { key in
      guard let entry = loose.entries[key] else { return [] as [LooseClusterStatus] }
      return entry.lane.places.compactMap { place in
        entry.lane.status(place.cluster, ground) { entry.explain(place.cluster, ground) }.map {
          LooseClusterStatus(
            rollout: key.rollout, stage: key.stage, isCatchingUp: entry.purpose == .catchingUp,
            isRollingBack: entry.purpose == .rollingBack, status: $0)
        }
      }
    }
  }
}

extension StageTrack {
  fileprivate var shownCounts: StageStatus.Counts {
    var counts = StageStatus.Counts()
    counts.pending = lane.counts.pending
    counts.inFlight = lane.counts.inFlight
    counts.soaked = lane.counts.soaked
    counts.failed = lane.counts.failed
    counts.offline = lane.counts.offline
    counts.excluded = lane.counts.excluded
    counts.unchanged = unchanged.count
    counts.held = held.count
    counts.outside = outside.count
    return counts
  }

  fileprivate var shownApproval: StageStatus.Approval? {
    if let given = approvedAfter ?? (lane.rules.approvalAfter && state == .awaitingAfter ? nil : approvedBefore) {
      return StageStatus.Approval(actor: given.actor, time: given.time)
    }
    let isAsked = lane.rules.approvalBefore || lane.rules.approvalAfter
    return isAsked ? StageStatus.Approval(actor: nil, time: nil) : nil
  }
}

extension Lane {
  fileprivate var nextDeadline: Timestamp? { tracks.values.lazy.compactMap { $0.due(rules) }.min() }

  fileprivate func status(
    _ cluster: ClusterUID, _ ground: Ground, _ explain: () -> String
  ) -> ClusterStatus? {
    tracks[cluster].map { track in
      ClusterStatus(
        cluster: cluster, name: track.name, state: track.state, target: track.target,
        assigned: ground.assignment(of: app, on: cluster)?.digest, reason: explain(), changedAt: track.changedAt,
        deadline: track.due(rules), soakRestarts: track.restarts)
    }
  }
}

extension Hold {
  fileprivate var status: HoldStatus {
    HoldStatus(
      number: number, isAutomatic: isAutomatic, stages: stages.sorted { $0.precedesInBytes($1) },
      digests: digests.sorted { $0.description < $1.description }, clusters: clusters.count, actor: actor,
      reason: reason, rollout: rollout, time: time)
  }
}

extension Rollout {
  /// A cluster that the rollout leaves as it is.
  private func untouched(
    _ cluster: ClusterUID, _ state: ClusterState, _ reason: String, _ ground: Ground
  ) -> ClusterStatus? {
    release.clusters[cluster].map { target in
      ClusterStatus(
        cluster: cluster, name: ground.name(of: cluster), state: state, target: target,
        assigned: ground.assignment(of: app, on: cluster)?.digest, reason: reason, changedAt: startedAt, deadline: nil,
        soakRestarts: 0)
    }
  }

  fileprivate func shownDeletions(_ index: Int) -> StageStatus.Deletions? {
    let deletions = guardedDeletions(ofStage: index)
    let actor = stages[index].confirmedDeletions?.actor
    guard deletions.objects > 0 || actor != nil else { return nil }
    return StageStatus.Deletions(objects: deletions.objects, clusters: deletions.clusters, actor: actor)
  }

  fileprivate func clusterStatuses(_ index: Int, _ ground: Ground) -> [ClusterStatus] {
    let changed = stages[index].lane.places.compactMap { place in
      stages[index].lane.status(place.cluster, ground) { explainCluster(place.cluster, index, ground) }
    }
    let unchanged = stages[index].unchanged.compactMap {
      untouched($0, .skipped(.noChange), Rollout.unchangedReason, ground)
    }
    let held = stages[index].held.compactMap { untouched($0, .skipped(.held), Rollout.heldReason, ground) }
    return changed + unchanged + held
  }
}
