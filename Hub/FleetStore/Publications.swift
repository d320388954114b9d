public import Digests
public import FleetModel
public import Manifests

/// What was signed for the clusters: metadata under versions that are never used twice, and bundles.
///
/// The order of a publication: `allocateVersions`; sign; `publish`. Versions that were allocated and not published are
/// lost, which TUF allows for every role but root.
public protocol PublicationStore: Sendable {
  /// Sets aside the next versions for each of these clusters.
  ///
  /// Each is one above everything allocated or published before and everything that the cluster's agent reported to
  /// trust: also after the hub was restored from a backup no version is used twice. What the extent does not renew is
  /// as it was published last. Throws `clusterUnknown`, and `storeConflict` for a part of a publication before the
  /// first whole one.
  func allocateVersions(_ requests: [ClusterUID: PublicationExtent]) async throws(FleetError)
    -> [ClusterUID: PublicationVersions]

  /// Makes these the current views of their clusters, all or none.
  ///
  /// Throws `storeConflict` when versions were not allocated, when another publication came in between, or when other
  /// bytes are stored under a (role, version). The very same publication again is fine.
  func publish(_ publications: [Publication], at now: Timestamp, trail: Trail) async throws(FleetError)

  /// Raises the highest version of every role, and the highest `bundleSeq`, of every cluster by so much: what was
  /// published after a backup that this store was restored from is not used again.
  func setVersionsAhead(by count: Int64, trail: Trail) async throws(FleetError)

  /// Clusters of whom a higher version is known than what is published for them: their agents may trust it already, and
  /// would take what is published for an attack.
  func overtakenPublications() async throws(FleetError) -> Set<ClusterUID>

  /// What is published for a cluster now, or nil before the first time.
  func publication(of cluster: ClusterUID) async throws(FleetError) -> PublicationRecord?

  /// What is published for all clusters now, by cluster.
  func publications() async throws(FleetError) -> [PublicationRecord]

  /// Metadata of a cluster's view, or nil; without a version the current one. Recent versions are kept, so that an
  /// agent can finish a walk that it began before a publication.
  func metadata(of cluster: ClusterUID, _ role: ViewRole, version: Int64?) async throws(FleetError) -> [UInt8]?

  /// All of what is published for a cluster now, as of one moment; nil before the first publication. Throws
  /// `storeDamaged` when the bundle is not what its digest says.
  ///
  /// - Parameter root: the last root that the reader has; `PublicationLimits.rootsAtOnce` after it are given.
  /// - Parameter held: the bundle that the reader has.
  func view(of cluster: ClusterUID, after root: Int64, held: Digest?) async throws(FleetError) -> PublishedView?

  /// What is published for a cluster now with its `bundle.json`, or nil before the first time. Throws `storeDamaged`
  /// when the bundle is not what its digest says.
  func publishedBundle(of cluster: ClusterUID) async throws(FleetError) -> PublishedBundle?

  /// The cluster's `bundle.json` of that digest, the current one or one shortly before; nil when it is neither.
  func bundle(of cluster: ClusterUID, _ digest: Digest) async throws(FleetError) -> [UInt8]?

  /// Every `bundle.json` that is kept of a cluster, the oldest first.
  func bundles(of cluster: ClusterUID) async throws(FleetError) -> [[UInt8]]

  /// What the bundles name that are kept of any cluster.
  func blobsOfBundles() async throws(FleetError) -> Set<Digest>

  /// The blobs that the cluster's current view and those shortly before name: all that its agent may read.
  func readableBlobs(of cluster: ClusterUID) async throws(FleetError) -> Set<Digest>

  /// Stores a version of the fleet's root metadata: the first has version 1, each later one is one above the last.
  /// The same bytes again are fine; anything else throws `storeConflict`.
  func saveRoot(_ bytes: [UInt8], version: Int64, trail: Trail) async throws(FleetError)

  /// The fleet's root metadata of a version, without one the newest; nil when there is none.
  func root(version: Int64?) async throws(FleetError) -> RootRecord?
}

/// Bounds on what is kept of publications.
public enum PublicationLimits {
  /// Versions kept of each role: an agent on a slow link ends a walk that it began some publications ago.
  public static let keptViews = 8
  /// Bundles kept of each cluster, with what they let its agent read.
  public static let keptBundles = 4
  /// Roots that a view shows at once: an agent that slept through more rotations asks for the others one by one.
  public static let rootsAtOnce = 4
  /// The highest version an agent is believed to trust: what a JSON number holds exactly. A report beyond it would use
  /// up the numbers.
  public static let version: Int64 = 1 << 53
}

/// A role of a cluster's view. Root is the fleet's and is kept apart.
public enum ViewRole: String, Hashable, Sendable, CaseIterable {
  case targets
  case snapshot
  case timestamp
}

/// How much of a view a publication renews.
public enum PublicationExtent: Hashable, Sendable {
  /// A new bundle, and with it all three roles.
  case bundle
  /// All three roles around the same bundle, before they expire.
  case targets
  /// The timestamp alone.
  case timestamp
}

/// The versions of a publication, each one's or the one still in force.
public struct PublicationVersions: Hashable, Sendable {
  public var targets: Int64
  public var snapshot: Int64
  public var timestamp: Int64
  public var bundleSeq: Int64
  /// The `bundleSeq` published before this one; 0 for the first.
  public var prevSeq: Int64

  public init(targets: Int64, snapshot: Int64, timestamp: Int64, bundleSeq: Int64, prevSeq: Int64) {
    self.targets = targets
    self.snapshot = snapshot
    self.timestamp = timestamp
    self.bundleSeq = bundleSeq
    self.prevSeq = prevSeq
  }

  public subscript(role: ViewRole) -> Int64 {
    switch role {
    case .targets: targets
    case .snapshot: snapshot
    case .timestamp: timestamp
    }
  }
}

/// A signed view of one cluster, whole or in part.
public struct Publication: Hashable, Sendable {
  public var cluster: ClusterUID
  public var versions: PublicationVersions
  /// The signed bytes of each role that is renewed; the timestamp always is.
  public var metadata: [ViewRole: [UInt8]]
  /// The new bundle; nil when it stays.
  public var bundle: NewBundle?

  /// A `bundle.json` and what it names.
  public struct NewBundle: Hashable, Sendable {
    public var bytes: [UInt8]
    /// The blobs that the bundle names.
    public var blobs: Set<Digest>

    public init(bytes: [UInt8], blobs: Set<Digest>) {
      self.bytes = bytes
      self.blobs = blobs
    }
  }

  public init(
    cluster: ClusterUID, versions: PublicationVersions, metadata: [ViewRole: [UInt8]], bundle: NewBundle? = nil
  ) {
    self.cluster = cluster
    self.versions = versions
    self.metadata = metadata
    self.bundle = bundle
  }
}

/// What is published for a cluster.
public struct PublicationRecord: Hashable, Sendable {
  public var cluster: ClusterUID
  public var versions: PublicationVersions
  /// The digest of `bundle.json`.
  public var bundle: Digest
  /// When the timestamp was published.
  public var timestampAt: Timestamp
  /// When the targets were published.
  public var targetsAt: Timestamp

  public init(
    cluster: ClusterUID, versions: PublicationVersions, bundle: Digest, timestampAt: Timestamp, targetsAt: Timestamp
  ) {
    self.cluster = cluster
    self.versions = versions
    self.bundle = bundle
    self.timestampAt = timestampAt
    self.targetsAt = targetsAt
  }
}

/// What is published for a cluster, with its bundle.
public struct PublishedBundle: Hashable, Sendable {
  public var record: PublicationRecord
  public var bytes: [UInt8]

  public init(record: PublicationRecord, bytes: [UInt8]) {
    self.record = record
    self.bytes = bytes
  }
}

/// Everything that is published for a cluster, as of one moment.
public struct PublishedView: Hashable, Sendable {
  public var record: PublicationRecord
  public var metadata: [ViewRole: [UInt8]]
  /// The roots after the one asked for, ascending.
  public var roots: [RootRecord]
  public var bundle: [UInt8]
  /// What the bundle names, and the one that the reader holds does not.
  public var blobs: Set<Digest>

  public init(
    record: PublicationRecord, metadata: [ViewRole: [UInt8]], roots: [RootRecord], bundle: [UInt8], blobs: Set<Digest>
  ) {
    self.record = record
    self.metadata = metadata
    self.roots = roots
    self.bundle = bundle
    self.blobs = blobs
  }
}

/// A version of the fleet's root metadata.
public struct RootRecord: Hashable, Sendable {
  public var version: Int64
  public var bytes: [UInt8]

  public init(version: Int64, bytes: [UInt8]) {
    self.version = version
    self.bytes = bytes
  }
}
