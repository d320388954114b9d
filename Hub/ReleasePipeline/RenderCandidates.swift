import Digests
import FleetModel
import FleetStore
import Logging
import Manifests
import Rendering
import RolloutEngine

/// The second step: what every app should be on every cluster at a commit, and what of that is news.
///
/// An app whose files have an error for any cluster gets no release at all: the last good one stays, the error shows,
/// and nothing is pruned because of it. Other apps are not held up.
struct CandidateRenderer: Sendable {
  let store: any HubStore
  /// What the rollout engine knows as the newest release of an app: what it does not know it has yet to be told, also
  /// when a hub that was killed had stored the release already.
  let latest: @Sendable (_ app: String) async -> [ClusterUID: AppDigest]?
  /// Clusters that joined and that the engine has asked about and not heard of yet.
  let awaiting: @Sendable (_ app: String) async -> Set<ClusterUID>
  /// What an app may be on each cluster by the time that another release of it is taken.
  let possible: @Sendable (_ app: String) async -> [ClusterUID: Set<AppDigest>]
  let memory: RenderMemory
  let turns: RenderTurns
  let lists: ObjectLists
  let metrics: HubMetrics
  let logger: Logger

  /// What the errors of this step are kept under.
  static let errorStep = "render"

  /// Renders every app of a snapshot, on all cores; returns what the engine is told, in the order of the apps' names.
  ///
  /// Throws `renderCancelled` when a newer commit has come. Nothing is stored of a release by then.
  func render(
    _ fleet: FleetSnapshot, with renderer: Renderer, _ earlier: FleetRenders, at now: Timestamp
  ) async throws(FleetError) -> [RolloutEvent] {
    let members = try await composer.members(of: fleet)
    let assigned = Dictionary(grouping: try await store.assignments(), by: \.app)
    var all: [AppRenders<RenderedSet>] = []
    var made: [Int] = []
    let start = ContinuousClock.now
    let clusters = earlier.list(fleet.clusters)
    for app in fleet.apps {
      try await memory.begin(app.name)
      let renders = try? await turns.part(of: fleet.commit.id) { () async throws(CancellationError) in
        try await earlier.renders(of: app, clusters, with: renderer)
      }
      made.append(try await memory.end(app.name) { renders?.cacheKeys })
      guard let renders else { throw FleetError(.renderCancelled, "a newer commit has come") }
      all.append(renders)
    }
    earlier.forget(except: Set(fleet.apps.map(\.name)))
    metrics.took(.render, ContinuousClock.now - start)
    var rendered = all.map { AppRender($0, members) }
    let findings = earlier.findings(in: all, fleet.fleet.namespaces)
    AppRender.take(findings.errors, into: &rendered, fleet, with: renderer)
    for finding in findings.newWarnings { warn(of: finding, fleet, with: renderer) }
    for (render, made) in zip(rendered, made) {
      let outcome: HubMetrics.AppOutcome = !render.errors.isEmpty ? .failed : made > 0 ? .rendered : .cached
      metrics.count(.appsRendered, outcome.rawValue)
    }
    var events: [RolloutEvent] = []
    let desired = Desired(rendered: rendered)
    for render in rendered {
      let scope = ErrorScope(step: CandidateRenderer.errorStep, app: render.app.name)
      try await store.setErrors(render.errors, in: scope, at: now)
      for error in render.errors { logger.warning("app does not render", metadata: ["error": "\(error)"]) }
      guard render.errors.isEmpty else { continue }
      if let composed = try await composer.compose(render, assigned, members, fleet) {
        try await save(render, renderer)
        events.append(try await event(composed, desired, at: now))
      }
      for set in render.all { set.letGo() }
    }
    for composed in try await composer.removedApps(fleet, assigned, members) {
      events.append(try await event(composed, desired, at: now))
    }
    try await forgetErrors(except: Set(fleet.apps.map(\.name)), at: now)
    logger.info(
      "commit rendered",
      metadata: ["commit": "\(fleet.commit.id)", "apps": "\(rendered.count)", "made": "\(made.reduce(0, +))"])
    return events
  }

  /// What was wrong with an app that is not rendered any longer is not wrong now.
  private func forgetErrors(except apps: Set<String>, at now: Timestamp) async throws(FleetError) {
    let scopes = Set(try await store.currentErrors().map(\.scope))
    for scope in scopes where scope.step == CandidateRenderer.errorStep {
      if let app = scope.app, !apps.contains(app) { try await store.setErrors([], in: scope, at: now) }
    }
  }

  /// What an app is on a cluster that joined.
  enum Amended: Sendable {
    case rendered(AppDigest)
    /// The app is not meant for the cluster.
    case unconcerned
    case failed(FleetError)

    var digest: AppDigest? { if case .rendered(let digest) = self { digest } else { nil } }
  }

  /// Renders one app at a commit for clusters that joined. One that is not in the answer is not concerned.
  func renderAmendments(
    app name: String, clusters: Set<ClusterUID>, _ fleet: FleetSnapshot, with renderer: Renderer
  ) async throws(FleetError) -> [ClusterUID: Amended] {
    let members = try await composer.members(of: fleet).filter { $0.uid.map(clusters.contains) ?? false }
    guard let app = fleet.apps.first(where: { $0.name == name }), !members.isEmpty else { return [:] }
    try await memory.begin(name, again: true)
    let outlines = ObjectOutlines()
    let renders = try? await renderer.renders(of: app, on: .of(members.map(\.declaration))) {
      RenderedSet($0, outlines)
    }
    let made = try await memory.end(name, isWhole: false)
    guard let renders else { throw FleetError(.renderCancelled, "the hub ends") }
    let render = AppRender(renders, members)
    logger.info(
      "joining clusters rendered",
      metadata: ["app": "\(name)", "clusters": "\(members.count)", "made": "\(made)"])
    try await save(render, renderer)
    let (digests, contents) = render.contents
    try await store.saveContents(contents.mapValues(\.canonicalBytes))
    return render.failures.mapValues { .failed($0) }.merging(digests.mapValues { .rendered($0) }) { failed, _ in failed
    }
  }

  private var composer: ReleaseComposer { ReleaseComposer(store: store) }

  /// What the engine is told of a release, which is stored first; its blobs are already.
  private func event(
    _ composed: ComposedRelease, _ desired: Desired, at now: Timestamp
  ) async throws(FleetError) -> RolloutEvent {
    let (release, plan) = (composed.release, composed.plan)
    try await store.saveContents(composed.contents.mapValues(\.canonicalBytes))
    // What the engine asked for is on its way to it, and is no news of its own.
    let awaiting = await awaiting(release.app)
    if await latest(release.app) == release.clusters.filter({ !awaiting.contains($0.key) }) {
      return .commitObserved(app: release.app, commit: release.commit, plan)
    }
    let record = ReleaseRecord(
      digest: release.digest, app: release.app, commit: release.commit, canonical: release.canonicalBytes,
      createdAt: now)
    try await store.saveRelease(record, trail: .none)
    let guarded = try await guardedDeletions(of: release, desired)
    return .releaseRendered(RenderedRelease(release: release, plan: plan, guardedDeletions: guarded))
  }

  /// Counts what the release takes away that a person has to let go first, and remembers which objects they are.
  private func guardedDeletions(
    of release: Release, _ desired: Desired
  ) async throws(FleetError) -> [ClusterUID: Int] {
    let possible = await possible(release.app)
    guard !possible.isEmpty else { return [:] }
    let counted = try await DeletionCounter(store: store, lists: lists).count(
      release, possible, others: desired.others(than: release.app, on: release.clusters.keys))
    var deletions: [Takeover: [GuardedDeletion]] = [:]
    for (cluster, objects) in counted {
      guard let digest = release.clusters[cluster] else { continue }
      deletions[Takeover(cluster: cluster, digest: digest, commit: release.commit)] = objects
    }
    try await store.saveGuardedDeletions(deletions)
    return counted.mapValues(\.count).filter { $0.value > 0 }
  }

  /// The manifest sets of a commit. Looked through only for what is released: most commits release little.
  struct Desired {
    var rendered: [AppRender]

    func others(than app: String, on clusters: some Collection<ClusterUID>) -> DeletionCounter.Others {
      var others: DeletionCounter.Others = [:]
      for render in rendered where render.errors.isEmpty && render.app.name != app {
        for cluster in clusters {
          if let set = render.sets[cluster] { others[cluster, default: []].append(set.digest) }
        }
      }
      return others
    }
  }

  /// Stores the manifest sets that are not.
  private func save(_ render: AppRender, _ renderer: Renderer) async throws(FleetError) {
    var blobs: [Digest: [UInt8]] = [:]
    for (cluster, set) in render.sets where !set.isStored && blobs[set.digest] == nil {
      if let bytes = set.bytes {
        blobs[set.digest] = bytes
      } else {
        blobs[set.digest] = try render.again(cluster, with: renderer)
      }
    }
    if !blobs.isEmpty { _ = try await store.saveBlobs(Array(blobs.values)) }
    for set in render.sets.values { set.noteStored() }
  }

  private func warn(of finding: ClusterChecks.Finding, _ fleet: FleetSnapshot, with renderer: Renderer) {
    for (app, warning) in renderer.errors(of: finding, apps: fleet.apps, clusters: fleet.clusters) {
      logger.warning("app renders with a warning", metadata: ["app": "\(app)", "warning": "\(warning)"])
    }
  }
}
