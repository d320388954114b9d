public import FleetModel
public import Manifests

/// Forgetting what is over: rollouts with their log, releases, and what only those named.
public protocol HistoryStore: Sendable {
  /// Forgets what the scope lets go, of each kind at most as much as the limit says; what is left goes the next time.
  ///
  /// To be called where nothing is rendered meanwhile: a render stores contents before anything names them.
  /// Whatever an assignment, a rollout that stays or a release that stays refers to stays too, and so does all of the log
  /// that a restart reads and the audit log.
  func forgetHistory(_ scope: HistoryScope, limit: Int) async throws(FleetError) -> ForgottenHistory
}

/// Bounds on forgetting.
enum HistoryLimits {
  /// Rows that are deleted in one write: what waits for the database meanwhile waits some milliseconds.
  static let batch = 500
}

/// What may be forgotten.
public struct HistoryScope: Hashable, Sendable {
  /// What ended, or was made, before this instant.
  public var before: Timestamp
  /// So many of an app's youngest rollouts and releases stay, however old.
  public var keptOfEachApp: Int
  /// Rollouts that the engine still holds.
  public var rolloutsInUse: Set<String>
  /// App contents that are assigned, may be yet, or are of a release that stays.
  public var contentsInUse: Set<AppDigest>

  public init(
    before: Timestamp, keptOfEachApp: Int, rolloutsInUse: Set<String>, contentsInUse: Set<AppDigest>
  ) {
    self.before = before
    self.keptOfEachApp = keptOfEachApp
    self.rolloutsInUse = rolloutsInUse
    self.contentsInUse = contentsInUse
  }
}

/// How much was forgotten.
public struct ForgottenHistory: Hashable, Sendable {
  public var rollouts = 0
  public var logEntries = 0
  public var releases = 0
  public var contents = 0
  public var guardedDeletions = 0

  public init() {}

  public var total: Int { rollouts + logEntries + releases + contents + guardedDeletions }
}
