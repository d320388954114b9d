internal import FleetModel

/// Everything the engine holds of one app.
struct AppRollouts {
  /// The last release that a stage verified, and the rules by which others follow it.
  struct VerifiedStage: Hashable {
    var rollout: String
    var release: ReleaseDigest
    var commit: String
    var time: Timestamp
    var rules: StageRules
    var gate: AppDeclaration.Gate
    /// How many clusters the stage had.
    var size: Int
  }

  /// A release that waits for the rollout under way.
  struct Queued: Hashable {
    var release: Release
    var digest: ReleaseDigest
    var strategy: Strategy
    var guarded: [ClusterUID: Int]
    /// Whether the rollout under way is to end first.
    var waitsForEnd: Bool
    /// Between the starts of two rollouts.
    var interval: Duration
  }

  let app: String
  /// The number of the next rollout.
  var nextNumber = 1
  /// As the last commit looked at declares it.
  var plan: AppPlan
  var observedCommit: String
  /// The last release that was rendered, and the clusters that joined since.
  var latest: Release
  /// Of that release as it was rendered.
  var latestDigest: ReleaseDigest
  /// Of that release, by cluster: how many objects it takes away that need a person's word first.
  var latestGuarded: [ClusterUID: Int] = [:]
  /// The app digest of every member, by the last release that was taken up, or by its amendment.
  var known: [ClusterUID: AppDigest] = [:]
  var current: Rollout?
  /// Clusters that move outside the rollout under way.
  var loose = LooseLanes()
  /// By air-gapped cluster: where it stands with what it is assigned.
  var outsiders: [ClusterUID: Outsider] = [:]
  /// By stage.
  var verified: [String: VerifiedStage] = [:]
  /// By cluster: what its stage verified for it.
  var verifiedDigests: [ClusterUID: AppDigest] = [:]
  /// By stage and by cluster: what was verified before what is.
  var verifiedBefore: [String: VerifiedStage] = [:]
  var digestsBefore: [ClusterUID: AppDigest] = [:]
  var holds: [Hold] = []
  var nextHold = 1
  var queued: Queued? { didSet { scheduledQueue = nil } }
  /// The instant that was asked for last to start what is queued; found again after a start.
  var scheduledQueue: Timestamp?
  /// Clusters whose stage changed since the last commit looked at, with the stage they had.
  var moved: [ClusterUID: String] = [:]
  /// Clusters that joined, with the commits at which they are being rendered.
  var awaiting: [ClusterUID: Set<String>] = [:]
  /// Whether clusters joined that no rollout takes along yet.
  var needsFollowUp = false
  /// By stage: how many releases were superseded while they waited before it.
  var supersededWhileWaiting: [String: Int] = [:]

  init(app: String, plan: AppPlan, commit: String) {
    self.app = app
    self.plan = plan
    observedCommit = commit
    latest = Release(app: app, commit: commit, clusters: [:])
    latestDigest = latest.digest
  }
}

extension AppRollouts {
  /// Whether what is assigned to the cluster, what its stage verified and the target are all the same.
  func isSettled(_ cluster: ClusterUID, on target: AppDigest, _ ground: Ground) -> Bool {
    verifiedDigests[cluster] == target && ground.assignment(of: app, on: cluster)?.digest == target
  }

  /// A stage has verified the digest for the cluster.
  mutating func verify(_ digest: AppDigest, for cluster: ClusterUID) {
    if let before = verifiedDigests[cluster], before != digest { digestsBefore[cluster] = before }
    verifiedDigests[cluster] = digest
  }

  /// Works on the rollout under way.
  mutating func withCurrent(_ body: (inout AppRollouts, inout Rollout) -> Void) {
    // Taken out meanwhile, so that its storage has one owner and changes in place.
    guard var rollout = current else { return }
    current = nil
    body(&self, &rollout)
    current = rollout
  }
}
