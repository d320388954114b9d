internal import FleetModel

/// Digests of an app that are assigned to nobody: Docs/rollouts.md, "Holds".
struct Hold: Hashable {
  /// Among the app's holds.
  var number: Int
  /// Whether it ends by itself as Git asks for something else.
  var isAutomatic: Bool
  /// The stages that it covers; none for all.
  var stages: Set<String>
  var digests: Set<AppDigest>
  /// What was held of each cluster that was rolled back, while Git asks for it.
  var clusters: [ClusterUID: AppDigest]
  /// Clusters for which Git has asked for something else since: for those it is over.
  var lifted: Set<ClusterUID> = []
  var actor: String
  var reason: String
  /// The rollout that was rolled back; nil where none was.
  var rollout: String?
  var time: Timestamp

  func holds(_ digest: AppDigest, on cluster: ClusterUID, inStage stage: String) -> Bool {
    digests.contains(digest) && (stages.isEmpty || stages.contains(stage)) && !lifted.contains(cluster)
  }

  var words: String { rollout.map { "held since \($0) was rolled back" } ?? "held by \(actor): \(reason)" }
}

extension AppRollouts {
  /// The hold that keeps the digest from the cluster; nil where none does.
  func hold(of digest: AppDigest, on cluster: ClusterUID, inStage stage: String) -> Hold? {
    holds.isEmpty ? nil : holds.first { $0.holds(digest, on: cluster, inStage: stage) }
  }

  /// Ends automatic holds, cluster by cluster, where Git asks for something else.
  mutating func liftWhereChanged(_ clusters: [ClusterUID: AppDigest], _ step: inout Step) {
    for index in holds.indices where holds[index].isAutomatic {
      for (cluster, digest) in holds[index].clusters {
        guard let next = clusters[cluster], next != digest else { continue }
        holds[index].clusters[cluster] = nil
        holds[index].lifted.insert(cluster)
        step.changed = true
      }
    }
    holds.removeAll { $0.isAutomatic && $0.clusters.isEmpty }
  }

  /// A member that left needs no hold.
  mutating func forgetHolds(of cluster: ClusterUID) {
    for index in holds.indices {
      holds[index].clusters[cluster] = nil
      holds[index].lifted.remove(cluster)
    }
    holds.removeAll { $0.isAutomatic && $0.clusters.isEmpty }
  }

  /// Takes out of the way what is held from now on and has not been pulled.
  mutating func enforceHolds(_ ground: inout Ground, _ step: inout Step) {
    enforceHoldsBeside(&ground, &step)
    withCurrent { app, rollout in app.enforceHolds(on: &rollout, &ground, &step) }
  }

  mutating func enforceHoldsBeside(_ ground: inout Ground, _ step: inout Step) {
    guard !holds.isEmpty else { return }
    enforceHoldsOutside(&ground, &step)
    for place in loose.places { enforceHoldBeside(on: place.cluster, &ground, &step) }
  }

  mutating func enforceHoldBeside(on cluster: ClusterUID, _ ground: inout Ground, _ step: inout Step) {
    // Nothing holds up the way back.
    guard let entry = loose.entry(of: cluster), entry.purpose != .rollingBack,
      let target = entry.lane.tracks[cluster]?.target,
      let hold = hold(of: target, on: cluster, inStage: entry.lane.rules.name)
    else { return }
    loose.update(cluster) { $0.hold(cluster, hold.words, &ground, &step) }
  }

  mutating func enforceHolds(on rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step) {
    for index in rollout.stages.indices {
      for place in rollout.stages[index].lane.places {
        enforceHold(on: place.cluster, in: &rollout.stages[index].lane, &ground, &step)
      }
    }
  }

  func enforceHold(
    on cluster: ClusterUID, in lane: inout Lane, _ ground: inout Ground, _ step: inout Step
  ) {
    guard let target = lane.tracks[cluster]?.target,
      let hold = hold(of: target, on: cluster, inStage: lane.rules.name)
    else { return }
    lane.hold(cluster, hold.words, &ground, &step)
  }
}
