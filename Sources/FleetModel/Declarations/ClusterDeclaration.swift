public import Manifests

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
