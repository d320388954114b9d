import FleetModel
import FleetStore
import GitSource
import Logging
import Manifests
import Rendering
import RolloutEngine

/// A cluster that joins gets what its stage runs: the app is rendered for it from its files at that stage's commit.
///
/// What fails stands as an error of the app and the cluster, is an event once, and is tried again at every commit and
/// every so often in between.
struct ReleaseAmender: Sendable {
  let store: any HubStore
  let source: GitSource
  let current: CurrentSource
  let rollouts: RolloutAdvancer
  let memory: RenderMemory
  let charts: (any ChartInflater)?
  let metrics: HubMetrics
  let now: @Sendable () -> Timestamp
  let logger: Logger

  /// What the errors of this step are kept under.
  static let errorStep = "amendment"
  /// Between two tries without a new commit: what fails for good costs one render in this time.
  static let retryInterval: Duration = .seconds(30)

  /// Renders these, each app once for all clusters that wait for it at a commit, and tells the engine. Throws only what
  /// the store refuses for now; before the first commit has been read nothing can be rendered, and it is asked for again.
  func amend(_ amendments: [PipelineWork.Amendment], with renderer: CandidateRenderer) async throws(FleetError) {
    guard let snapshot = await current.snapshot else { return }
    let parts = Dictionary(grouping: amendments) { Part(app: $0.app, commit: $0.commit) }
    for (part, amendments) in parts.sorted(by: { $0.key < $1.key }) {
      try await amend(part, Set(amendments.map(\.cluster)), snapshot, with: renderer)
    }
  }

  /// An app at a commit.
  private struct Part: Hashable, Comparable {
    var app: String
    var commit: String

    static func < (one: Part, other: Part) -> Bool { (one.app, one.commit) < (other.app, other.commit) }
  }

  private func amend(
    _ part: Part, _ clusters: Set<ClusterUID>, _ snapshot: FleetSnapshot, with renderer: CandidateRenderer
  ) async throws(FleetError) {
    let answers: [ClusterUID: CandidateRenderer.Amended]
    do throws(FleetError) {
      answers = try await render(part, clusters, snapshot, with: renderer)
    } catch {
      if error.isOfTheStore { throw error }
      answers = Dictionary(clusters.map { ($0, .failed(error)) }, uniquingKeysWith: { $1 })
    }
    let wrong = Set(try await store.currentErrors().map(\.scope).filter { $0.step == ReleaseAmender.errorStep })
    let scopes = await scopes(of: clusters, app: part.app)
    var events: [RolloutEvent] = []
    for cluster in clusters.sorted() {
      guard let scope = scopes[cluster] else { continue }
      switch answers[cluster] ?? .unconcerned {
      case .failed(let error):
        try await note(error.within(.init(cluster: scope.cluster, app: scope.app)), in: scope)
      case .unconcerned, .rendered:
        if wrong.contains(scope) { try await store.setErrors([], in: scope, at: now()) }
        events.append(
          .amendmentRendered(
            Amendment(cluster: cluster, app: part.app, commit: part.commit, digest: answers[cluster]?.digest)))
      }
    }
    await rollouts.submit(events)
  }

  /// What the engine still waits for.
  func pending() async -> [PipelineWork.Amendment] {
    await rollouts.read { $0.pendingAmendments }.compactMap { action in
      guard case .renderAmendment(let cluster, let app, let commit) = action else { return nil }
      return PipelineWork.Amendment(cluster: cluster, app: app, commit: commit)
    }
  }

  /// What has failed and is still waited for; the errors of what nobody waits for any longer are taken back.
  func failed() async throws(FleetError) -> [PipelineWork.Amendment] {
    let scopes = Set(try await store.currentErrors().map(\.scope).filter { $0.step == ReleaseAmender.errorStep })
    guard !scopes.isEmpty else { return [] }
    var failed: [PipelineWork.Amendment] = []
    var wanted: Set<ErrorScope> = []
    for amendment in await pending() {
      let scope = await self.scopes(of: [amendment.cluster], app: amendment.app)[amendment.cluster]
      guard let scope, scopes.contains(scope) else { continue }
      wanted.insert(scope)
      failed.append(amendment)
    }
    for scope in scopes.subtracting(wanted) { try await store.setErrors([], in: scope, at: now()) }
    return failed
  }

  private func scopes(of clusters: Set<ClusterUID>, app: String) async -> [ClusterUID: ErrorScope] {
    let names = await rollouts.read { engine in
      Dictionary(clusters.map { ($0, engine.name(of: $0)) }, uniquingKeysWith: { $1 })
    }
    return names.mapValues { ErrorScope(step: ReleaseAmender.errorStep, app: app, cluster: $0) }
  }

  private func render(
    _ part: Part, _ clusters: Set<ClusterUID>, _ now: FleetSnapshot, with renderer: CandidateRenderer
  ) async throws(FleetError) -> [ClusterUID: CandidateRenderer.Amended] {
    if now.commit.id == part.commit {
      return try await renderer.renderAmendments(
        app: part.app, clusters: clusters, now, with: await current.renderer(for: now.tree))
    }
    let then = try await snapshot(at: part.commit, clustersOf: now)
    return try await renderer.renderAmendments(
      app: part.app, clusters: clusters, then, with: Renderer(tree: then.tree, cache: memory, charts: charts))
  }

  /// The apps as they were at a commit, for the clusters as they are now.
  private func snapshot(at commit: String, clustersOf now: FleetSnapshot) async throws(FleetError) -> FleetSnapshot {
    guard let id = CommitID(hex: commit), let observed = try await store.observedCommit(commit) else {
      throw FleetError(.storeDamaged, "the commit \(commit) is not known")
    }
    let tree = try source.tree(at: id)
    let then = FleetRepository.read(from: tree)
    guard let fleet = then.fleet else {
      throw then.errors.first ?? FleetError(.storeDamaged, "the fleet at commit \(commit) cannot be read any longer")
    }
    return FleetSnapshot(
      commit: observed, tree: tree, fleet: fleet, clusters: now.clusters, apps: then.apps, brokenApps: then.brokenApps)
  }

  private func note(_ error: FleetError, in scope: ErrorScope) async throws(FleetError) {
    metrics.count(.amendmentsFailed)
    logger.warning("an app does not render for a cluster that joined", metadata: ["error": "\(error)"])
    let standing = try await store.currentErrors().contains { $0.scope == scope && $0.error == error }
    guard !standing else { return }
    try await store.setErrors([error], in: scope, at: now())
    try await store.record(
      Trail(events: [
        FleetEvent(
          time: now(), kind: "AmendmentFailed", cluster: scope.cluster, app: scope.app, message: "\(error)")
      ]))
  }
}
