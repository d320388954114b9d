public import Manifests

/// A cluster as the repository declares it: one file below `clusters/`.
public struct ClusterDeclaration: Hashable, Sendable {
  public enum Connectivity: String, Hashable, Sendable, CaseIterable { case connected, edge, airgapped }

  /// What charts are rendered for.
  public struct Kubernetes: Hashable, Sendable {
    /// Such as `1.33` or `v1.33.2`; empty for what the program takes for granted.
    public var version: String
    /// What the cluster's API server knows beside Kubernetes' own, such as `monitoring.coreos.com/v1`.
    public var apiVersions: [String]

    public static let unpinned = Kubernetes(version: "", apiVersions: [])

    public init(version: String, apiVersions: [String]) {
      self.version = version
      self.apiVersions = apiVersions
    }
  }

  public var name: String
  public var labels: [String: String]
  public var environment: String
  public var connectivity: Connectivity
  /// What `${cluster.values.…}` reads.
  public var values: Object
  /// Its own, and the fleet's where it says nothing.
  public var kubernetes: Kubernetes
  /// The file that declares it.
  public var file: TreePath

  public init(
    name: String, labels: [String: String], environment: String, connectivity: Connectivity = .connected,
    values: Object = Object(), kubernetes: Kubernetes = .unpinned, file: TreePath
  ) {
    self.name = name
    self.labels = labels
    self.environment = environment
    self.connectivity = connectivity
    self.values = values
    self.kubernetes = kubernetes
    self.file = file
  }
}
