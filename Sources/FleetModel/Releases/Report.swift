public import Digests

/// The health of an object, an app or a cluster.
public enum Health: String, Hashable, Sendable, CaseIterable {
  case healthy = "Healthy"
  case suspended = "Suspended"
  case progressing = "Progressing"
  case missing = "Missing"
  case degraded = "Degraded"
  case unknown = "Unknown"
}

extension Health: Comparable {
  /// From best to worst, so that the worst of several is their maximum.
  public static func < (left: Health, right: Health) -> Bool { left.badness < right.badness }

  private var badness: Int {
    switch self {
    case .healthy: 0
    case .suspended: 1
    case .progressing: 2
    case .missing: 3
    case .degraded: 4
    case .unknown: 5
    }
  }
}

/// Whether what a cluster runs is what it was assigned. Never folded into health.
public enum Sync: String, Hashable, Sendable, CaseIterable {
  case synced = "Synced"
  case outOfSync = "OutOfSync"
  case applying = "Applying"
  case failed = "Failed"
  case unknown = "Unknown"
}

/// What an agent observed: full state, signed with its report key. The format is `flotilla.report/1`.
public struct Report: Hashable, Sendable {
  public struct Agent: Hashable, Sendable {
    public var version: String
    /// `kubernetes` or `directory`.
    public var target: String
    /// What the target calls itself, such as the API server's version; empty when it has none.
    public var server: String
    public init(version: String, target: String, server: String) {
      self.version = version
      self.target = target
      self.server = server
    }
  }

  /// The versions of the metadata that the agent trusts.
  public struct Trusted: Hashable, Sendable {
    public var root: Int64
    public var timestamp: Int64
    public var snapshot: Int64
    public var targets: Int64
    public init(root: Int64, timestamp: Int64, snapshot: Int64, targets: Int64) {
      self.root = root
      self.timestamp = timestamp
      self.snapshot = snapshot
      self.targets = targets
    }
  }

  public struct ObjectCounts: Hashable, Sendable {
    public var total: Int
    public var synced: Int
    public var healthy: Int
    public init(total: Int, synced: Int, healthy: Int) {
      self.total = total
      self.synced = synced
      self.healthy = healthy
    }
  }

  public struct UnhealthyObject: Hashable, Sendable {
    /// As `ObjectID.description` writes it.
    public var id: String
    public var health: Health
    public var reason: String
    public init(id: String, health: Health, reason: String) {
      self.id = id
      self.health = health
      self.reason = reason
    }
  }

  /// One app, observed for exactly `appDigest`.
  public struct App: Hashable, Sendable {
    public var name: String
    /// The digest that the observation is of; evidence for no other.
    public var appDigest: AppDigest
    public var sync: Sync
    public var health: Health
    /// Whether anything of the app holds a gate back.
    public var blocking: Bool
    public var reason: String
    public var objects: ObjectCounts
    public var notHealthy: [UnhealthyObject]
    /// Corrections of drift since the agent started.
    public var driftHealed: Int64

    public init(
      name: String, appDigest: AppDigest, sync: Sync, health: Health, blocking: Bool, reason: String,
      objects: ObjectCounts, notHealthy: [UnhealthyObject], driftHealed: Int64
    ) {
      self.name = name
      self.appDigest = appDigest
      self.sync = sync
      self.health = health
      self.blocking = blocking
      self.reason = reason
      self.objects = objects
      self.notHealthy = notHealthy
      self.driftHealed = driftHealed
    }
  }

  public struct Event: Hashable, Sendable {
    public var time: Timestamp
    public var kind: String
    public var reason: String
    public init(time: Timestamp, kind: String, reason: String) {
      self.time = time
      self.kind = kind
      self.reason = reason
    }
  }

  public var fleet: String
  public var cluster: ClusterUID
  /// Only grows, over the cluster's whole life.
  public var seq: Int64
  /// The digest of the previous report's payload; nil for the first.
  public var prev: Digest?
  /// Names this start of the agent.
  public var boot: String
  public var time: Timestamp
  public var timeFloor: Timestamp
  public var agent: Agent
  public var trusted: Trusted
  /// The bundle that the agent accepted last; 0 before the first.
  public var bundleSeq: Int64
  public var apps: [App]
  public var events: [Event]
  /// How many events did not fit and are lost.
  public var droppedEvents: Int64

  public init(
    fleet: String, cluster: ClusterUID, seq: Int64, prev: Digest?, boot: String, time: Timestamp, timeFloor: Timestamp,
    agent: Agent, trusted: Trusted, bundleSeq: Int64, apps: [App], events: [Event], droppedEvents: Int64
  ) {
    self.fleet = fleet
    self.cluster = cluster
    self.seq = seq
    self.prev = prev
    self.boot = boot
    self.time = time
    self.timeFloor = timeFloor
    self.agent = agent
    self.trusted = trusted
    self.bundleSeq = bundleSeq
    self.apps = apps
    self.events = events
    self.droppedEvents = droppedEvents
  }
}
