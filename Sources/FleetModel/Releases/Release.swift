/// What one app should be on every cluster it concerns, rendered from one commit. Immutable.
///
/// An app that leaves a cluster is in the map too, with the digest of its absence.
public struct Release: Hashable, Sendable {
  public var app: String
  /// Git's commit id in hexadecimal.
  public var commit: String
  public var clusters: [ClusterUID: AppDigest]
  /// The program that rendered its charts, with its version; empty for a release without charts.
  public var chartProgram: String

  public init(app: String, commit: String, clusters: [ClusterUID: AppDigest], chartProgram: String = "") {
    self.app = app
    self.commit = commit
    self.clusters = clusters
    self.chartProgram = chartProgram
  }
}

/// The one app digest that a cluster should run now. Only the rollout engine moves it.
public struct Assignment: Hashable, Sendable {
  public var cluster: ClusterUID
  public var app: String
  public var digest: AppDigest
  /// The release it comes from.
  public var release: ReleaseDigest
  /// The rollout that assigned it.
  public var rollout: String

  public init(cluster: ClusterUID, app: String, digest: AppDigest, release: ReleaseDigest, rollout: String) {
    self.cluster = cluster
    self.app = app
    self.digest = digest
    self.release = release
    self.rollout = rollout
  }
}
