internal import Digests
internal import FleetModel
internal import ReleasePipeline
internal import RolloutEngine
internal import Wire

// How holds, suspensions and freezes are spelt on the wire.

extension FlotillaV1.Hold {
  init(_ hold: HoldStatus, of app: String) {
    self.init()
    number = Int64(hold.number)
    self.app = app
    automatic = hold.isAutomatic
    stages = hold.stages
    digests = hold.digests.map(\.digest.bytes)
    clusters = Int64(hold.clusters)
    actor = hold.actor
    reason = hold.reason
    rollout = hold.rollout ?? ""
    sinceUnixMs = hold.time.milliseconds
  }
}

extension FlotillaV1.QueuedRelease {
  init(_ queued: QueuedRelease) {
    self.init(commit: queued.commit, release: queued.release.digest.bytes, reason: queued.reason)
  }
}

extension FlotillaV1.Suspension {
  /// - Parameter cluster: what the cluster is called, where the scope is one.
  init(_ suspension: SuspensionStatus, cluster: String) {
    self.init()
    switch suspension.scope {
    case .app(let name): scope = .app(name)
    case .cluster: scope = .cluster(cluster)
    case .environment(let name): scope = .environment(name)
    }
    actor = suspension.actor
    reason = suspension.reason
    sinceUnixMs = suspension.time.milliseconds
  }
}

extension FlotillaV1.FreezeRule {
  init(_ status: FreezeStatus) {
    self.init()
    let freeze = status.freeze
    switch freeze.kind {
    case .deny: kind = .deny
    case .allow: kind = .allow
    }
    environments = freeze.environments
    schedule = freeze.schedule
    durationMs = freeze.duration.inMilliseconds
    timeZone = freeze.timeZone
    reason = freeze.reason
    window = status.window.map { $0.isOpen ? .open : .closed } ?? .unspecified
    untilUnixMs = status.window?.until?.milliseconds ?? 0
  }
}
