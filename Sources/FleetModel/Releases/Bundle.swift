/// All assignments of one cluster, as `bundle.json` carries them. The format is `flotilla.bundle/1`.
///
/// A bundle is signed as a TUF target of the cluster's view; `Trust` tells an unverified one from a verified one.
public struct Bundle: Hashable, Sendable {
  /// An app that the cluster runs.
  public struct App: Hashable, Sendable {
    public var name: String
    public var commit: String
    public var committer: String
    public var release: ReleaseDigest
    public var rollout: String
    /// The release that was rolled back to get here; nil when this is no rollback.
    public var rollbackOf: ReleaseDigest?
    public var appDigest: AppDigest
    public var manifests: BlobReference
    /// Apps are applied in ascending order; equal numbers in any order.
    public var order: Int
    public var policy: AppPolicy
    /// Guarded deletions that an operator confirmed, as object ids.
    public var confirmedDeletions: [String]

    public init(
      name: String, commit: String, committer: String, release: ReleaseDigest, rollout: String,
      rollbackOf: ReleaseDigest? = nil, appDigest: AppDigest, manifests: BlobReference, order: Int, policy: AppPolicy,
      confirmedDeletions: [String] = []
    ) {
      self.name = name
      self.commit = commit
      self.committer = committer
      self.release = release
      self.rollout = rollout
      self.rollbackOf = rollbackOf
      self.appDigest = appDigest
      self.manifests = manifests
      self.order = order
      self.policy = policy
      self.confirmedDeletions = confirmedDeletions
    }
  }

  /// An app that leaves the cluster.
  public struct Removal: Hashable, Sendable {
    public var name: String
    public var appDigest: AppDigest
    public var absent: Absence
    public var confirmedDeletions: [String]

    public init(name: String, appDigest: AppDigest, absent: Absence, confirmedDeletions: [String] = []) {
      self.name = name
      self.appDigest = appDigest
      self.absent = absent
      self.confirmedDeletions = confirmedDeletions
    }
  }

  public var fleet: String
  public var cluster: ClusterUID
  /// Only grows, over the cluster's whole life.
  public var bundleSeq: Int64
  /// The sequence number of the bundle before; 0 for the first.
  public var prevSeq: Int64
  /// The oldest agent that understands this bundle.
  public var minAgent: SemanticVersion
  /// Not applied before this instant.
  public var notBefore: Timestamp
  /// In the order of their names' bytes.
  public var apps: [App]
  public var removed: [Removal]

  public init(
    fleet: String, cluster: ClusterUID, bundleSeq: Int64, prevSeq: Int64, minAgent: SemanticVersion,
    notBefore: Timestamp,
    apps: [App], removed: [Removal]
  ) {
    self.fleet = fleet
    self.cluster = cluster
    self.bundleSeq = bundleSeq
    self.prevSeq = prevSeq
    self.minAgent = minAgent
    self.notBefore = notBefore
    self.apps = apps
    self.removed = removed
  }
}
