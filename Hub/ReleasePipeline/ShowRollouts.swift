public import FleetModel
public import FleetStore
public import Manifests
public import RolloutEngine

/// A rollout with what is shown beside it.
public struct RolloutView: Sendable {
  public var status: RolloutStatus
  /// What is known of its commit; nil where nothing is kept any longer.
  public var commit: ObservedCommit?
  /// Clusters of the app that move outside the rollout; of the app's last rollout only.
  public var beside: [LooseClusterStatus] = []
  /// Of the app's last rollout only.
  public var holds: [HoldStatus] = []
  /// A release that waits for this rollout.
  public var queued: QueuedRelease?
}

/// What keeps releases from clusters, beside their own gates.
public struct RestraintsView: Sendable {
  /// By app.
  public var holds: [(app: String, hold: HoldStatus)]
  public var suspensions: [SuspensionStatus]
  public var freezes: [FreezeStatus]
}

extension FleetQueries {
  /// Rollouts of an app, or of all when it is nil; the last started first.
  public func rollouts(of app: String?, limit: Int) async throws(FleetError) -> [RolloutStatus] {
    var statuses: [RolloutStatus] = []
    for record in try await store.rollouts(of: app, limit: limit) { statuses.append(try await current(record)) }
    return statuses
  }

  public func rollout(_ id: String) async throws(FleetError) -> RolloutStatus {
    guard let record = try await store.rollout(id) else { throw .unknownRollout(id) }
    return try await current(record)
  }

  /// The newest rollout of an app.
  public func rollout(ofApp app: String) async throws(FleetError) -> RolloutStatus {
    guard let record = try await store.rollouts(of: app, limit: 1).first else {
      throw FleetError(
        .rolloutUnknown, "the app has no rollout", at: .init(app: app), nextStep: "see `flotilla get apps`")
    }
    return try await current(record)
  }

  /// What the engine holds is newer than what is stored: reasons and deadlines move without a transition.
  private func current(_ record: RolloutRecord) async throws(FleetError) -> RolloutStatus {
    let id = record.id
    if let live = await rollouts.read({ $0.status(ofRollout: id) }) { return live }
    return try RolloutStatus(record: record)
  }

  /// What a stage deletes that a person has to let go first, by the cluster's name.
  public func deletions(
    rollout id: String, stage name: String
  ) async throws(FleetError) -> [(cluster: String, deletion: GuardedDeletion)] {
    let status = try await rollout(id)
    guard let stage = status.stages.first(where: { $0.name == name }) else {
      throw FleetError(
        .stageUnknown, "rollout \(id) has no stage \(name)", nextStep: "see `flotilla rollout status \(id)`")
    }
    let waiting = stage.clusters.filter { $0.state == .pending || $0.state == .offline }
    let stored = try await store.guardedDeletions(
      of: waiting.map { Takeover(cluster: $0.cluster, digest: $0.target, commit: status.commit) })
    return waiting.flatMap { cluster in
      (stored[Takeover(cluster: cluster.cluster, digest: cluster.target, commit: status.commit)] ?? []).map {
        (cluster.name, $0)
      }
    }
  }

  /// A rollout with its commit and with what moves beside it.
  public func view(of status: RolloutStatus) async throws(FleetError) -> RolloutView {
    var view = RolloutView(status: status, commit: try await commit(status.commit))
    let (id, app) = (status.id, status.app)
    if let app = await rollouts.read({ $0.status(ofApp: app) }), app.rollout?.id == id {
      (view.beside, view.holds, view.queued) = (app.beside, app.holds, app.queued)
    }
    return view
  }

  /// Holds, suspensions and freezes; holds of one app where it is named.
  public func restraints(of app: String?) async -> RestraintsView {
    await rollouts.read { engine in
      RestraintsView(
        holds: engine.appStatuses.filter { app == nil || $0.app == app }.flatMap { status in
          status.holds.map { (status.app, $0) }
        }, suspensions: engine.suspensions, freezes: engine.freezes)
    }
  }

  /// What a cluster is called.
  public func name(of cluster: ClusterUID) async -> String { await rollouts.read { $0.name(of: cluster) } }

  public func commit(_ id: String) async throws(FleetError) -> ObservedCommit? { try await store.observedCommit(id) }
}
