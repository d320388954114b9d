public import Manifests

/// A fleet as its repository declares it: `fleet.yaml`.
public struct FleetDeclaration: Hashable, Sendable {
  public struct Layout: Hashable, Sendable {
    public var clusters: TreePath
    public var apps: TreePath
    public init(clusters: TreePath, apps: TreePath) {
      self.clusters = clusters
      self.apps = apps
    }
  }

  public enum CommitSignatures: String, Hashable, Sendable, CaseIterable { case none, head, strict }

  public var name: String
  /// In the order of promotion.
  public var environments: [String]
  public var layout: Layout
  /// By name; `default` is always there.
  public var pipelines: [String: Pipeline]
  public var commitSignatures: CommitSignatures

  public init(
    name: String, environments: [String], layout: Layout, pipelines: [String: Pipeline],
    commitSignatures: CommitSignatures = .none
  ) {
    self.name = name
    self.environments = environments
    self.layout = layout
    self.pipelines = pipelines
    self.commitSignatures = commitSignatures
  }
}

/// A cluster as the repository declares it: one file below `clusters/`.
public struct ClusterDeclaration: Hashable, Sendable {
  public enum Connectivity: String, Hashable, Sendable, CaseIterable { case connected, edge, airgapped }

  public var name: String
  public var labels: [String: String]
  public var environment: String
  public var connectivity: Connectivity
  /// What `${cluster.values.…}` reads.
  public var values: Object
  /// The file that declares it.
  public var file: TreePath

  public init(
    name: String, labels: [String: String], environment: String, connectivity: Connectivity = .connected,
    values: Object = Object(), file: TreePath
  ) {
    self.name = name
    self.labels = labels
    self.environment = environment
    self.connectivity = connectivity
    self.values = values
    self.file = file
  }
}

/// An app as the repository declares it: `app.yaml` in the app's directory.
public struct AppDeclaration: Hashable, Sendable {
  /// What a stage's gate asks of the app.
  public enum Gate: String, Hashable, Sendable, CaseIterable {
    case healthy
    /// For what cannot be observed; shown as unverified everywhere.
    case synced
  }

  public var name: String
  /// nil: every cluster.
  public var clusterSelector: LabelSelector?
  /// Candidates relative to the app's directory, the first that exists is built; may hold `{cluster}`,
  /// `{environment}` and `{label:NAME}`.
  public var overlays: [String]
  public var substitute: Bool
  /// The namespace of objects that name none; empty when not given.
  public var namespace: String
  /// A pipeline's name.
  public var pipeline: String
  public var gate: Gate
  public var policy: AppPolicy
  /// The directory of the app, which `overlays` are relative to.
  public var directory: TreePath
  /// The file that declares it.
  public var file: TreePath

  public init(
    name: String, clusterSelector: LabelSelector? = nil, overlays: [String], substitute: Bool = false,
    namespace: String = "", pipeline: String = "default", gate: Gate = .healthy, policy: AppPolicy = AppPolicy(),
    directory: TreePath, file: TreePath
  ) {
    self.name = name
    self.clusterSelector = clusterSelector
    self.overlays = overlays
    self.substitute = substitute
    self.namespace = namespace
    self.pipeline = pipeline
    self.gate = gate
    self.policy = policy
    self.directory = directory
    self.file = file
  }
}

/// Which labels a cluster must have, with the semantics of Kubernetes' LabelSelector: all requirements hold.
public struct LabelSelector: Hashable, Sendable {
  public enum Operator: String, Hashable, Sendable, CaseIterable {
    case `in` = "In"
    case notIn = "NotIn"
    case exists = "Exists"
    case doesNotExist = "DoesNotExist"
  }

  public struct Requirement: Hashable, Sendable {
    public var key: String
    public var `operator`: Operator
    public var values: [String]
    public init(key: String, operator: Operator, values: [String]) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }
  }

  public var matchLabels: [String: String]
  public var matchExpressions: [Requirement]

  public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// Whether these labels meet every requirement. An empty selector matches everything.
  public func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.isMet(by: labels) }
  }
}

extension LabelSelector.Requirement {
  fileprivate func isMet(by labels: [String: String]) -> Bool {
    switch self.operator {
    case .in: labels[key].map(values.contains) ?? false
    case .notIn: labels[key].map { !values.contains($0) } ?? true
    case .exists: labels[key] != nil
    case .doesNotExist: labels[key] == nil
    }
  }
}

/// A whole fleet repository at one commit, as far as its files could be read.
///
/// A file with errors takes its own declaration with it and no other: the caller keeps the last good one in its place.
public struct FleetRepository: Sendable {
  /// nil when `fleet.yaml` itself has errors; then nothing else is known.
  public var fleet: FleetDeclaration?
  /// In the order of their names' bytes.
  public var clusters: [ClusterDeclaration]
  /// In the order of their names' bytes.
  public var apps: [AppDeclaration]
  /// Every error found, each with its file, line and field.
  public var errors: [FleetError]
  /// Names of clusters and apps whose files have errors and are therefore missing above.
  public var brokenClusters: Set<String>
  public var brokenApps: Set<String>

  public init(
    fleet: FleetDeclaration?, clusters: [ClusterDeclaration], apps: [AppDeclaration], errors: [FleetError],
    brokenClusters: Set<String>, brokenApps: Set<String>
  ) {
    self.fleet = fleet
    self.clusters = clusters
    self.apps = apps
    self.errors = errors
    self.brokenClusters = brokenClusters
    self.brokenApps = brokenApps
  }
}
