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
    let members = try await self.members(of: fleet)
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
    check(&rendered, earlier.findings(in: all, fleet.fleet.namespaces), fleet, with: renderer)
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
      let leaving = try await absences(of: render.app.name, assigned, members, staying: Set(render.sets.keys))
      events += try await release(render, leaving, fleet, renderer, desired, at: now)
      for set in render.all { set.letGo() }
    }
    events += try await removedApps(fleet, assigned, members, desired, at: now)
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
    let members = try await self.members(of: fleet).filter { $0.uid.map(clusters.contains) ?? false }
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
    let digests = try await save(render, renderer)
    return render.failures.mapValues { .failed($0) }.merging(digests.mapValues { .rendered($0) }) { failed, _ in failed
    }
  }

  /// A declared cluster that is enrolled.
  struct Member: Sendable {
    var uid: ClusterUID?
    var declaration: ClusterDeclaration
  }

  private func members(of fleet: FleetSnapshot) async throws(FleetError) -> [Member] {
    let records = Dictionary(
      try await store.clusters().filter { $0.state == .enrolled }.map { ($0.name, $0.uid) }, uniquingKeysWith: { $1 })
    return fleet.clusters.map { Member(uid: records[$0.name], declaration: $0) }
  }

  /// The release of an app, stored with all its content; nothing when no member is concerned.
  private func release(
    _ render: AppRender, _ leaving: [ClusterUID: AppContent], _ fleet: FleetSnapshot, _ renderer: Renderer,
    _ desired: Desired, at now: Timestamp
  ) async throws(FleetError) -> [RolloutEvent] {
    var digests = try await save(render, renderer)
    for (cluster, content) in leaving { digests[cluster] = content.digest }
    try await store.saveContents(
      Dictionary(leaving.values.map { ($0.digest, $0.canonicalBytes) }, uniquingKeysWith: { $1 }))
    guard !digests.isEmpty else { return [] }
    let plan = AppPlan(
      pipeline: fleet.pipeline(render.app.pipeline), gate: render.app.gate, dependsOn: render.app.policy.dependsOn,
      freezes: fleet.fleet.freezes)
    let release = Release(
      app: render.app.name, commit: fleet.commit.id, clusters: digests, chartProgram: render.chartProgram)
    return [try await event(release, plan, desired, at: now)]
  }

  private func event(
    _ release: Release, _ plan: AppPlan, _ desired: Desired, at now: Timestamp
  ) async throws(FleetError) -> RolloutEvent {
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

  private func save(_ render: AppRender, _ renderer: Renderer) async throws(FleetError) -> [ClusterUID: AppDigest] {
    var blobs: [Digest: [UInt8]] = [:]
    var contents: [AppDigest: [UInt8]] = [:]
    var digests: [ClusterUID: AppDigest] = [:]
    var known: [Digest: AppDigest] = [:]
    for (cluster, set) in render.sets {
      // Most clusters share their manifests with others.
      if let digest = known[set.digest] {
        digests[cluster] = digest
        continue
      }
      let content = AppContent.present(app: render.app.name, manifests: set.digest, policy: render.app.policy)
      if !set.isStored, blobs[set.digest] == nil {
        if let bytes = set.bytes {
          blobs[set.digest] = bytes
        } else {
          blobs[set.digest] = try render.again(cluster, with: renderer)
        }
      }
      contents[content.digest] = content.canonicalBytes
      digests[cluster] = content.digest
      known[set.digest] = content.digest
    }
    if !blobs.isEmpty { _ = try await store.saveBlobs(Array(blobs.values)) }
    for set in render.sets.values { set.noteStored() }
    try await store.saveContents(contents)
    return digests
  }

  // MARK: What leaves

  /// The absences of an app on members that it no longer targets and that still run it.
  private func absences(
    of app: String, _ assigned: [String: [Assignment]], _ members: [Member], staying: Set<ClusterUID>
  ) async throws(FleetError) -> [ClusterUID: AppContent] {
    let present = Set(members.compactMap(\.uid))
    var leaving: [ClusterUID: AppContent] = [:]
    for assignment in assigned[app] ?? []
    where present.contains(assignment.cluster) && !staying.contains(assignment.cluster) {
      guard let bytes = try await store.contents(of: [assignment.digest])[assignment.digest] else {
        throw FleetError(.storeDamaged, "what is assigned is not stored", at: .init(app: app))
      }
      switch try AppContent(canonicalBytes: bytes, file: assignment.digest.description) {
      case .present(_, _, let policy): leaving[assignment.cluster] = .absent(app: app, policy.prune ? .prune : .orphan)
      case .absent(_, let absence): leaving[assignment.cluster] = .absent(app: app, absence)
      }
    }
    return leaving
  }

  /// Apps that no file declares any longer leave every member they are on, through the default pipeline's stages.
  private func removedApps(
    _ fleet: FleetSnapshot, _ assigned: [String: [Assignment]], _ members: [Member], _ desired: Desired,
    at now: Timestamp
  ) async throws(FleetError) -> [RolloutEvent] {
    let declared = Set(fleet.apps.map(\.name)).union(fleet.brokenApps)
    var events: [RolloutEvent] = []
    for app in assigned.keys.filter({ !declared.contains($0) }).sorted(by: { $0.precedesInBytes($1) }) {
      let leaving = try await absences(of: app, assigned, members, staying: [])
      guard !leaving.isEmpty else { continue }
      try await store.saveContents(
        Dictionary(leaving.values.map { ($0.digest, $0.canonicalBytes) }, uniquingKeysWith: { $1 }))
      let release = Release(app: app, commit: fleet.commit.id, clusters: leaving.mapValues(\.digest))
      events.append(try await event(release, fleet.defaultPlan, desired, at: now))
    }
    return events
  }

  // MARK: Whole clusters

  /// Gives the apps the errors of what is wrong with whole clusters. What is only a warning is logged, once.
  private func check(
    _ rendered: inout [AppRender], _ findings: FleetRenders.Findings, _ fleet: FleetSnapshot, with renderer: Renderer
  ) {
    let indices = Dictionary(rendered.indices.map { (rendered[$0].app.name, $0) }, uniquingKeysWith: { $1 })
    for finding in findings.errors {
      let concerned = finding.apps.compactMap { indices[$0] }
      guard concerned.contains(where: { rendered[$0].takesErrors }) else { continue }
      for (app, error) in renderer.errors(of: finding, apps: fleet.apps, clusters: fleet.clusters) {
        if let index = indices[app] { rendered[index].add(error) }
      }
    }
    for finding in findings.newWarnings {
      for (app, warning) in renderer.errors(of: finding, apps: fleet.apps, clusters: fleet.clusters) {
        logger.warning("app renders with a warning", metadata: ["app": "\(app)", "warning": "\(warning)"])
      }
    }
  }
}

extension FleetSnapshot {
  /// Of an app that nothing declares any longer.
  var defaultPlan: AppPlan { AppPlan(pipeline: pipeline("default"), freezes: fleet.freezes) }

  /// A pipeline by name; declarations that name an unknown one were refused when they were read.
  func pipeline(_ name: String) -> Pipeline {
    fleet.pipelines[name] ?? fleet.pipelines["default"]
      ?? Pipeline(name: "default", stages: fleet.environments.map { Stage(name: $0, members: .environment($0)) })
  }
}
