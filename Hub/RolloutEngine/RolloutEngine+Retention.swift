public import FleetModel

extension RolloutEngine {
  /// Every app digest that is assigned, was verified, or that a rollout may assign yet: what is none of these can be
  /// forgotten, and is rendered again where it comes back.
  public var digestsInUse: Set<AppDigest> {
    apps.values.reduce(into: Set(ground.apps.values.flatMap { $0.assigned.values.map(\.digest) })) { found, app in
      found.formUnion(app.digestsInUse)
    }
  }
}

extension RolloutEngine {
  /// Every rollout that is the last of its app, that a cluster still moves by, that a stage was verified with last or
  /// before that, or that a hold is of.
  public var rolloutsInUse: Set<String> {
    apps.values.reduce(into: []) { found, app in
      if let current = app.current { found.insert(current.id) }
      found.formUnion(app.verified.values.map(\.rollout))
      found.formUnion(app.verifiedBefore.values.map(\.rollout))
      found.formUnion(app.holds.compactMap(\.rollout))
      found.formUnion(app.loose.entries.values.map(\.lane.rollout))
      found.formUnion(app.outsiders.values.map(\.rollout).filter { !$0.isEmpty })
      found.formUnion(app.outsiders.values.compactMap { $0.due?.assignment.rollout })
      found.formUnion(app.outsiders.values.compactMap { $0.pulled?.rollout })
    }
  }
}

extension RolloutEngine {
  /// What an app is, or may yet become without another commit, on each cluster: whatever a next release takes away there
  /// is in one of these. Empty for an app that no release was rendered of.
  public func possibleDigests(ofApp name: String) -> [ClusterUID: Set<AppDigest>] {
    guard let app = apps[name] else { return [:] }
    var found: [ClusterUID: Set<AppDigest>] = [:]
    app.forEachPossible { found[$0, default: []].insert($1) }
    for (cluster, assignment) in ground.apps[name]?.assigned ?? [:] {
      found[cluster, default: []].insert(assignment.digest)
    }
    return found
  }
}

extension AppRollouts {
  fileprivate var digestsInUse: Set<AppDigest> {
    var found: Set<AppDigest> = []
    forEachPossible { found.insert($1) }
    return found
  }

  /// Everything that was verified for a cluster or that a rollout may assign to it yet.
  fileprivate func forEachPossible(_ body: (ClusterUID, AppDigest) -> Void) {
    for digests in [
      latest.clusters, known, verifiedDigests, digestsBefore, current?.release.clusters ?? [:],
      queued?.release.clusters ?? [:],
    ] {
      for (cluster, digest) in digests { body(cluster, digest) }
    }
    for (cluster, outsider) in outsiders {
      if let due = outsider.due { body(cluster, due.assignment.digest) }
      if let pulled = outsider.pulled { body(cluster, pulled.digest) }
    }
    let lanes = (current?.stages.map(\.lane) ?? []) + loose.entries.values.map(\.lane)
    for lane in lanes {
      for (cluster, track) in lane.tracks {
        body(cluster, track.target)
        if let before = track.before { body(cluster, before.digest) }
      }
    }
  }
}
