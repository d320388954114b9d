import Digests
import FleetModel
import FleetStore
import Logging
import Manifests
import Synchronization
import TimeZones

/// The fleet as its repository declares it at one commit, ready to be rendered.
struct FleetSnapshot: Sendable {
  var commit: ObservedCommit
  var tree: any ManifestTree
  var fleet: FleetDeclaration
  /// Declared clusters; one whose file is broken is here as it was last good.
  var clusters: [ClusterDeclaration]
  var apps: [AppDeclaration]
  /// Apps whose declaration is broken: they keep the release they have.
  var brokenApps: Set<String>

  /// The fleet's environments, in the order of promotion.
  var environments: [String] { fleet.environments }

  func cluster(named name: String) -> ClusterDeclaration? { clusters.first { $0.name == name } }
}

/// The first step: a commit becomes declarations, and what is wrong with them is known.
///
/// A broken `fleet.yaml` leaves the last good commit in force. A broken cluster file counts as it was last good: a
/// typing error must neither remove a cluster from the fleet nor stop the others. A broken `app.yaml` takes its app
/// out of this commit and no other.
struct SourceSync: Sendable {
  let store: any HubStore
  let readings: LastReading
  let logger: Logger

  /// What the errors of this step are kept under.
  static let errorStep = "declarations"

  /// Reads the declarations at a commit and remembers them; nil when the last good commit stays in force.
  func take(_ commit: ObservedCommit, _ tree: any ManifestTree, at now: Timestamp) async throws(FleetError)
    -> FleetSnapshot?
  {
    let asWritten = readings.read(tree)
    let repository = try await withLastGoodClusters(asWritten, tree)
    try await store.setErrors(asWritten.errors, in: ErrorScope(step: SourceSync.errorStep), at: now)
    for error in asWritten.errors { logger.warning("declaration refused", metadata: ["error": "\(error)"]) }
    guard let fleet = repository.fleet else {
      try await store.recordObservation(
        SourceObservation(commit: commit), trail: try await isNews(commit) ? trail(of: commit, nil, at: now) : .none)
      return nil
    }
    try await record(commit, repository, tree, at: now)
    return FleetSnapshot(
      commit: commit, tree: tree, fleet: fleet, clusters: repository.clusters, apps: repository.apps,
      brokenApps: repository.brokenApps)
  }

  /// The last commit before this one whose `fleet.yaml` can be read, as it was; nil when there was none.
  ///
  /// For a hub that starts while the repository is broken: what was in force before goes on being so.
  func lastGood(
    before commit: ObservedCommit, _ tree: (_ commit: String) throws(FleetError) -> any ManifestTree
  ) async throws(FleetError) -> FleetSnapshot? {
    for earlier in try await store.observedCommits(limit: SourceSync.commitsLookedBack) where earlier.id != commit.id {
      // History may have been rewritten, and the commit be gone.
      guard let tree = try? tree(earlier.id) else { continue }
      let repository = try await withLastGoodClusters(
        FleetRepository.read(from: tree, isTimeZone: TimeZones.exist(named:)), tree)
      guard let fleet = repository.fleet else { continue }
      return FleetSnapshot(
        commit: earlier, tree: tree, fleet: fleet, clusters: repository.clusters, apps: repository.apps,
        brokenApps: repository.brokenApps)
    }
    return nil
  }

  /// How many broken commits in a row a hub that starts goes back over.
  private static let commitsLookedBack = 200

  /// Whether the commit is another than the one seen last. A hub that starts sees the same one again.
  private func isNews(_ commit: ObservedCommit) async throws(FleetError) -> Bool {
    try await store.latestCommit()?.id != commit.id
  }

  func withLastGoodClusters(_ repository: FleetRepository, _ tree: any ManifestTree) async throws(FleetError)
    -> FleetRepository
  {
    guard repository.fleet != nil, !repository.brokenClusters.isEmpty else { return repository }
    let broken = Set(repository.errors.compactMap { $0.address.file.flatMap { TreePath($0) } })
    let lastGood = try await store.declarations().filter { broken.contains($0.path) }
    guard !lastGood.isEmpty else { return repository }
    let replacements = Dictionary(lastGood.map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    var mended = FleetRepository.read(
      from: PatchedTree(base: tree, replacements: replacements), isTimeZone: TimeZones.exist(named:))
    // An app that is broken as written stays broken: what it rendered last stays, with nothing new beside it.
    mended.brokenApps.formUnion(repository.brokenApps)
    mended.apps.removeAll { mended.brokenApps.contains($0.name) }
    return mended
  }

  private func record(
    _ commit: ObservedCommit, _ repository: FleetRepository, _ tree: any ManifestTree, at now: Timestamp
  ) async throws(FleetError) {
    let known = Dictionary(
      try await store.declarations().map { ($0.path, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    var changed: [DeclarationFile] = []
    for cluster in repository.clusters {
      let bytes = try tree.read(cluster.file)
      // A mended cluster reads as broken here; what is stored of it is what mended it.
      if known[cluster.file] != bytes, !repository.errors.contains(where: { $0.address.file == "\(cluster.file)" }) {
        changed.append(DeclarationFile(path: cluster.file, bytes: bytes, commit: commit.id))
      }
    }
    let present = Set(repository.clusters.map(\.file))
    var removed: [TreePath] = []
    for path in known.keys where !present.contains(path) {
      if try tree.entry(at: path) == nil { removed.append(path) }
    }
    try await store.recordObservation(
      SourceObservation(commit: commit, changed: changed, removed: removed.sorted()),
      trail: try await isNews(commit) ? trail(of: commit, repository, at: now) : .none)
    try await updateClusters(repository, at: now)
  }

  /// Tells the store which of the clusters with a uid are declared, and how.
  private func updateClusters(_ repository: FleetRepository, at now: Timestamp) async throws(FleetError) {
    let declared = Dictionary(repository.clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    var updates: [DeclaredCluster] = []
    for record in try await store.clusters() where record.state != .revoked {
      if let declaration = declared[record.name] {
        updates.append(
          DeclaredCluster(
            uid: record.uid, environment: declaration.environment, labels: declaration.labels,
            connectivity: declaration.connectivity))
      } else if !repository.brokenClusters.contains(record.name) {
        updates.append(
          DeclaredCluster(
            uid: record.uid, environment: record.environment, labels: record.labels, connectivity: record.connectivity,
            isDeclared: false))
      }
    }
    try await store.updateDeclared(updates, at: now, trail: .none)
  }

  private func trail(of commit: ObservedCommit, _ repository: FleetRepository?, at now: Timestamp) -> Trail {
    let entry = AuditRecord.Content(
      time: now, actor: "hub", action: "source.observe", subject: commit.summary, commit: commit.id,
      outcome: repository == nil ? "refused" : "done",
      reason: repository == nil ? "fleet.yaml has errors; the last good commit stays in force" : "")
    let event = FleetEvent(
      time: now, kind: repository == nil ? "CommitRefused" : "CommitObserved",
      message: "\(commit.id.prefix(8)) \(commit.summary)" + (commit.isRewrite ? " (the branch was rewritten)" : ""))
    return Trail(audit: [entry], events: [event])
  }
}

/// The reading of the commit before, so that files which are the same are not parsed again.
final class LastReading: Sendable {
  private let last = Mutex<FleetReading?>(nil)

  func read(_ tree: any ManifestTree) -> FleetRepository {
    let reading = FleetReading(of: tree, after: last.withLock { $0 }, isTimeZone: TimeZones.exist(named:))
    last.withLock { $0 = reading }
    return reading.repository
  }

  /// Reads a commit beside the one that is followed.
  func peek(_ tree: any ManifestTree) -> FleetRepository {
    FleetReading(of: tree, after: last.withLock { $0 }, isTimeZone: TimeZones.exist(named:)).repository
  }
}
