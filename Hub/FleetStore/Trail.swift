public import FleetModel
public import Manifests

/// What was done and what happened: the audit log and the events.
public protocol TrailStore: Sendable {
  /// Records what belongs to no other write, such as a refusal.
  func record(_ trail: Trail) async throws(FleetError)

  /// Records of the audit log with a number above `number`, ascending, as far as none of them was changed. Throws
  /// `auditChainBroken` when the first was.
  func auditRecords(after number: Int64, limit: Int) async throws(FleetError) -> [AuditRecord]

  /// Records of the audit log that a query selects, the newest first. Throws `auditChainBroken` when one of them was
  /// changed.
  func auditRecords(_ query: AuditQuery) async throws(FleetError) -> [AuditRecord]

  /// Checks the whole audit log; its head, or nil when it is empty. Throws `auditChainBroken` with the record where the
  /// chain does not hold.
  func verifyAudit() async throws(FleetError) -> AuditChain.Head?

  /// Events that a query selects.
  func events(_ query: EventQuery) async throws(FleetError) -> [StoredEvent]
}

/// What is remembered along with an act, in the act's own transaction.
public struct Trail: Hashable, Sendable {
  public var audit: [AuditRecord.Content]
  public var events: [FleetEvent]

  public init(audit: [AuditRecord.Content] = [], events: [FleetEvent] = []) {
    self.audit = audit
    self.events = events
  }

  /// Nothing worth remembering.
  public static let none = Trail()
}

/// Bounds on work with the audit log, which itself is kept for good.
enum AuditLimits {
  /// Records that are checked in one read: some megabyte.
  static let verifiedAtOnce = 2000
}

/// Which records of the audit log. What is nil narrows nothing.
public struct AuditQuery: Hashable, Sendable {
  /// Only records with a number below this one.
  public var before: Int64?
  public var actor: String?
  /// The whole action, or what it begins with up to a dot.
  public var action: String?
  public var subject: String?
  public var outcome: String?
  /// Not before this instant.
  public var since: Timestamp?
  public var limit: Int

  public init(
    before: Int64? = nil, actor: String? = nil, action: String? = nil, subject: String? = nil, outcome: String? = nil,
    since: Timestamp? = nil, limit: Int = 100
  ) {
    self.before = before
    self.actor = actor
    self.action = action
    self.subject = subject
    self.outcome = outcome
    self.since = since
    self.limit = limit
  }
}

/// Something that happened in the fleet.
public struct FleetEvent: Hashable, Sendable {
  public var time: Timestamp
  /// What kind of thing, such as `BundleRefused`.
  public var kind: String
  /// The cluster's name.
  public var cluster: String?
  public var app: String?
  public var release: ReleaseDigest?
  public var message: String

  public init(
    time: Timestamp, kind: String, cluster: String? = nil, app: String? = nil, release: ReleaseDigest? = nil,
    message: String
  ) {
    self.time = time
    self.kind = kind
    self.cluster = cluster
    self.app = app
    self.release = release
    self.message = message
  }
}

/// An event and its place among all.
public struct StoredEvent: Hashable, Sendable {
  /// Only grows; what a follower asks on from.
  public var number: Int64
  public var event: FleetEvent

  public init(number: Int64, event: FleetEvent) {
    self.number = number
    self.event = event
  }
}

/// Which events.
public struct EventQuery: Hashable, Sendable {
  /// With a number: the events after it, ascending. Without: the last ones, also ascending.
  public var after: Int64?
  public var kind: String?
  public var cluster: String?
  public var app: String?
  /// What stands in the subject: `APP/CLUSTER`, or the one of them that there is.
  public var subject: String?
  public var limit: Int

  public init(
    after: Int64? = nil, kind: String? = nil, cluster: String? = nil, app: String? = nil, subject: String? = nil,
    limit: Int = 100
  ) {
    self.after = after
    self.kind = kind
    self.cluster = cluster
    self.app = app
    self.subject = subject
    self.limit = limit
  }
}

/// Bounds on what is kept of events.
public enum EventLimits {
  /// Events kept; the oldest give way. A week of a fleet of 10,000 in which every cluster has one a day, and 20 MB.
  public static let kept: Int64 = 100_000
}
