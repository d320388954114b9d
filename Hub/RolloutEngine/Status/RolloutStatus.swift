public import FleetModel

/// A rollout as it is shown.
public struct RolloutStatus: Hashable, Sendable {
  public var id: String
  public var app: String
  public var release: ReleaseDigest
  public var commit: String
  public var state: RolloutState
  /// Why it is in this state, and what it waits for: one sentence.
  public var reason: String
  public var startedAt: Timestamp
  /// When the state last changed.
  public var changedAt: Timestamp
  /// nil while it is under way.
  public var endedAt: Timestamp?
  /// Whether its gates ask for sync only: nothing it shows says that the app works.
  public var isUnverified: Bool
  /// In the order of promotion.
  public var stages: [StageStatus]
  /// Clusters that no stage matches, by name: they are rolled out nothing.
  public var unmatched: [String]

  public init(
    id: String, app: String, release: ReleaseDigest, commit: String, state: RolloutState, reason: String,
    startedAt: Timestamp, changedAt: Timestamp, endedAt: Timestamp?, isUnverified: Bool, stages: [StageStatus],
    unmatched: [String]
  ) {
    self.id = id
    self.app = app
    self.release = release
    self.commit = commit
    self.state = state
    self.reason = reason
    self.startedAt = startedAt
    self.changedAt = changedAt
    self.endedAt = endedAt
    self.isUnverified = isUnverified
    self.stages = stages
    self.unmatched = unmatched
  }
}

/// A stage of a rollout as it is shown.
public struct StageStatus: Hashable, Sendable {
  /// An approval that was given, or is asked for.
  public struct Approval: Hashable, Sendable {
    /// nil while it is asked for.
    public var actor: String?
    public var time: Timestamp?
    public init(actor: String?, time: Timestamp?) {
      self.actor = actor
      self.time = time
    }
  }

  /// What the stage takes away that needs a person's word.
  public struct Deletions: Hashable, Sendable {
    /// On clusters that have yet to be offered the release.
    public var objects: Int
    public var clusters: Int
    /// Who confirmed them; nil while nobody did.
    public var actor: String?
    public init(objects: Int, clusters: Int, actor: String?) {
      self.objects = objects
      self.clusters = clusters
      self.actor = actor
    }
  }

  /// How many of the stage's clusters stand where.
  public struct Counts: Hashable, Sendable {
    public var pending = 0
    public var inFlight = 0
    public var soaked = 0
    public var failed = 0
    public var offline = 0
    public var excluded = 0
    public var unchanged = 0
    /// Of those that were held when the rollout started.
    public var held = 0
    /// Air-gapped: they stand outside, and no other number counts them.
    public var outside = 0
    public init() {}
  }

  public var name: String
  public var state: StageState
  /// Why it is in this state, and what it waits for: one sentence.
  public var reason: String
  /// When the state last changed.
  public var changedAt: Timestamp
  /// The wave that is under way, counted from 1; 0 before the first.
  public var wave: Int
  public var waves: Int
  public var counts: Counts
  /// nil where the stage needs none.
  public var approval: Approval?
  /// nil where the stage takes nothing away that needs a word.
  public var deletions: Deletions?
  /// The next instant at which time alone changes something here: a soak that ends, a deadline.
  public var nextDeadline: Timestamp?
  /// How many releases were superseded while they waited before this stage, since it last succeeded.
  public var supersededWhileWaiting: Int
  /// In the order of their names' bytes; empty where clusters were not asked for.
  public var clusters: [ClusterStatus]

  public init(
    name: String, state: StageState, reason: String, changedAt: Timestamp, wave: Int, waves: Int, counts: Counts,
    approval: Approval?, deletions: Deletions? = nil, nextDeadline: Timestamp?, supersededWhileWaiting: Int,
    clusters: [ClusterStatus]
  ) {
    self.name = name
    self.state = state
    self.reason = reason
    self.changedAt = changedAt
    self.wave = wave
    self.waves = waves
    self.counts = counts
    self.approval = approval
    self.deletions = deletions
    self.nextDeadline = nextDeadline
    self.supersededWhileWaiting = supersededWhileWaiting
    self.clusters = clusters
  }
}

/// A cluster of a stage as it is shown.
public struct ClusterStatus: Hashable, Sendable {
  public var cluster: ClusterUID
  public var name: String
  public var state: ClusterState
  /// What the release gives the cluster.
  public var target: AppDigest
  /// What is assigned to it now; nil before the first.
  public var assigned: AppDigest?
  /// Why it is in this state, and what it waits for: one sentence.
  public var reason: String
  /// When the state last changed.
  public var changedAt: Timestamp
  /// When time alone will change the state; nil when it will not.
  public var deadline: Timestamp?
  /// How often its soak began anew.
  public var soakRestarts: Int
  /// Whether it is air-gapped: nothing waits for it, and nothing follows from how it fares.
  public var isOutside: Bool

  public init(
    cluster: ClusterUID, name: String, state: ClusterState, target: AppDigest, assigned: AppDigest?, reason: String,
    changedAt: Timestamp, deadline: Timestamp?, soakRestarts: Int, isOutside: Bool = false
  ) {
    self.isOutside = isOutside
    self.cluster = cluster
    self.name = name
    self.state = state
    self.target = target
    self.assigned = assigned
    self.reason = reason
    self.changedAt = changedAt
    self.deadline = deadline
    self.soakRestarts = soakRestarts
  }
}

/// The last release that a stage verified.
public struct VerifiedRelease: Hashable, Sendable {
  public var rollout: String
  public var release: ReleaseDigest
  public var commit: String
  public var time: Timestamp

  public init(rollout: String, release: ReleaseDigest, commit: String, time: Timestamp) {
    self.rollout = rollout
    self.release = release
    self.commit = commit
    self.time = time
  }
}

/// An app as rollouts see it.
public struct AppRolloutStatus: Hashable, Sendable {
  public var app: String
  /// The last commit that was looked at, whether it changed the app or not.
  public var observedCommit: String
  /// The rollout that is under way, or the last one.
  public var rollout: RolloutStatus?
  /// By stage.
  public var verified: [String: VerifiedRelease]
  /// Clusters that move outside that rollout: they finish what a superseded one offered them, catch up, or go back.
  public var beside: [LooseClusterStatus]
  /// What is assigned to nobody, the oldest hold first.
  public var holds: [HoldStatus]
  /// A release that waits for the rollout under way; nil where none does.
  public var queued: QueuedRelease?

  public init(
    app: String, observedCommit: String, rollout: RolloutStatus?, verified: [String: VerifiedRelease],
    beside: [LooseClusterStatus], holds: [HoldStatus] = [], queued: QueuedRelease? = nil
  ) {
    self.holds = holds
    self.queued = queued
    self.app = app
    self.observedCommit = observedCommit
    self.rollout = rollout
    self.verified = verified
    self.beside = beside
  }
}

/// A cluster that moves outside the rollout under way.
public struct LooseClusterStatus: Hashable, Sendable {
  /// The earlier rollout whose release it takes.
  public var rollout: String
  public var stage: String
  /// Whether it takes what its stage has verified; otherwise it finishes what was begun, or goes back.
  public var isCatchingUp: Bool
  /// Whether it takes what was verified before.
  public var isRollingBack: Bool
  public var status: ClusterStatus

  public init(
    rollout: String, stage: String, isCatchingUp: Bool, isRollingBack: Bool = false, status: ClusterStatus
  ) {
    self.rollout = rollout
    self.stage = stage
    self.isCatchingUp = isCatchingUp
    self.isRollingBack = isRollingBack
    self.status = status
  }
}
