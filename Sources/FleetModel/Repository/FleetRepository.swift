public import Manifests

/// A whole fleet repository at one commit, as far as its files could be read.
///
/// A file with errors takes its own declaration with it and no other: the caller keeps the last good one in its place.
public struct FleetRepository: Sendable {
  /// nil when `fleet.yaml` itself has errors, or when the directories it names cannot be listed; then nothing else is
  /// known, and `clusters` and `apps` are empty.
  public var fleet: FleetDeclaration?
  /// In the order of their names' bytes.
  public var clusters: [ClusterDeclaration]
  /// In the order of their names' bytes.
  public var apps: [AppDeclaration]
  /// Every error found, each with its file, line and field as far as there are any: `fleet.yaml` first, then clusters,
  /// then apps. Also those that break no file, such as a cluster that no stage matches. At most `FleetLimits.errors`;
  /// a last one then says how many more there are.
  public var errors: [FleetError]
  /// Names of clusters and apps whose files have errors and are therefore missing above.
  public var brokenClusters: Set<String>
  public var brokenApps: Set<String>
  /// Those files, `fleet.yaml` among them.
  public var brokenFiles: Set<TreePath>

  public init(
    fleet: FleetDeclaration?, clusters: [ClusterDeclaration], apps: [AppDeclaration], errors: [FleetError],
    brokenClusters: Set<String>, brokenApps: Set<String>, brokenFiles: Set<TreePath> = []
  ) {
    self.fleet = fleet
    self.clusters = clusters
    self.apps = apps
    self.errors = errors
    self.brokenClusters = brokenClusters
    self.brokenApps = brokenApps
    self.brokenFiles = brokenFiles
  }
}
