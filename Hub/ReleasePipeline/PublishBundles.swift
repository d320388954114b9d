import Authority
import Digests
import FleetModel
import FleetStore
import Logging
import Manifests

/// The fourth step: what is assigned to a cluster becomes a signed bundle in its view, and its agent hears of it.
///
/// Clusters whose assignments move close together share one publication. What a crash kept from being published is
/// found again at the next start: every cluster's assignments are compared with what is published for it.
actor BundlePublisher {
  /// What gathers before a publication: rollouts of several apps move in one commit.
  private static let gathering: Duration = .milliseconds(20)
  /// Clusters of one publication. Few enough that the first agents of a large fleet fetch theirs while those of the others
  /// are signed; enough that they share their fsyncs.
  private static let atOnce = 256
  /// Few enough that every core has some of a publication.
  private static let signedInOneTask = 32
  /// Between two looks for metadata that is to be signed again.
  private static let renewalInterval: Duration = .seconds(60)
  /// A timestamp is signed again after this, so that a connected agent's never expires (it lives seven days).
  private static let timestampAge: Duration = .seconds(86_400)
  /// Targets are signed again after this; they live 90 days.
  private static let targetsAge: Duration = .seconds(45 * 86_400)
  /// Between two tries when the store refuses.
  private static let retryDelay: Duration = .seconds(1)
  /// The oldest agent that understands what this hub publishes.
  private static let oldestAgent = SemanticVersion(major: 0, minor: 1, patch: 0)

  private let store: any HubStore
  private let signer: MetadataSigner
  private let sessions: AgentSessions
  private let fleet: String
  private let metrics: HubMetrics
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private var dirty: Set<ClusterUID> = []
  /// Clusters whose content is damaged; they are looked at again with the old metadata.
  private var failing: Set<ClusterUID> = []
  /// Clusters whose agents trusted more than was published, and have not taken what was published then.
  private var overtaking: Set<ClusterUID> = []
  private let signal = Signal()

  init(
    store: any HubStore, signer: MetadataSigner, sessions: AgentSessions, fleet: String, metrics: HubMetrics,
    logger: Logger, now: @escaping @Sendable () -> Timestamp
  ) {
    self.store = store
    self.signer = signer
    self.sessions = sessions
    self.fleet = fleet
    self.metrics = metrics
    self.logger = logger
    self.now = now
  }

  /// Notes that these clusters want a new bundle.
  func publish(_ clusters: Set<ClusterUID>) {
    dirty.formUnion(clusters)
    signal.raise()
  }

  /// Publishes until the task is cancelled.
  func run() async throws {
    try await findUnpublished()
    var nextRenewal = now()
    while !Task.isCancelled {
      if !dirty.isEmpty {
        try? await Task.sleep(for: BundlePublisher.gathering)
        await publishDirty()
      }
      if now() >= nextRenewal {
        nextRenewal = now() + BundlePublisher.renewalInterval
        await renewOld()
      }
      if dirty.isEmpty { await signal.wait(until: nextRenewal, now: now) }
    }
  }

  /// Notes that a cluster's agent trusts more than is published for it, as after the hub's state was set back: it takes
  /// nothing from here until that is overtaken in turn.
  func overtake(_ cluster: ClusterUID) {
    logger.warning(
      "an agent trusts later metadata than this hub has published; publishing anew",
      metadata: ["cluster": "\(cluster)"])
    overtaking.insert(cluster)
    publish([cluster])
  }

  /// Whether the agent may still refuse, for good reason, what was published before it was overtaken.
  func isOvertaking(_ cluster: ClusterUID) -> Bool { overtaking.contains(cluster) }

  /// Notes that an agent took what is published now.
  func hasTaken(_ cluster: ClusterUID) { overtaking.remove(cluster) }

  private func findUnpublished() async throws(FleetError) {
    let overtaken = try await store.overtakenPublications()
    var shared = SharedReadings()
    var enrolled = try await store.clusters().filter { $0.state == .enrolled }.map(\.uid)[...]
    while !enrolled.isEmpty {
      let clusters = enrolled.prefix(BundlePublisher.atOnce)
      enrolled.removeFirst(clusters.count)
      for (cluster, content) in try await publishable(Array(clusters), &shared) {
        let bundle = try await intactBundle(of: cluster)
        let isCurrent = bundle?.apps == content.apps && bundle?.removed == content.removed
        if !isCurrent || overtaken.contains(cluster) { dirty.insert(cluster) }
      }
    }
  }

  /// What is published; nil where nothing is, and where it is damaged, and has to be published anew.
  private func intactBundle(of cluster: ClusterUID) async throws(FleetError) -> Bundle? {
    do throws(FleetError) {
      return try await store.publishedBundle(of: cluster)
        .map { published throws(FleetError) in try Bundle(json: published.bytes, file: "bundle.json") }
    } catch {
      guard error.code == .storeDamaged else { throw error }
      return nil
    }
  }

  private func publishDirty() async {
    var waiting = dirty.sorted()[...]
    dirty = []
    var shared = SharedReadings()
    while let last = waiting.prefix(BundlePublisher.atOnce).indices.last, !Task.isCancelled {
      let clusters = waiting[...last]
      do throws(FleetError) {
        // Before versions are drawn: a cluster that cannot be published must not use them up.
        try await publish(try await publishable(Array(clusters), &shared))
        waiting = waiting[(last + 1)...]
      } catch {
        logger.error("bundles cannot be published", metadata: ["error": "\(error)"])
        dirty.formUnion(waiting)
        try? await Task.sleep(for: BundlePublisher.retryDelay)
        return
      }
    }
    // The hub ends; the next one finds what is missing.
    dirty.formUnion(waiting)
  }

  /// What the errors of this step are kept under.
  private static let errorStep = "publish"

  /// What the clusters' bundles are to say, but for those of which something is damaged: that shows, and holds no other
  /// cluster up.
  private func publishable(
    _ clusters: [ClusterUID], _ shared: inout SharedReadings
  ) async throws(FleetError) -> [ClusterUID: Content] {
    let damage: FleetError
    do throws(FleetError) {
      let contents = try await contents(of: clusters, &shared)
      for cluster in clusters where failing.remove(cluster) != nil {
        try await store.setErrors([], in: try await errorScope(of: cluster), at: now())
      }
      return contents
    } catch {
      guard error.code == .storeDamaged else { throw error }
      damage = error
    }
    if let cluster = clusters.first, clusters.count == 1 {
      try await note(damage, of: cluster)
      return [:]
    }
    var contents: [ClusterUID: Content] = [:]
    for cluster in clusters { contents.merge(try await publishable([cluster], &shared)) { $1 } }
    return contents
  }

  private func note(_ damage: FleetError, of cluster: ClusterUID) async throws(FleetError) {
    let scope = try await errorScope(of: cluster)
    let error = damage.within(.init(cluster: scope.cluster))
    logger.error("a bundle cannot be published", metadata: ["error": "\(error)"])
    failing.insert(cluster)
    try await store.setErrors([error], in: scope, at: now())
  }

  private func errorScope(of cluster: ClusterUID) async throws(FleetError) -> ErrorScope {
    ErrorScope(
      step: BundlePublisher.errorStep, cluster: try await store.cluster(cluster)?.name ?? "\(cluster)")
  }

  private func publish(_ contents: [ClusterUID: Content]) async throws(FleetError) {
    guard !contents.isEmpty else { return }
    let versions = try await store.allocateVersions(contents.mapValues { _ in .bundle })
    let wanted = contents.sorted { $0.key < $1.key }.compactMap { cluster, content in
      versions[cluster].map { Unsigned(cluster: cluster, content: content, versions: $0) }
    }
    let publications = try await signed(wanted)
    try await store.publish(publications, at: now(), trail: .none)
    metrics.count(.bundlesPublished, by: publications.count)
    for publication in publications {
      logger.info(
        "bundle published",
        metadata: ["cluster": "\(publication.cluster)", "bundle_seq": "\(publication.versions.bundleSeq)"])
      sessions.tell(publication.cluster, .metadataChanged(timestampVersion: publication.versions.timestamp))
    }
  }

  private struct Unsigned: Sendable {
    var cluster: ClusterUID
    var content: Content
    var versions: PublicationVersions
  }

  /// Signs on all cores: ten thousand bundles with their metadata are some seconds of signatures.
  private func signed(_ wanted: [Unsigned]) async throws(FleetError) -> [Publication] {
    let parts = stride(from: 0, to: wanted.count, by: BundlePublisher.signedInOneTask).map {
      wanted[$0..<min($0 + BundlePublisher.signedInOneTask, wanted.count)]
    }
    let outcomes = await withTaskGroup(of: Result<[Publication], FleetError>.self) { group in
      for part in parts {
        group.addTask {
          Result { () throws(FleetError) in
            try part.map { (unsigned) throws(FleetError) in try self.publication(of: unsigned) }
          }
        }
      }
      var outcomes: [Result<[Publication], FleetError>] = []
      for await outcome in group { outcomes.append(outcome) }
      return outcomes
    }
    var publications: [Publication] = []
    for outcome in outcomes { publications += try outcome.get() }
    return publications.sorted { $0.cluster < $1.cluster }
  }

  private nonisolated func publication(of unsigned: Unsigned) throws(FleetError) -> Publication {
    let (cluster, content, versions) = (unsigned.cluster, unsigned.content, unsigned.versions)
    let instant = now()
    let bundle = Bundle(
      fleet: fleet, cluster: cluster, bundleSeq: versions.bundleSeq, prevSeq: versions.prevSeq,
      minAgent: BundlePublisher.oldestAgent, notBefore: instant - CertificateAuthority.Lifetime.skew,
      apps: content.apps, removed: content.removed)
    let bytes = bundle.canonicalBytes
    let signed = try metrics.timing(.sign) { () throws(FleetError) in
      try signer.sign(
        bundle, bytes: bytes,
        MetadataSigner.Versions(
          targets: versions.targets, snapshot: versions.snapshot, timestamp: versions.timestamp),
        content.expiry, at: instant)
    }
    return Publication(
      cluster: cluster, versions: versions,
      metadata: [.targets: signed.targets, .snapshot: signed.snapshot, .timestamp: signed.timestamp],
      bundle: Publication.NewBundle(bytes: bytes, blobs: Set(content.apps.map(\.manifests.sha256))))
  }

  private struct Content: Sendable {
    var apps: [Bundle.App] = []
    var removed: [Bundle.Removal] = []
    var expiry: MetadataSigner.Expiry
  }

  /// What the clusters' assignments say, as their bundles have it.
  private func contents(
    of clusters: [ClusterUID], _ shared: inout SharedReadings
  ) async throws(FleetError) -> [ClusterUID: Content] {
    let records = try await store.clusters(clusters)
    let assignments = try await store.assignments(of: clusters)
    try await shared.read(Set(assignments.values.joined().map(\.digest)), in: store)
    var takeovers: [Assignment: Takeover] = [:]
    for assignment in assignments.values.joined() {
      takeovers[assignment] = try await shared.commit(of: assignment, in: store).map {
        Takeover(cluster: assignment.cluster, digest: assignment.digest, commit: $0)
      }
    }
    // A stage offers what takes away anything guarded only once that was confirmed, so what is assigned may delete it.
    let confirmed = try await store.guardedDeletions(of: Array(takeovers.values)).mapValues { deletions in
      deletions.map(\.object).sorted { $0.precedesInBytes($1) }
    }
    var contents: [ClusterUID: Content] = [:]
    for cluster in clusters {
      var content = Content(expiry: MetadataSigner.Expiry(records[cluster]?.connectivity ?? .connected))
      for assignment in assignments[cluster] ?? [] {
        let takeover = takeovers[assignment]
        let deletions = takeover.flatMap { confirmed[$0] } ?? []
        try await add(assignment, of: takeover?.commit, deletions, to: &content, &shared)
      }
      content.apps = ApplyDepth.ordered(content.apps)
      content.removed.sort { $0.name.precedesInBytes($1.name) }
      contents[cluster] = content
    }
    return contents
  }

  private func add(
    _ assignment: Assignment, of commit: String?, _ deletions: [String], to content: inout Content,
    _ shared: inout SharedReadings
  ) async throws(FleetError) {
    switch try shared.content(of: assignment) {
    case .present(let app, let manifests, let policy):
      let length = try await shared.length(of: manifests, app: app, in: store)
      guard let commit else {
        throw FleetError(.storeDamaged, "the rollout of what is assigned is not stored", at: .init(app: app))
      }
      content.apps.append(
        Bundle.App(
          name: app, commit: commit, committer: try await shared.committer(of: commit, in: store),
          release: assignment.release, rollout: assignment.rollout, appDigest: assignment.digest,
          manifests: BlobReference(sha256: manifests, length: length), order: 0, policy: policy,
          confirmedDeletions: deletions))
    case .absent(let app, let absence):
      content.removed.append(
        Bundle.Removal(
          name: app, appDigest: assignment.digest, absent: absence, confirmedDeletions: deletions))
    }
  }

  private func expiry(of cluster: ClusterUID) async throws(FleetError) -> MetadataSigner.Expiry {
    MetadataSigner.Expiry(try await store.cluster(cluster)?.connectivity ?? .connected)
  }

  // MARK: Signing again

  private func renewOld() async {
    dirty.formUnion(failing)
    do {
      var timestamps: [PublicationRecord] = []
      for record in try await store.publications() {
        if now().since(record.targetsAt) > BundlePublisher.targetsAge {
          dirty.insert(record.cluster)
        } else if now().since(record.timestampAt) > BundlePublisher.timestampAge {
          timestamps.append(record)
        }
      }
      if !timestamps.isEmpty { try await renewTimestamps(timestamps) }
    } catch {
      logger.error("metadata cannot be signed again", metadata: ["error": "\(error)"])
    }
  }

  private func renewTimestamps(_ records: [PublicationRecord]) async throws(FleetError) {
    let versions = try await store.allocateVersions(
      Dictionary(records.map { ($0.cluster, PublicationExtent.timestamp) }, uniquingKeysWith: { $1 }))
    var publications: [Publication] = []
    for record in records {
      guard let next = versions[record.cluster],
        let snapshot = try await store.metadata(of: record.cluster, .snapshot, version: next.snapshot)
      else { continue }
      let bytes = try signer.timestamp(
        for: snapshot, snapshotVersion: next.snapshot, version: next.timestamp, fleet: fleet, cluster: record.cluster,
        try await expiry(of: record.cluster), at: now())
      publications.append(Publication(cluster: record.cluster, versions: next, metadata: [.timestamp: bytes]))
    }
    try await store.publish(publications, at: now(), trail: .none)
    for publication in publications {
      sessions.tell(publication.cluster, .metadataChanged(timestampVersion: publication.versions.timestamp))
    }
  }
}
