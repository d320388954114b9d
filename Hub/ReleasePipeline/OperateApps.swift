import Digests
public import FleetModel
import FleetStore
public import Manifests
public import RolloutEngine

/// Which release of an app an operator means.
public enum NamedRelease: Sendable, Hashable {
  /// What Git asks for now.
  case latest
  case digest(ReleaseDigest)
  /// The one that a rollout carries.
  case rollout(String)
}

/// What an operator does to an app.
public enum AppAct: Sendable, Hashable {
  case rollBack(stage: String?, width: Width?)
  case hold(NamedRelease, stages: [String])
  case liftHold(Int)
  case promote(NamedRelease, stage: String)
}

/// What operators hold back, let go and take back.
extension RolloutOperations {
  public func operate(
    _ act: AppAct, on app: String, reason: String, by actor: Actor
  ) async throws(FleetError) {
    func acted(_ act: OperatorAct.Act) async throws(FleetError) {
      try await submit(
        OperatorAct(actor: actor.name, reason: reason, act: act), advice: "see `flotilla rollout status \(app)`")
    }
    switch act {
    case .rollBack(let stage, let width): try await acted(.rolledBack(app: app, stage: stage, width: width))
    case .liftHold(let number): try await acted(.holdLifted(app: app, hold: number))
    case .hold(let named, let stages):
      let held = Set(try await release(named, of: app).clusters.values)
      try await acted(.held(app: app, digests: held.sorted { "\($0)" < "\($1)" }, stages: stages))
    case .promote(let named, let stage):
      try await acted(.promoted(try await promoted(try await release(named, of: app)), stage: stage))
    }
  }

  public func suspend(_ scope: SuspensionScope, reason: String, by actor: Actor) async throws(FleetError) {
    var advice = "see `flotilla get suspensions`"
    if case .app(let name) = scope, await rollouts.read({ $0.status(ofApp: name) }) == nil {
      advice = "see `flotilla get apps`"
    }
    try await submit(OperatorAct(actor: actor.name, reason: reason, act: .suspended(scope)), advice: advice)
  }

  public func unsuspend(_ scope: SuspensionScope, reason: String, by actor: Actor) async throws(FleetError) {
    try await submit(
      OperatorAct(actor: actor.name, reason: reason, act: .unsuspended(scope)),
      advice: "see `flotilla get suspensions`")
  }

  /// The cluster that a scope names.
  public func scope(ofCluster name: String) async throws(FleetError) -> SuspensionScope {
    .cluster(try await store.uid(ofCluster: name))
  }

  // MARK: Releases

  private func release(_ named: NamedRelease, of app: String) async throws(FleetError) -> Release {
    switch named {
    case .latest:
      let latest = try await store.releases(of: app, limit: 1).first
      guard let latest else { throw .releaseUnknown("app \(app) has no release yet", app) }
      return try Release(canonicalBytes: latest.canonical, file: "\(latest.digest)")
    case .digest(let digest):
      guard let stored = try await store.release(digest), stored.app.hasSameBytes(as: app) else {
        throw .releaseUnknown("app \(app) has no release \(digest)", app)
      }
      return try Release(canonicalBytes: stored.canonical, file: "\(digest)")
    case .rollout(let id):
      guard let record = try await store.rollout(id), record.app.hasSameBytes(as: app) else {
        throw .releaseUnknown("app \(app) has no rollout \(id)", app)
      }
      if let stored = try await store.release(record.release) {
        return try Release(canonicalBytes: stored.canonical, file: "\(record.release)")
      }
      // One that the engine put together for clusters that joined was never stored by itself.
      let live = await rollouts.read { $0.status(ofRollout: id) }
      let status = if let live { live } else { try RolloutStatus(record: record) }
      let targets = status.stages.flatMap(\.clusters).map { ($0.cluster, $0.target) }
      return Release(
        app: app, commit: status.commit, clusters: Dictionary(targets, uniquingKeysWith: { $1 }))
    }
  }

  /// A release with what it takes away now. Refused when what it is made of is no longer kept.
  private func promoted(_ release: Release) async throws(FleetError) -> PromotedRelease {
    let app = release.app
    let contents = try await store.contents(of: Set(release.clusters.values))
    var manifests: Set<Digest> = []
    for (digest, bytes) in contents {
      if case .present(_, let set, _) = try AppContent(canonicalBytes: bytes, file: "\(digest)") {
        manifests.insert(set)
      }
    }
    guard contents.count == Set(release.clusters.values).count,
      try await store.missingBlobs(of: Array(manifests)).isEmpty
    else {
      throw FleetError(
        .releaseForgotten, "release \(release.digest) of \(app) is no longer kept whole", at: .init(app: app),
        nextStep: "commit it again: `git revert` what came after it")
    }
    let possible = await rollouts.read { $0.possibleDigests(ofApp: app) }
    // What other apps want there is left out of account: that counts too many rather than too few.
    let counted = try await DeletionCounter(store: store, lists: ObjectLists()).count(release, possible, others: [:])
    var deletions: [Takeover: [GuardedDeletion]] = [:]
    for (cluster, objects) in counted {
      guard let digest = release.clusters[cluster] else { continue }
      deletions[Takeover(cluster: cluster, digest: digest, commit: release.commit)] = objects
    }
    try await store.saveGuardedDeletions(deletions)
    return PromotedRelease(
      release: release, guardedDeletions: counted.mapValues(\.count).filter { $0.value > 0 })
  }
}

extension FleetError.Code {
  /// An app has no such release.
  public static let releaseUnknown = FleetError.Code("release-unknown")
  /// What a release is made of was collected.
  public static let releaseForgotten = FleetError.Code("release-forgotten")
}

extension FleetError {
  fileprivate static func releaseUnknown(_ message: String, _ app: String) -> FleetError {
    FleetError(
      .releaseUnknown, message, at: .init(app: app), nextStep: "see `flotilla rollout list --app \(app) -o wide`")
  }
}
