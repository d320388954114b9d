public import Digests
public import FleetModel
import FleetStore
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

  /// Notes that the agent fetches what its bundle names, and returns all that it may fetch.
  public func beginPull(by cluster: ClusterUID) async throws(FleetError) -> Set<Digest> {
    await pullProgressed(cluster)
    var readable = try await store.readableBlobs(of: cluster)
    if let publication = try await store.publication(of: cluster) { readable.insert(publication.bundle) }
    return readable
  }

  /// Whether this is a `bundle.json` of the cluster, the current one or one shortly before: an agent may be in the
  /// middle of a pull when the next bundle is published.
  public func isRecentBundle(_ digest: Digest, of cluster: ClusterUID) async throws(FleetError) -> Bool {
    try await store.bundle(of: cluster, digest) != nil
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

/// A kind of metadata that an agent can ask for.
public enum PublishedRole: Sendable, Hashable {
  case root
  case timestamp
  case snapshot
  case targets
}
