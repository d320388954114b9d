public import FleetModel
public import Manifests

/// The rollout engine's memory: its log, its snapshots, and the assignments that follow from them.
public protocol RolloutStore: Sendable {
  /// Stores a step of the engine in one transaction: log, assignments, listing, audit and events, all or nothing.
  ///
  /// The entries continue the log without a gap; otherwise another hub has moved on and this throws `storeConflict`.
  func advanceRollouts(_ step: RolloutStep) async throws(FleetError)

  /// Entries with a number above `number`, ascending.
  func rolloutLog(after number: Int64, limit: Int) async throws(FleetError) -> [RolloutLogRecord]

  /// Entries of one rollout with a number above `number`, ascending.
  func rolloutLog(of rollout: String, after number: Int64, limit: Int) async throws(FleetError) -> [RolloutLogRecord]

  /// Keeps the engine's whole state after the entry of that number. A few of the last are kept.
  func saveSnapshot(_ snapshot: EngineSnapshot) async throws(FleetError)

  /// The snapshot with the highest number, checked against the digest it was stored with.
  func latestSnapshot() async throws(FleetError) -> EngineSnapshot?

  func rollout(_ id: String) async throws(FleetError) -> RolloutRecord?

  /// Rollouts of an app, or of all when it is nil; the last started first.
  func rollouts(of app: String?, limit: Int) async throws(FleetError) -> [RolloutRecord]

  /// Every assignment, by cluster and app.
  func assignments() async throws(FleetError) -> [Assignment]

  /// The assignments of these clusters, each one's by app; a cluster without any is left out.
  func assignments(of clusters: [ClusterUID]) async throws(FleetError) -> [ClusterUID: [Assignment]]

  /// One app's assignments, by cluster.
  func assignments(ofApp app: String) async throws(FleetError) -> [Assignment]
}

/// Bounds on what is kept of rollouts.
public enum RolloutLimits {
  /// Snapshots kept: the last, and one before it.
  public static let snapshots = 2
}

/// What the engine decided on some events, to be stored before anything acts on it.
public struct RolloutStep: Hashable, Sendable {
  /// Numbered on from the last entry stored; the first ever is 1.
  public var entries: [RolloutLogRecord]
  public var assignments: [AssignmentChange]
  /// Rollouts that are new or whose status changed.
  public var rollouts: [RolloutRecord]
  public var trail: Trail

  public init(
    entries: [RolloutLogRecord], assignments: [AssignmentChange] = [], rollouts: [RolloutRecord] = [],
    trail: Trail = .none
  ) {
    self.entries = entries
    self.assignments = assignments
    self.rollouts = rollouts
    self.trail = trail
  }
}

/// One entry of the engine's log, in the engine's own form.
public struct RolloutLogRecord: Hashable, Sendable {
  /// Counts up by one over all apps.
  public var number: Int64
  public var time: Timestamp
  /// The rollouts that it concerns, for `rolloutLog(of:)`; none for what concerns the fleet.
  public var rollouts: [String]
  /// What happened.
  public var event: [UInt8]
  /// What followed.
  public var transitions: [UInt8]

  public init(
    number: Int64, time: Timestamp, rollouts: [String], event: [UInt8], transitions: [UInt8]
  ) {
    self.number = number
    self.time = time
    self.rollouts = rollouts
    self.event = event
    self.transitions = transitions
  }
}

/// A move of what a cluster should run.
public enum AssignmentChange: Hashable, Sendable {
  case assign(Assignment)
  /// Nothing is assigned any longer: an offer was withdrawn, or the app's absence is done with.
  case clear(cluster: ClusterUID, app: String)
}

/// A rollout as it is listed.
public struct RolloutRecord: Hashable, Sendable {
  public var id: String
  public var app: String
  public var release: ReleaseDigest
  /// In a word, such as `Running`.
  public var status: String
  /// Everything else that is shown of it, in the engine's own form.
  public var detail: [UInt8]
  public var startedAt: Timestamp
  public var updatedAt: Timestamp
  /// nil while it is under way.
  public var endedAt: Timestamp?

  public init(
    id: String, app: String, release: ReleaseDigest, status: String, detail: [UInt8], startedAt: Timestamp,
    updatedAt: Timestamp, endedAt: Timestamp? = nil
  ) {
    self.id = id
    self.app = app
    self.release = release
    self.status = status
    self.detail = detail
    self.startedAt = startedAt
    self.updatedAt = updatedAt
    self.endedAt = endedAt
  }
}

/// The engine's whole state after an entry of its log, so that a restart need not replay all of it.
public struct EngineSnapshot: Hashable, Sendable {
  /// The last entry that it contains.
  public var number: Int64
  public var time: Timestamp
  public var bytes: [UInt8]

  public init(number: Int64, time: Timestamp, bytes: [UInt8]) {
    self.number = number
    self.time = time
    self.bytes = bytes
  }
}
