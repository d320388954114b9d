import Digests
import FleetModel
import FleetStore
import Logging
import Manifests
import RolloutEngine

/// What the store keeps of what is no longer in use.
public struct Retention: Sendable, Hashable {
  /// How long a release keeps what it names, from when it was rendered.
  public var age: Duration
  /// How many of an app's youngest releases keep what they name, however old they are. So many of its youngest rollouts
  /// and releases stay in the listing, too.
  public var releases: Int
  /// How long a rollout that ended is kept with its log, and a release that nothing uses.
  public var history: Duration
  /// Between two looks for what can be forgotten.
  public var interval: Duration

  public init(
    age: Duration = .seconds(30 * 86_400), releases: Int = 10, history: Duration = .seconds(365 * 86_400),
    interval: Duration = .seconds(3600)
  ) {
    self.age = age
    self.releases = releases
    self.history = history
    self.interval = interval
  }
}

/// Forgets blobs and renders that nothing names any longer, and rollouts that ended long ago with their log.
///
/// A blob stays that a stored bundle names, that anything a rollout has assigned, verified or may assign
/// yet consists of, or that a release within the retention does. What was forgotten and comes back is rendered again.
/// A release goes when no rollout and no assignment is of it any longer. The audit log stays.
///
/// To be called where nothing is rendered meanwhile: a render stores its blobs before anything names them.
struct GarbageCollector: Sendable {
  enum Limits {
    /// Removed at once: what comes after waits for no longer than a transaction of this size takes.
    static let batch = 500
    /// Removed in one collection; the next one goes on.
    static let atOnce = 20_000
  }

  let store: any HubStore
  let rollouts: RolloutAdvancer
  let memory: RenderMemory
  let retention: Retention
  let metrics: HubMetrics
  let now: @Sendable () -> Timestamp
  let logger: Logger

  /// - Parameter apps: every app that the commit in force declares, broken ones too.
  /// - Returns: the blobs that were removed.
  func collect(apps: Set<String>) async throws(FleetError) -> Set<Digest> {
    let inUse = try await digestsInUse()
    let blobs = try await removeBlobs(inUse)
    let renders = try await removeRenders(apps)
    if blobs.removed.count > 0 || renders > 0 {
      logger.info(
        "collected what nothing names",
        metadata: ["blobs": "\(blobs.removed.count)", "bytes": "\(blobs.bytes)", "renders": "\(renders)"])
    }
    try await forgetHistory(inUse)
    return blobs.removed
  }

  // MARK: History

  private func forgetHistory(_ contentsInUse: Set<AppDigest>) async throws(FleetError) {
    let scope = HistoryScope(
      before: now() - retention.history, keptOfEachApp: retention.releases,
      rolloutsInUse: await rollouts.read { $0.rolloutsInUse }, contentsInUse: contentsInUse)
    let forgotten = try await store.forgetHistory(scope, limit: Limits.atOnce)
    metrics.count(.rolloutsForgotten, by: forgotten.rollouts)
    guard forgotten.total > 0 else { return }
    logger.info(
      "forgot what is long over",
      metadata: [
        "rollouts": "\(forgotten.rollouts)", "entries": "\(forgotten.logEntries)", "releases": "\(forgotten.releases)",
        "contents": "\(forgotten.contents)", "deletions": "\(forgotten.guardedDeletions)",
      ])
  }

  // MARK: Blobs

  private func removeBlobs(_ inUse: Set<AppDigest>) async throws(FleetError) -> (removed: Set<Digest>, bytes: Int) {
    let stored = try await store.storedBlobs()
    var needed = try await store.blobsOfBundles()
    needed.formUnion(try await manifests(of: inUse))
    let garbage = stored.subtracting(needed).sorted().prefix(Limits.atOnce)
    var bytes = 0
    for start in stride(from: 0, to: garbage.count, by: Limits.batch) {
      let part = Array(garbage.dropFirst(start).prefix(Limits.batch))
      let removed = try await store.removeBlobs(part)
      bytes += removed
      metrics.count(.blobsCollected, by: part.count)
      metrics.count(.blobBytesCollected, by: removed)
    }
    return (Set(garbage), bytes)
  }

  /// What is assigned, what a rollout may assign yet, and what releases within the retention are of.
  private func digestsInUse() async throws(FleetError) -> Set<AppDigest> {
    var digests = await rollouts.read { $0.digestsInUse }
    digests.formUnion(try await store.assignments().map(\.digest))
    for release in try await store.releases(since: now() - retention.age, andOfEachApp: retention.releases) {
      guard let record = try await store.release(release) else { continue }
      digests.formUnion(try Release(canonicalBytes: record.canonical, file: "release \(release)").clusters.values)
    }
    return digests
  }

  /// The manifest sets that app digests stand for.
  private func manifests(of digests: Set<AppDigest>) async throws(FleetError) -> Set<Digest> {
    var found: Set<Digest> = []
    let all = Array(digests)
    for start in stride(from: 0, to: all.count, by: Limits.batch) {
      let part = Set(all[start..<min(start + Limits.batch, all.count)])
      for (digest, bytes) in try await store.contents(of: part) {
        if case .present(_, let manifests, _) = try AppContent(canonicalBytes: bytes, file: digest.description) {
          found.insert(manifests)
        }
      }
    }
    return found
  }

  // MARK: Renders

  private func removeRenders(_ apps: Set<String>) async throws(FleetError) -> Int {
    let stored = try await store.renderKeys()
    var needed: Set<Digest> = []
    for app in apps { needed.formUnion(try await memory.keys(of: app)) }
    let garbage = stored.subtracting(needed).sorted().prefix(Limits.atOnce)
    for start in stride(from: 0, to: garbage.count, by: Limits.batch) {
      try await store.removeRenders(Array(garbage.dropFirst(start).prefix(Limits.batch)))
    }
    return garbage.count
  }
}
