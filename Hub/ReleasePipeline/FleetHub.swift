public import Authority
public import CoreMetrics
public import FleetModel
public import FleetStore
public import GitSource
public import Logging
public import Manifests
public import Rendering
import RolloutEngine
import Synchronization

/// The hub without its doors: from Git to signed bundles, and from reports to evidence.
///
/// Everything here may be asked at any time; `run` makes it move.
public final class FleetHub: Sendable {
  /// What a hub is made of.
  public struct Parts: Sendable {
    public var store: any HubStore
    public var keys: HubKeys
    public var source: GitSource
    /// `host:port` at which agents reach the hub, as join tokens say.
    public var address: String
    /// Whether the fleet's root is the one key of `init --dev`.
    public var isDevelopmentRoot: Bool
    public var enrollment: EnrollmentPolicy
    public var now: @Sendable () -> Timestamp
    public var random: @Sendable () -> Double
    public var metrics: HubMetrics
    /// Between two tries of what does not render for a cluster that joined.
    public var amendmentRetry = ReleaseAmender.retryInterval
    public var retention = Retention()
    /// Renders charts; without it they are refused.
    public var charts: (any ChartInflater)?
    /// What asks the checks of stages.
    public var probes: any AnalysisProbing
    public var logger: Logger

    public init(
      store: any HubStore, keys: HubKeys, source: GitSource, address: String, isDevelopmentRoot: Bool,
      enrollment: EnrollmentPolicy, probes: any AnalysisProbing, now: @escaping @Sendable () -> Timestamp,
      random: @escaping @Sendable () -> Double, metrics: HubMetrics = HubMetrics(factory: NOOPMetricsHandler.instance),
      logger: Logger
    ) {
      self.store = store
      self.keys = keys
      self.source = source
      self.address = address
      self.isDevelopmentRoot = isDevelopmentRoot
      self.enrollment = enrollment
      self.probes = probes
      self.now = now
      self.random = random
      self.metrics = metrics
      self.logger = logger
    }
  }

  public let sessions: AgentSessions
  public let agents: AgentAccess
  public let reports: ReportRecorder
  public let enrollment: ClusterEnrollment
  public let operations: RolloutOperations
  public let access: OperatorAccess
  public let operators: OperatorKeeper
  public let fleet: FleetQueries
  public let watcher: RolloutWatcher
  public let waiter: ConditionWaiter
  public let tracer: ObjectTracer
  public let planner: ReleasePlanner
  public let denylist: DenylistCache
  public let isDevelopmentRoot: Bool

  let parts: Parts
  private let current: CurrentSource
  private let rollouts: RolloutAdvancer
  private let publisher: BundlePublisher
  private let presence: PresenceKeeper
  private let followers = RolloutFollowers()
  private let freezes: FreezeKeeper
  private let analyses: AnalysisKeeper
  private let repositoryWatcher: RepositoryWatcher<ContinuousClock>
  private let work: PipelineWork
  /// Raised for each cluster that joins.
  private let joins = Signal()
  /// What the last render of a commit took, with all that followed from it here.
  private let renderTime = Mutex<Duration>(.zero)
  private let memory: RenderMemory
  private let turns = RenderTurns()
  private let lists = ObjectLists()
  private let refusals: RefusalRecorder
  private let sessionChanges: AsyncStream<AgentSessions.Change>

  /// Puts the hub together and brings its state back from the store.
  public init(_ parts: Parts) async throws(FleetError) {
    self.parts = parts
    isDevelopmentRoot = parts.isDevelopmentRoot
    let (store, now, logger) = (parts.store, parts.now, parts.logger)
    guard let identity = try await store.fleetIdentity() else {
      throw FleetError(.storeDamaged, "the store belongs to no fleet", nextStep: "run `flotilla-hub init` first")
    }
    let (changes, change) = AsyncStream.makeStream(of: AgentSessions.Change.self)
    sessionChanges = changes
    let sessions = AgentSessions { change.yield($0) }
    let work = PipelineWork()
    let orders = AsyncStream.makeStream(of: AnalysisOrder.self)
    let publisher = BundlePublisher(
      store: store, signer: parts.keys.signer, sessions: sessions, fleet: identity.name, metrics: parts.metrics,
      logger: logger, now: now)
    let (followers, joins) = (followers, joins)
    let rollouts = RolloutAdvancer(
      store: store,
      effects: RolloutAdvancer.Effects(
        assignmentsMoved: { clusters in await publisher.publish(clusters) },
        amendmentWanted: { cluster, app, commit in
          work.add(.amend([PipelineWork.Amendment(cluster: cluster, app: app, commit: commit)]))
        },
        analysisWanted: { orders.continuation.yield($0) },
        rolloutsMoved: { followers.moved($0) }),
      now: now, logger: logger)
    try await rollouts.restore()
    freezes = FreezeKeeper(rollouts: rollouts, now: now)
    analyses = AnalysisKeeper(rollouts: rollouts, orders: orders.stream, probes: parts.probes, logger: logger)
    let memory = RenderMemory(store: store)
    let refusals = RefusalRecorder(store: store, metrics: parts.metrics, now: now, logger: logger)
    let current = CurrentSource(
      url: "\(parts.source.settings.location)", reference: "\(parts.source.settings.reference)", memory: memory,
      charts: parts.charts)
    let presence = PresenceKeeper(store: store, now: now, logger: logger) { await rollouts.post($0) }
    denylist = try await DenylistCache(store: store)
    self.sessions = sessions
    self.work = work
    self.memory = memory
    self.refusals = refusals
    self.publisher = publisher
    self.rollouts = rollouts
    self.current = current
    self.presence = presence
    repositoryWatcher = RepositoryWatcher(
      source: parts.source, clock: ContinuousClock(), random: parts.random, logger: logger)
    agents = AgentAccess(store: store, rollouts: rollouts, presence: presence, metrics: parts.metrics, now: now)
    reports = ReportRecorder(
      store: store, rollouts: rollouts, publisher: publisher, fleet: identity.name, metrics: parts.metrics, now: now,
      logger: logger)
    enrollment = ClusterEnrollment(
      store: store, authority: parts.keys.authority, rollouts: rollouts, sessions: sessions, source: current,
      denylist: denylist, policy: parts.enrollment, address: parts.address, metrics: parts.metrics,
      refusals: refusals, now: now, logger: logger,
      memberJoined: { joins.raise() })
    operations = RolloutOperations(store: store, rollouts: rollouts, refusals: refusals, now: now)
    access = OperatorAccess(
      store: store, scopes: OperatorScopes(store: store, rollouts: rollouts, source: current), refusals: refusals,
      now: now)
    operators = OperatorKeeper(
      store: store, authority: parts.keys.authority, source: current, denylist: denylist, refusals: refusals, now: now,
      logger: logger)
    let queries = FleetQueries(store: store, rollouts: rollouts, presence: presence, source: current)
    fleet = queries
    watcher = RolloutWatcher(queries: queries, followers: followers)
    tracer = ObjectTracer(queries: queries, source: parts.source, charts: parts.charts, turn: Turn())
    planner = ReleasePlanner(
      store: store, source: parts.source, current: current, rollouts: rollouts, presence: presence,
      sync: SourceSync(store: store, readings: current.readings, logger: logger), lists: lists, now: now)
    waiter = ConditionWaiter(queries: queries, followers: followers, repository: parts.source.repository)
  }

  /// The time of day.
  public func now() -> Timestamp { parts.now() }

  /// Whether a commit is in force.
  public var hasCommit: Bool { get async { await current.snapshot != nil } }

  /// Waits until the hub has looked at the repository and done what there was to do, whatever came of it: a Git server
  /// that is away keeps no agent from the bundles that are published already. Returns also when the task is cancelled.
  public func firstLook() async { await current.firstLook() }

  /// Looks at the repository now; returns what the hub knows of it afterwards.
  public func syncNow(by actor: Actor) async throws(FleetError) -> SourceView {
    let url = await current.view.url
    try await parts.store.record(
      Trail(audit: [
        AuditRecord.Content(
          time: parts.now(), actor: actor.name, action: AuditAction.sourceSync, subject: url, outcome: "done")
      ]))
    repositoryWatcher.poke()
    let before = await current.view.lastAttempt
    let deadline = ContinuousClock.now + .seconds(10)
    while await current.view.lastAttempt == before, ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(50))
    }
    return await current.view
  }

  /// Runs until the task is cancelled; throws when a part of it cannot go on.
  public func run() async throws {
    // Before anything that agents do: what is heard of a cluster counts only once it is a member.
    await rollouts.postAtStart([.hubStarted, await freezes.event()] + (try await membershipChanges()))
    for order in await analyses.pending() { await analyses.start(order) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.rollouts.run() }
      group.addTask { try await self.publisher.run() }
      group.addTask { await self.presence.run() }
      group.addTask { await self.followers.run() }
      group.addTask { await self.freezes.run() }
      group.addTask { await self.analyses.run() }
      group.addTask { await self.refusals.run() }
      group.addTask { await self.retryAmendments() }
      group.addTask { await self.renderAfterJoins() }
      group.addTask { await self.collectNowAndThen() }
      group.addTask { await self.followSessions() }
      group.addTask { await self.repositoryWatcher.run(self.lookedAtSource) }
      group.addTask { await self.doWork() }
      try await group.next()
      group.cancelAll()
    }
  }

  private func followSessions() async {
    for await change in sessionChanges { await presence.take(change) }
  }

  @Sendable private func lookedAtSource(_ update: SourceUpdate) {
    if let newest = update.inForce { turns.saw(newest.hex) }
    work.add(.sourceLooked(update))
  }

  // MARK: The steps

  /// Takes what is to be done one by one, in order. A commit is rendered whole before the next is looked at, unless its
  /// render is given up for that.
  private func doWork() async {
    while let item = await work.next() { await carryOut(item) }
  }

  /// Between two tries of a step while the store refuses.
  private static let retryDelay: Duration = .seconds(1)

  /// Does one thing, again and again while it is the store that does not let it be done.
  private func carryOut(_ item: PipelineWork.Item) async {
    while !Task.isCancelled {
      do throws(FleetError) {
        return try await perform(item)
      } catch {
        parts.logger.error("a step of the pipeline failed", metadata: ["error": "\(error)"])
        guard error.isOfTheStore else { return }
      }
      try? await Task.sleep(for: FleetHub.retryDelay)
    }
  }

  private func perform(_ item: PipelineWork.Item) async throws(FleetError) {
    switch item {
    case .sourceLooked(let update): try await look(update)
    case .renderAgain: try await renderCurrent()
    case .collect: try await collect()
    case .amend(let amendments): try await amender.amend(amendments, with: renderer)
    }
  }

  private func look(_ update: SourceUpdate) async throws(FleetError) {
    do {
      try await take(update)
    } catch {
      // It is looked at again when it is the store that refuses.
      if !error.isOfTheStore { await current.looked() }
      throw error
    }
    // A newer commit is being waited for otherwise, and the hub will have looked when that is done.
    if await current.isSettled { await current.looked() }
  }

  private func take(_ update: SourceUpdate) async throws(FleetError) {
    let now = parts.now()
    if update.error != nil { parts.metrics.count(.syncFailures) }
    await current.answered(at: now, error: update.error)
    let errors = update.error.map { [$0] } ?? []
    try await parts.store.setErrors(errors, in: ErrorScope(step: "git"), at: now)
    guard let id = update.inForce, await current.finished != id.hex else { return }
    let commit = try await observed(id, update)
    await current.observed(commit)
    let sync = SourceSync(store: parts.store, readings: current.readings, logger: parts.logger)
    if let snapshot = try await sync.take(commit, try parts.source.tree(at: id), at: now) {
      await current.take(snapshot)
      parts.metrics.count(.commitsSynced)
    } else if await current.snapshot == nil, let lastGood = try await lastGood(before: commit, sync) {
      await current.take(lastGood)
    } else if await current.isSettled {
      return await current.finished(commit)
    }
    try await noteMembers()
    guard try await renderCurrent() else { return }
    await askForAmendments()
    await current.finished(commit)
  }

  /// What the engine waits for since before this hub started, or was asked for while nothing could be rendered yet.
  private func askForAmendments() async {
    let pending = await amender.pending()
    work.add(.amend(pending))
  }

  private func lastGood(before commit: ObservedCommit, _ sync: SourceSync) async throws(FleetError) -> FleetSnapshot? {
    let source = parts.source
    return try await sync.lastGood(before: commit) { id throws(FleetError) in
      guard let id = CommitID(hex: id) else {
        throw FleetError(.storeDamaged, "not a commit id: \(id)")
      }
      return try source.tree(at: id)
    }
  }

  private func observed(_ id: CommitID, _ update: SourceUpdate) async throws(FleetError) -> ObservedCommit {
    if let known = try await parts.store.latestCommit(), known.id == id.hex { return known }
    var isRewrite = false
    if case .advanced(let advance) = update.outcome { isRewrite = advance.rewritten }
    let commit = try parts.source.commit(id)
    return ObservedCommit(
      id: id.hex, committer: "\(commit.committer.name) <\(commit.committer.email)>",
      time: Timestamp(seconds: commit.committer.seconds), summary: commit.summary, isRewrite: isRewrite,
      observedAt: parts.now())
  }

  private var amender: ReleaseAmender {
    ReleaseAmender(
      store: parts.store, source: parts.source, current: current, rollouts: rollouts, memory: memory,
      charts: parts.charts, metrics: parts.metrics, now: parts.now, logger: parts.logger)
  }

  private var renderer: CandidateRenderer {
    let rollouts = rollouts
    return CandidateRenderer(
      store: parts.store, latest: { app in await rollouts.read { $0.latestDigests(ofApp: app) } },
      awaiting: { app in await rollouts.read { $0.clustersAwaited(byApp: app) } },
      possible: { app in await rollouts.read { $0.possibleDigests(ofApp: app) } }, memory: memory, turns: turns,
      lists: lists,
      metrics: parts.metrics, logger: parts.logger)
  }

  /// Renders the commit in force; returns false when a newer one has come, which is to be taken next.
  @discardableResult
  private func renderCurrent() async throws(FleetError) -> Bool {
    guard let snapshot = await current.snapshot else { return true }
    await current.rendered(whole: false)
    let start = ContinuousClock.now
    defer { renderTime.withLock { $0 = ContinuousClock.now - start } }
    let events: [RolloutEvent]
    do {
      events = try await renderer.render(
        snapshot, with: await current.renderer(for: snapshot.tree), current.renders, at: parts.now())
    } catch {
      guard error.code == .renderCancelled, !Task.isCancelled else { throw error }
      parts.logger.info("render given up for a newer commit", metadata: ["commit": "\(snapshot.commit.id)"])
      turns.ended(givenUp: true)
      return false
    }
    turns.ended(givenUp: false)
    await freezes.take(snapshot.fleet.freezes)
    for event in events { await rollouts.submit(event) }
    await current.rendered(whole: true)
    return true
  }

  /// Renders the commit in force again for clusters that joined: the engine asks only for apps that it knows, and that
  /// have a rollout to join. Many that join one after the other wait for one render, so that most of the time is left
  /// for what the engine asked for.
  private func renderAfterJoins() async {
    while !Task.isCancelled {
      await joins.wait()
      try? await Task.sleep(for: renderTime.withLock(\.self) * FleetHub.rendersApart)
      work.add(.renderAgain)
    }
  }

  /// How many times as long as a render took last the next one waits for more clusters to join.
  private static let rendersApart = 4

  private func collectNowAndThen() async {
    while (try? await Task.sleep(for: parts.retention.interval)) != nil { work.add(.collect) }
  }

  /// Before the first commit has been read nobody knows which apps there are.
  private func collect() async throws(FleetError) {
    guard let snapshot = await current.snapshot else { return }
    let collector = GarbageCollector(
      store: parts.store, rollouts: rollouts, memory: memory, retention: parts.retention,
      metrics: parts.metrics, now: parts.now, logger: parts.logger)
    let removed = try await collector.collect(apps: snapshot.brokenApps.union(snapshot.apps.map(\.name)))
    current.renders.noteRemoved(removed)
  }

  /// Tries again what failed of clusters that joined, until the task is cancelled.
  private func retryAmendments() async {
    while (try? await Task.sleep(for: parts.amendmentRetry)) != nil {
      do {
        let failed = try await amender.failed()
        work.add(.amend(failed))
      } catch {
        parts.logger.error("what failed to render cannot be looked up", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Tells the engine who is a member now, where it does not know yet.
  private func noteMembers() async throws(FleetError) {
    for event in try await membershipChanges() {
      await rollouts.submit(event)
      guard case .clusterJoined(let member) = event, await presence.isOnline(member.cluster) else { continue }
      // Its session began when it was no member, and nothing of it counted.
      await rollouts.submit(.clusterConnected(member.cluster))
      sessions.tell(member.cluster, .refreshReport)
    }
  }

  private func membershipChanges() async throws(FleetError) -> [RolloutEvent] {
    let known = Dictionary(
      await rollouts.read { $0.members }.map { ($0.cluster, $0) }, uniquingKeysWith: { $1 })
    return try await parts.store.clusters().compactMap { record in
      let member = FleetMember(
        cluster: record.uid, name: record.name, environment: record.environment, labels: record.labels,
        connectivity: record.connectivity)
      return switch (record.state, known[record.uid]) {
      case (.enrolled, nil): .clusterJoined(member)
      case (.enrolled, let known?) where known != member: .clusterChanged(member)
      case (.departed, .some): .clusterLeft(record.uid, reason: "no file declares it any longer")
      case (.revoked, .some): .clusterLeft(record.uid, reason: "its agent was revoked")
      default: nil
      }
    }
  }
}

extension FleetError {
  /// Whether it is the store that cannot be written or read now, and may be later.
  var isOfTheStore: Bool { code == .storeUnavailable || code == .storeFull || code == .storeBusy }
}
