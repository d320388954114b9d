public import Digests
public import FleetModel
public import FleetStore
public import Manifests
import RolloutEngine

/// What a cluster's agent reads of the hub: its own view, the blobs that view names, and where its reports stand.
public struct AgentAccess: Sendable {
  let store: any HubStore
  let rollouts: RolloutAdvancer
  let presence: PresenceKeeper
  let metrics: HubMetrics
  let pace = PullPace()
  let now: @Sendable () -> Timestamp

  /// A session begins: returns the number of the last report stored, 0 for none.
  public func hello(_ cluster: ClusterUID, trusted: Report.Trusted?) async throws(FleetError) -> Int64 {
    await presence.heard(cluster)
    return try await lastReport(of: cluster)
  }

  /// The session is open: from here on the cluster is online, and its reports are evidence.
  public func sessionBegan(_ cluster: ClusterUID) async { await presence.take(.connected(cluster)) }

  public func heartbeat(_ cluster: ClusterUID) async { await presence.heard(cluster) }

  public func lastReport(of cluster: ClusterUID) async throws(FleetError) -> Int64 {
    try await store.latestReport(of: cluster)?.seq ?? 0
  }

  /// Metadata of the cluster's view; the current version when none is named. nil when there is no such thing.
  public func metadata(
    _ role: PublishedRole, of cluster: ClusterUID, version: Int64?
  ) async throws(FleetError) -> [UInt8]? {
    switch role {
    case .root: try await store.root(version: version)?.bytes
    case .targets: try await store.metadata(of: cluster, .targets, version: version)
    case .snapshot: try await store.metadata(of: cluster, .snapshot, version: version)
    case .timestamp: try await store.metadata(of: cluster, .timestamp, version: version)
    }
  }

  /// All that an agent needs to follow what is published, as of one moment; nil before the first publication.
  ///
  /// - Parameter root: the version of the root that the agent trusts.
  /// - Parameter held: the bundle that the agent has.
  /// - Parameter limit: how many bytes of blobs it may be given; the others it fetches one by one.
  public func view(
    of cluster: ClusterUID, after root: Int64, held: Digest?, blobs limit: Int
  ) async throws(FleetError) -> AgentView? {
    guard let published = try await store.view(of: cluster, after: root, held: held) else { return nil }
    var view = AgentView(published: published)
    guard held != published.record.bundle else { return view }
    await pullProgressed(cluster)
    guard published.bundle.count <= limit else { return view }
    view.blobs = [published.bundle]
    var left = limit - published.bundle.count
    for digest in published.blobs.sorted() {
      guard let blob = try await store.blobPart(digest, offset: 0, count: left + 1), blob.count <= left else { break }
      view.blobs.append(blob)
      left -= blob.count
    }
    metrics.count(.blobsServed, by: view.blobs.count)
    metrics.count(.blobBytesServed, by: limit - left)
    return view
  }

  /// Notes that the agent fetches what its bundle names, and returns all that it may fetch besides its bundles.
  public func beginPull(by cluster: ClusterUID) async throws(FleetError) -> Set<Digest> {
    await pullProgressed(cluster)
    return try await store.readableBlobs(of: cluster)
  }

  /// A `bundle.json` of the cluster, the current one or one shortly before: an agent may be in the middle of a pull when
  /// the next bundle is published. nil for anything else.
  public func bundle(_ digest: Digest, of cluster: ClusterUID) async throws(FleetError) -> [UInt8]? {
    let bundle = try await store.bundle(of: cluster, digest)
    metrics.count(.blobBytesServed, by: bundle?.count ?? 0)
    return bundle
  }

  private func pullProgressed(_ cluster: ClusterUID) async {
    guard pace.isDue(cluster, at: now()) else { return }
    await rollouts.post([.pullProgressed(cluster)])
  }

  public func blobLength(_ digest: Digest) async throws(FleetError) -> Int? { try await store.blobLength(digest) }

  public func blobPart(_ digest: Digest, offset: Int, count: Int) async throws(FleetError) -> [UInt8]? {
    let part = try await store.blobPart(digest, offset: offset, count: count)
    metrics.count(.blobBytesServed, by: part?.count ?? 0)
    return part
  }

  /// An agent has been sent a blob to its end.
  public func blobServed(to cluster: ClusterUID) async {
    metrics.count(.blobsServed)
    await pullProgressed(cluster)
  }
}

/// What is published for a cluster, with as much of what is new in it as may be given at once.
public struct AgentView: Sendable {
  public var published: PublishedView
  /// The bundle and blobs that it names; empty when the agent has the bundle.
  public var blobs: [[UInt8]] = []
}

/// A kind of metadata that an agent can ask for.
public enum PublishedRole: Sendable, Hashable {
  case root
  case timestamp
  case snapshot
  case targets
}
