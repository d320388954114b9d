public import Manifests

/// A fleet as its repository declares it: `fleet.yaml`.
public struct FleetDeclaration: Hashable, Sendable {
  /// Where declarations lie, from the root of the repository.
  public struct Layout: Hashable, Sendable {
    public var clusters: TreePath
    public var apps: TreePath

    public init(clusters: TreePath, apps: TreePath) {
      self.clusters = clusters
      self.apps = apps
    }
  }

  /// Which namespaces clusters have, beside those that apps declare.
  public struct Namespaces: Hashable, Sendable {
    /// What follows when an object stands in a namespace that its cluster is not known to have.
    public enum Undeclared: String, Hashable, Sendable, CaseIterable { case ignore, warn, refuse }

    public var undeclared: Undeclared
    public var existing: Set<String>

    /// - Parameter existing: those that somebody else makes on every cluster.
    public init(undeclared: Undeclared = .warn, existing: Set<String> = []) {
      self.undeclared = undeclared
      self.existing = existing
    }
  }

  /// Which commits need a signature that verifies.
  public enum CommitSignatures: String, Hashable, Sendable, CaseIterable { case none, head, strict }

  public var name: String
  /// In the order of promotion.
  public var environments: [String]
  public var layout: Layout
  /// By name; `default` is always there.
  public var pipelines: [String: Pipeline]
  public var freezes: [Freeze]
  public var namespaces: Namespaces
  public var commitSignatures: CommitSignatures

  public init(
    name: String, environments: [String], layout: Layout, pipelines: [String: Pipeline], freezes: [Freeze] = [],
    namespaces: Namespaces = Namespaces(), commitSignatures: CommitSignatures = .none
  ) {
    self.name = name
    self.environments = environments
    self.layout = layout
    self.pipelines = pipelines
    self.freezes = freezes
    self.namespaces = namespaces
    self.commitSignatures = commitSignatures
  }
}

/// A window that comes round again, in which nothing new reaches some environments, or outside of which nothing does.
public struct Freeze: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Nothing new while the window is open; wins over every `allow`.
    case deny
    /// Something new only while a window of this kind is open.
    case allow
  }

  public var kind: Kind
  public var environments: [String]
  /// When it begins, in cron's five fields.
  public var schedule: String
  public var duration: Duration
  /// The time zone of the schedule, by its IANA name.
  public var timeZone: String
  /// What people are told.
  public var reason: String

  public init(
    kind: Kind = .deny, environments: [String], schedule: String, duration: Duration, timeZone: String, reason: String
  ) {
    self.kind = kind
    self.environments = environments
    self.schedule = schedule
    self.duration = duration
    self.timeZone = timeZone
    self.reason = reason
  }
}
