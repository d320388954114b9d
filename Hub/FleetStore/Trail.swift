public import Digests
public import FleetModel
public import Manifests

/// What was done and what happened: the audit log and the events.
public protocol TrailStore: Sendable {
  /// Records what belongs to no other write, such as a refusal.
  func record(_ trail: Trail) async throws(FleetError)

  /// Events that a query selects.
  func events(_ query: EventQuery) async throws(FleetError) -> [StoredEvent]
}

/// What is remembered along with an act, in the act's own transaction.
public struct Trail: Hashable, Sendable {
  public var audit: [AuditEntry]
  public var events: [FleetEvent]

  public init(audit: [AuditEntry] = [], events: [FleetEvent] = []) {
    self.audit = audit
    self.events = events
  }

  /// Nothing worth remembering.
  public static let none = Trail()
}

/// An act, before it has its place in the chain of the audit log.
public struct AuditEntry: Hashable, Sendable {
  public var time: Timestamp
  /// Who: an operator's or a cluster's identity, or `hub`.
  public var actor: String
  /// What was done, such as `cluster.revoke`.
  public var action: String
  /// To what.
  public var subject: String
  /// Git's commit id; empty when none is concerned.
  public var commit: String
  /// The release or app digest concerned; nil when none is.
  public var digest: Digest?
  /// `done`, `refused` or `failed`.
  public var outcome: String
  public var reason: String

  public init(
    time: Timestamp, actor: String, action: String, subject: String, commit: String = "", digest: Digest? = nil,
    outcome: String, reason: String = ""
  ) {
    self.time = time
    self.actor = actor
    self.action = action
    self.subject = subject
    self.commit = commit
    self.digest = digest
    self.outcome = outcome
    self.reason = reason
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
  public var limit: Int

  public init(
    after: Int64? = nil, kind: String? = nil, cluster: String? = nil, app: String? = nil, limit: Int = 100
  ) {
    self.after = after
    self.kind = kind
    self.cluster = cluster
    self.app = app
    self.limit = limit
  }
}

/// Bounds on what is kept of events.
public enum EventLimits {
  /// Events kept; the oldest give way. A week of a fleet of 10,000 in which every cluster has one a day, and 20 MB.
  public static let kept: Int64 = 100_000
}
