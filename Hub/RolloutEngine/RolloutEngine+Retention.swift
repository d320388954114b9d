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

extension AppRollouts {
  fileprivate var digestsInUse: Set<AppDigest> {
    var found = Set(latest.clusters.values)
    found.formUnion(known.values)
    found.formUnion(verifiedDigests.values)
    let lanes = (current?.stages.map(\.lane) ?? []) + loose.entries.values.map(\.lane)
    for track in lanes.flatMap(\.tracks.values) {
      found.insert(track.target)
      if let before = track.before { found.insert(before.digest) }
    }
    found.formUnion(current?.release.clusters.values.map(\.self) ?? [])
    return found
  }
}
