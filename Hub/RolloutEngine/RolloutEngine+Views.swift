public import FleetModel
internal import Manifests

// What the state says, for the API and for a shell that starts again after a crash.

extension RolloutEngine {
  /// The members of the fleet, by uid.
  public var members: [FleetMember] { ground.members.values.map(\.facts).sorted { $0.cluster < $1.cluster } }

  public var memberCount: Int { ground.members.count }

  /// A cluster's name; its uid where it is no member.
  public func name(of cluster: ClusterUID) -> String { ground.name(of: cluster) }

  /// Whether a member can be heard now.
  public func isOnline(_ cluster: ClusterUID) -> Bool { ground.isOnline(cluster) }

  /// Whether a member stands outside the gates of its stages: it is air-gapped.
  public func isOutside(_ cluster: ClusterUID) -> Bool { ground.isOutside(cluster) }

  /// Where an air-gapped cluster stands with what it is assigned, by app; empty for any other.
  public func outsideStates(of cluster: ClusterUID) -> [String: ClusterState] {
    guard ground.isOutside(cluster) else { return [:] }
    return apps.compactMapValues { $0.outsiders[cluster]?.state }
  }

  /// The same, with why.
  public func outsideStatuses(of cluster: ClusterUID) -> [String: OutsideStatus] {
    guard ground.isOutside(cluster) else { return [:] }
    return apps.compactMapValues { app in
      app.outsiders[cluster].map {
        OutsideStatus(state: $0.state, reason: app.explainOutside(cluster, ground) ?? $0.reason)
      }
    }
  }

  /// Everything that a cluster should run, by app.
  public func assignments(of cluster: ClusterUID) -> [Assignment] {
    ground.appNames.compactMap { ground.assignment(of: $0, on: cluster) }
  }

  /// What the app's newest release is for each member that it names; nil for an app that no release was rendered of.
  public func latestDigests(ofApp app: String) -> [ClusterUID: AppDigest]? { apps[app]?.latest.clusters }

  /// What has been asked for with `RolloutAction.renderAmendment` and not been answered, in a fixed order.
  public var pendingAmendments: [RolloutAction] {
    ground.appNames.flatMap { name in
      (apps[name]?.awaiting ?? [:]).sorted { $0.key < $1.key }.flatMap { cluster, commits in
        commits.sorted().map { .renderAmendment(cluster: cluster, app: name, commit: $0) }
      }
    }
  }

  /// The clusters that amendments of an app have been asked for and not been answered.
  public func clustersAwaited(byApp app: String) -> Set<ClusterUID> { Set((apps[app]?.awaiting ?? [:]).keys) }

  /// What has been asked for with `RolloutAction.startAnalysis` and not been answered, in a fixed order.
  public var pendingAnalyses: [RolloutAction] {
    ground.appNames.flatMap { name -> [RolloutAction] in
      guard let rollout = apps[name]?.current, rollout.isWatching else { return [] }
      return rollout.stages.filter { $0.state == .analyzing && $0.analysis == nil }.map {
        .startAnalysis(rollout: rollout.id, stage: $0.name, number: $0.analyses, $0.lane.rules.analyses)
      }
    }
  }

  /// Every freeze that anything goes by: what `RolloutEvent.freezesChanged` has to tell of.
  public var freezesInUse: Set<Freeze> {
    apps.values.reduce(into: []) { found, app in
      found.formUnion(app.plan.freezes)
      let lanes = (app.current?.stages.map(\.lane) ?? []) + app.loose.entries.values.map(\.lane)
      let rules = lanes.map(\.rules) + app.verified.values.map(\.rules) + (app.queued?.strategy.stages ?? [])
      for rules in rules { found.formUnion(rules.freezes) }
    }
  }

  /// What operators suspended, in a fixed order.
  public var suspensions: [SuspensionStatus] {
    ground.suspensions.map { scope, suspension in
      SuspensionStatus(
        scope: scope, actor: suspension.actor, reason: suspension.reason, time: suspension.time)
    }.sorted { "\($0.scope)".precedesInBytes("\($1.scope)") }
  }

  /// Every app as rollouts see it, in the order of their names; without clusters.
  public var appStatuses: [AppRolloutStatus] {
    ground.appNames.compactMap { apps[$0]?.status(ground, withClusters: false) }
  }

  /// One app as rollouts see it, with all clusters; nil for an app that no release was rendered of.
  public func status(ofApp app: String) -> AppRolloutStatus? { apps[app]?.status(ground, withClusters: true) }

  /// A rollout, with all its clusters unless they are not wanted; nil for one that is not the last of its app.
  public func status(ofRollout id: String, withClusters: Bool = true) -> RolloutStatus? {
    guard let rollout = try? rollout(id), let app = apps[rollout.app] else { return nil }
    return app.status(of: rollout, ground, withClusters: withClusters)
  }

  /// Why an app is on a cluster as it is, and what it waits for: one sentence. nil where the app is unknown, or has
  /// nothing to do with the cluster.
  public func explain(app: String, on cluster: ClusterUID) -> String? {
    guard let app = apps[app] else { return nil }
    if let entry = app.loose.entry(of: cluster), let track = entry.lane.tracks[cluster] {
      return "\(track.name) is \(track.state) in \(entry.lane.rollout): \(entry.explain(cluster, ground))"
    }
    if let words = app.explainOutside(cluster, ground) { return words }
    guard let rollout = app.current else { return nil }
    return rollout.explain(cluster, ground)
  }
}
