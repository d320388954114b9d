import Digests
import FleetModel
import FleetStore
import GitSource
import Manifests
import Rendering
import RolloutEngine

/// Says what a revision would do, by the same steps that a commit goes through, on copies: nothing is stored, nothing is
/// remembered and nothing moves.
public struct ReleasePlanner: Sendable {
  /// Plans that may wait while one is made.
  static let waiting = 8

  let store: any HubStore
  let source: GitSource
  let current: CurrentSource
  let rollouts: RolloutAdvancer
  let presence: PresenceKeeper
  let sync: SourceSync
  let lists: ObjectLists
  let now: @Sendable () -> Timestamp
  /// One at a time.
  let turn = Turn(limit: waiting)

  /// - Parameters:
  ///   - revision: what the repository calls a commit; empty for the commit seen last.
  ///   - progress: hears how far it is.
  /// - Throws: what keeps a plan from being made. What is wrong with the commit itself is part of the plan.
  public func plan(
    _ revision: String, progress: @Sendable @escaping (PlanProgress) async throws -> Void
  ) async throws -> ReleasePlan {
    try await turn.take { try await make(revision, progress) }
  }

  private func make(
    _ revision: String, _ progress: @Sendable (PlanProgress) async throws -> Void
  ) async throws -> ReleasePlan {
    let id = try await source.visit(revision.isEmpty ? "HEAD" : revision)
    let tree = try source.tree(at: id)
    let readings = current.readings
    let asWritten = await SideThreads.shared.run { readings.peek(tree) }
    var plan = ReleasePlan(
      commit: try commit(id), inForce: await current.snapshot?.commit, errors: asWritten.errors)
    let repository = try await sync.withLastGoodClusters(asWritten, tree)
    guard let fleet = repository.fleet else { return plan }
    plan.isWhole = true
    let snapshot = FleetSnapshot(
      commit: plan.commit, tree: tree, fleet: fleet, clusters: repository.clusters, apps: repository.apps,
      brokenApps: repository.brokenApps)
    var work = PlanWork(
      planner: self, snapshot: snapshot, renderer: await current.visitor(for: tree),
      preview: RolloutPreview(of: await rollouts.read { $0 }, at: now()))
    try await work.takeMembers(repository, &plan)
    try await work.takeWindows()
    try await work.render(progress, &plan)
    return plan
  }

  private func commit(_ id: CommitID) throws(FleetError) -> ObservedCommit {
    let commit = try source.commit(id)
    let time = Timestamp(seconds: commit.committer.seconds)
    return ObservedCommit(
      id: id.hex, committer: "\(commit.committer.name) <\(commit.committer.email)>", time: time,
      summary: commit.summary, isRewrite: false, observedAt: time)
  }
}

/// A plan that is being made.
private struct PlanWork {
  let planner: ReleasePlanner
  let snapshot: FleetSnapshot
  let renderer: Renderer
  var preview: RolloutPreview
  var members: [ReleaseComposer.Member] = []
  /// What is assigned to members now, by app.
  var assigned: [String: [Assignment]] = [:]
  /// Of apps that rendered, in the order of their names.
  var rendered: [AppRender] = []
  /// What is doubtful and was not before, by app.
  var warnings: [String: [FleetError]] = [:]
  /// Of each app that rendered: what it changes, also where holds keep it away.
  var differences: [String: FleetDifference] = [:]
  var unstored = DeletionCounter.Unstored()

  init(planner: ReleasePlanner, snapshot: FleetSnapshot, renderer: Renderer, preview: RolloutPreview) {
    self.planner = planner
    self.snapshot = snapshot
    self.renderer = renderer
    self.preview = preview
  }
}

// MARK: The fleet

extension PlanWork {
  /// Lets clusters join, change and leave as the commit says.
  mutating func takeMembers(_ repository: FleetRepository, _ plan: inout ReleasePlan) async throws(FleetError) {
    let records = try await planner.store.clusters()
    let before = Set(await planner.current.snapshot?.clusters.map(\.name) ?? [])
    let declared = Dictionary(snapshot.clusters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    plan.clusters.declared = declared.count
    plan.clusters.added = snapshot.clusters.map(\.name).filter { !before.contains($0) }
    plan.clusters.removed = before.filter { declared[$0] == nil && !repository.brokenClusters.contains($0) }
      .sorted { $0.precedesInBytes($1) }
    let known = Dictionary(preview.engine.members.map { ($0.cluster, $0) }, uniquingKeysWith: { $1 })
    var enrolled: [String: ClusterUID] = [:]
    for record in records {
      if let declaration = declared[record.name], record.isEnrolledOnceDeclared {
        enrolled[record.name] = record.uid
        let member = FleetMember(cluster: record.uid, declaration: declaration)
        if known[record.uid] == nil {
          await take(.clusterJoined(member), &plan)
          if await planner.presence.isOnline(record.uid) { await take(.clusterConnected(record.uid), &plan) }
        } else if known[record.uid] != member {
          plan.clusters.changed.append(record.name)
          await take(.clusterChanged(member), &plan)
        }
      } else if known[record.uid] != nil, !repository.brokenClusters.contains(record.name) {
        await take(.clusterLeft(record.uid, reason: "no file declares it any longer"), &plan)
      }
    }
    plan.clusters.enrolled = enrolled.count
    plan.clusters.changed.sort { $0.precedesInBytes($1) }
    members = snapshot.clusters.map { ReleaseComposer.Member(uid: enrolled[$0.name], declaration: $0) }
    assigned = Dictionary(grouping: try await planner.store.assignments(), by: \.app)
  }

  private mutating func take(_ event: RolloutEvent, _ plan: inout ReleasePlan) async {
    do throws(FleetError) { try preview.take(event) } catch { plan.errors.append(error) }
  }

  /// Where the windows stand that the commit declares, and those that rollouts go by.
  mutating func takeWindows() async throws(FleetError) {
    let freezes = preview.engine.freezesInUse.union(snapshot.fleet.freezes)
    try preview.take(.freezesChanged(FreezeKeeper.windows(of: freezes, at: planner.now())))
  }
}

// MARK: The apps

extension PlanWork {
  mutating func render(
    _ progress: (PlanProgress) async throws -> Void, _ plan: inout ReleasePlan
  ) async throws {
    let renders = planner.current.renders
    let clusters = renders.peek(snapshot.clusters)
    let renderer = renderer
    let outlines = ObjectOutlines()
    var all: [AppRenders<RenderedSet>] = []
    for (index, app) in snapshot.apps.enumerated() {
      try await progress(PlanProgress(apps: snapshot.apps.count, appsDone: index))
      let earlier = renders.peek(app.name)
      let made = try await SideThreads.shared.run { () async throws(CancellationError) in
        try await renderer.renders(of: app, on: clusters, after: earlier) { RenderedSet($0, outlines) }
      }
      let render = AppRender(made, members)
      if render.errors.isEmpty { differences[app.name] = try await difference(render) }
      // What the pipeline knows too may not have been stored by it yet.
      let shared = Set((earlier?.summaries ?? []).map(ObjectIdentifier.init))
      for set in render.all where !set.isStored {
        unstored.objects[set.digest] = set.outline.objects
        if !shared.contains(ObjectIdentifier(set)) { set.letGo() }
      }
      all.append(made)
      rendered.append(render)
    }
    let namespaces = snapshot.fleet.namespaces
    let findings = await SideThreads.shared.run { [all] in
      ClusterChecks(outlines).findings(in: all, namespaces: namespaces, outline: \.outline)
    }
    AppRender.take(findings.filter { !$0.isWarning(under: namespaces) }, into: &rendered, snapshot, with: renderer)
    let standing = await standingDoubts()
    for finding in findings where finding.isWarning(under: namespaces) && !standing.contain(finding) {
      for (app, warning) in renderer.errors(of: finding, apps: snapshot.apps, clusters: snapshot.clusters) {
        warnings[app, default: []].append(warning)
      }
    }
    try await foreseeAll(&plan)
  }

  /// What is doubtful about the commit in force; nothing as long as that has not been rendered whole.
  private func standingDoubts() async -> StandingDoubts {
    guard let inForce = await planner.current.snapshot else { return StandingDoubts([]) }
    let renders = inForce.apps.compactMap { planner.current.renders.peek($0.name) }
    guard renders.count == inForce.apps.count, renders.allSatisfy({ $0.clusters === renders.first?.clusters }) else {
      return StandingDoubts([])
    }
    let namespaces = inForce.fleet.namespaces
    let findings = await SideThreads.shared.run {
      ClusterChecks(ObjectOutlines()).findings(in: renders, namespaces: namespaces, outline: \.outline)
    }
    return StandingDoubts(findings.filter { $0.isWarning(under: namespaces) })
  }

  private mutating func foreseeAll(_ plan: inout ReleasePlan) async throws {
    let composer = ReleaseComposer(store: planner.store)
    let desired = CandidateRenderer.Desired(rendered: rendered)
    for render in rendered {
      try Task.checkCancellation()
      var app = ReleasePlan.App(
        name: render.app.name, errors: render.errors.eachOnce, warnings: warnings[render.app.name] ?? [])
      if render.errors.isEmpty, let composed = try await composer.compose(render, assigned, members, snapshot) {
        try await foresee(composed, desired, &app)
      }
      plan.apps.append(app)
    }
    for composed in try await composer.removedApps(snapshot, assigned, members) {
      var app = ReleasePlan.App(name: composed.release.app, isRemoved: true)
      differences[app.name] = try await difference(removing: app.name)
      try await foresee(composed, desired, &app)
      plan.apps.append(app)
    }
    plan.apps.sort { $0.name.precedesInBytes($1.name) }
    plan.difference = .joined(plan.apps.compactMap(reached), clusters: snapshot.clusters.count)
  }

  private mutating func foresee(
    _ composed: ComposedRelease, _ desired: CandidateRenderer.Desired, _ app: inout ReleasePlan.App
  ) async throws(FleetError) {
    let release = composed.release
    app.plan = composed.plan
    do throws(FleetError) {
      let awaited = preview.engine.clustersAwaited(byApp: release.app)
      let known = release.clusters.filter { !awaited.contains($0.key) }
      guard preview.engine.latestDigests(ofApp: release.app) != known else {
        app.forecast = try preview.foresee(app: release.app, commit: release.commit, plan: composed.plan)
        return
      }
      let guarded = try await guardedDeletions(of: composed, desired)
      app.forecast = try preview.foresee(
        RenderedRelease(release: release, plan: composed.plan, guardedDeletions: guarded))
    } catch {
      if error.isOfTheStore { throw error }
      app.errors.append(error)
    }
  }

  private mutating func guardedDeletions(
    of composed: ComposedRelease, _ desired: CandidateRenderer.Desired
  ) async throws(FleetError) -> [ClusterUID: Int] {
    let release = composed.release
    let possible = preview.engine.possibleDigests(ofApp: release.app)
    guard !possible.isEmpty else { return [:] }
    unstored.contents.merge(composed.contents) { $1 }
    let counter = DeletionCounter(store: planner.store, lists: planner.lists, unstored: unstored)
    let counted = try await counter.count(
      release, possible, others: desired.others(than: release.app, on: release.clusters.keys))
    return counted.mapValues(\.count).filter { $0.value > 0 }
  }

  /// The part of an app's difference that its rollout would bring to clusters.
  private func reached(_ app: ReleasePlan.App) -> FleetDifference? {
    guard let rollout = app.forecast?.rollout, let difference = differences[app.name] else { return nil }
    let reached = rollout.stages.flatMap(\.clusters).filter { if case .skipped = $0.state { false } else { true } }
    let names = Set(reached.map(\.name))
    return difference.limited { names.contains($0.cluster) }
  }
}

// MARK: What changes

extension PlanWork {
  private func difference(_ render: AppRender) async throws -> FleetDifference {
    let now = Dictionary((assigned[render.app.name] ?? []).map { ($0.cluster, $0.digest) }, uniquingKeysWith: { $1 })
    var builder = FleetDifference.Builder()
    var sets = SetReader(store: planner.store)
    for member in members {
      guard let uid = member.uid else { continue }
      let old = try await now[uid].asyncMap { try await sets.manifests(of: $0) } ?? nil
      let new = render.sets[uid]
      guard old != new?.digest else { continue }
      builder.add(
        app: render.app.name, on: member.place, before: try await old.asyncMap { try await sets.set($0) } ?? nil,
        after: try await new.asyncMap { try await sets.set($0, render, uid, renderer) } ?? nil)
    }
    return builder.difference()
  }

  private func difference(removing app: String) async throws -> FleetDifference {
    let now = Dictionary((assigned[app] ?? []).map { ($0.cluster, $0.digest) }, uniquingKeysWith: { $1 })
    var builder = FleetDifference.Builder()
    var sets = SetReader(store: planner.store)
    for member in members {
      guard let uid = member.uid, let digest = now[uid], let old = try await sets.manifests(of: digest) else {
        continue
      }
      builder.add(app: app, on: member.place, before: try await sets.set(old), after: nil)
    }
    return builder.difference()
  }
}

/// What operators were warned of before.
private struct StandingDoubts {
  /// A finding names the first object of an app in a namespace, whichever that is.
  private struct Doubt: Hashable {
    var app: String
    var namespace: String

    init(_ finding: ClusterChecks.Finding) { (app, namespace) = (finding.app, finding.object.namespace) }
  }

  private var clusters: [Doubt: Set<String>] = [:]

  init(_ findings: [ClusterChecks.Finding]) {
    for finding in findings { clusters[Doubt(finding), default: []].formUnion(finding.clusters) }
  }

  func contain(_ finding: ClusterChecks.Finding) -> Bool {
    guard let known = clusters[Doubt(finding)] else { return false }
    return finding.clusters.allSatisfy(known.contains)
  }
}

/// Reads manifest sets, those of one app, each once.
private struct SetReader {
  let store: any HubStore
  private var contents: [AppDigest: Digest?] = [:]
  private var sets: [Digest: ManifestSet] = [:]

  init(store: any HubStore) { self.store = store }

  /// The manifest set that an app digest stands for; nil for an absence.
  mutating func manifests(of digest: AppDigest) async throws(FleetError) -> Digest? {
    if let known = contents[digest] { return known }
    var found: Digest?
    if let bytes = try await store.contents(of: [digest])[digest],
      case .present(_, let manifests, _) = try AppContent(canonicalBytes: bytes, file: digest.description)
    {
      found = manifests
    }
    contents[digest] = .some(found)
    return found
  }

  /// nil for one that is not stored any longer.
  mutating func set(_ digest: Digest) async throws(FleetError) -> ManifestSet? {
    if let known = sets[digest] { return known }
    guard let bytes = try await store.blob(digest) else { return nil }
    let set = try ManifestSet(canonicalBytes: bytes, file: digest.description)
    sets[digest] = set
    return set
  }

  mutating func set(
    _ rendered: RenderedSet, _ render: AppRender, _ cluster: ClusterUID, _ renderer: Renderer
  ) async throws(FleetError) -> ManifestSet? {
    if let known = sets[rendered.digest] { return known }
    if rendered.isStored, let stored = try await set(rendered.digest) { return stored }
    let bytes: [UInt8]
    if let kept = rendered.bytes { bytes = kept } else { bytes = try render.again(cluster, with: renderer) }
    let set = try ManifestSet(canonicalBytes: bytes, file: rendered.digest.description)
    sets[rendered.digest] = set
    return set
  }
}

extension [FleetError] {
  /// An error that clusters share is told once, with the first of them.
  fileprivate var eachOnce: [FleetError] {
    var known: Set<FleetError> = []
    return filter { error in
      var anywhere = error
      anywhere.address.cluster = nil
      return known.insert(anywhere).inserted
    }
  }
}

extension ReleaseComposer.Member {
  fileprivate var place: FleetDifference.Place {
    FleetDifference.Place(cluster: declaration.name, environment: declaration.environment)
  }
}

extension ClusterRecord {
  /// Whether its agent is a member as long as a file declares the cluster.
  fileprivate var isEnrolledOnceDeclared: Bool { state == .enrolled || (state == .departed && enrolledAt != nil) }
}

extension Optional {
  fileprivate func asyncMap<Outcome>(_ body: (Wrapped) async throws -> Outcome) async throws -> Outcome? {
    guard let self else { return nil }
    return try await body(self)
  }
}
