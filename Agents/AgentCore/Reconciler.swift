public import FleetModel
public import Logging
import Manifests
import Synchronization

/// Makes a target be what the last verified bundle says, and keeps it so.
///
/// A whole pass after a new bundle, after a lost watch and at every full check; else only the apps that drifted, failed,
/// or whose health changed. Several apps are worked on at once, as `WorkPlan` has it, so that one that takes its time
/// keeps no other from being healed. Works without the hub, from whatever `desire` was given last.
public actor Reconciler {
  public struct Settings: Sendable {
    /// How often everything is compared although nothing was heard of a change: watches can lose events.
    public var fullCheckInterval: Duration = .seconds(300)
    public var retry = RetrySchedule(first: .seconds(1), longest: .seconds(60))

    public init() {}
  }

  /// What the reconciler tells the rest of the agent.
  public enum Notice: Sendable {
    /// The status of some app changed; `statuses` has it.
    case statusChanged
    case event(kind: String, reason: String)
  }

  private let target: any ApplyTarget
  private let settings: Settings
  private let now: @Sendable () -> Timestamp
  private let random: @Sendable () -> Double
  private let notify: @Sendable (Notice) -> Void
  private let logger: Logger
  private let watchdog: Watchdog

  private let pending = Mutex(PendingWork())
  private let signal = Signal()
  private let workDone = Signal()
  private var plan = WorkPlan()

  private var desired: DesiredState?
  /// The newest state, while what is under way for the one before comes to its end.
  private var upcoming: DesiredState?
  /// For every object the app that is applied first of those that claim it.
  private var claims: [ObjectID: String] = [:]
  private var statuses: [String: AppStatus] = [:]
  private var removed: [String: AppStatus] = [:]
  private var drift = DriftHistory()
  private var retries: [String: RetrySchedule] = [:]
  private var due: [String: Timestamp] = [:]
  private var nextFullCheck: Timestamp
  /// Apps that were applied since the start, whatever came of it.
  private var tried: Set<String> = []
  /// Whether the target was ever as an app, or as having none, wants it since the start.
  private var hasSynced = false
  private var corrections: Int64 = 0
  /// When the pass began that is under way.
  private var passBegan: ContinuousClock.Instant?

  public init(
    target: any ApplyTarget, settings: Settings, logger: Logger, watchdog: Watchdog = Watchdog(),
    now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double,
    notify: @escaping @Sendable (Notice) -> Void
  ) {
    self.target = target
    self.settings = settings
    self.logger = logger
    self.watchdog = watchdog
    self.now = now
    self.random = random
    self.notify = notify
    nextFullCheck = now()
  }

  /// Takes a new desired state; the next pass applies it whole.
  public nonisolated func desire(_ state: DesiredState) {
    pending.withLock { $0.desired = state }
    signal.raise()
  }

  /// Runs until the task is cancelled.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.watchTarget() }
      group.addTask { await self.work() }
      try await group.next()
      group.cancelAll()
    }
  }

  /// Every app's part of a report, in the order of names.
  public func report(listing limit: Int) -> [Report.App] {
    (Array(statuses.values) + Array(removed.values)).sorted { $0.name < $1.name }.map { $0.report(listing: limit) }
  }

  /// Returns when nothing is being worked on and nothing waits, or when the time is over. For one caller at a time.
  public func awaitDone(atMost patience: Duration) async {
    let end = ContinuousClock.now + patience
    while !isDone, ContinuousClock.now < end, !Task.isCancelled { await workDone.wait(atMost: end - .now) }
  }

  private var isDone: Bool { plan.isDone && upcoming == nil && pending.withLock { $0.desired == nil } }

  /// What is stuck, one line each. To be asked again and again: only the next answer knows what came of this one.
  public nonisolated func stuck() -> [String] {
    defer { signal.raise() }
    return watchdog.ask()
  }

  var progress: Progress {
    Progress(
      apps: statuses.values.map { AgentStatus.App(sync: $0.sync, health: $0.health) }, corrections: corrections,
      obstacles: obstacles)
  }

  private var obstacles: [String] {
    guard let desired else { return ["no bundle has been accepted yet"] }
    let untried = desired.apps.count { !tried.contains($0.name) }
    if untried > 0 { return ["\(untried) of \(desired.apps.count) apps have not been applied yet"] }
    return hasSynced || desired.apps.isEmpty ? [] : ["not one app could be applied whole yet"]
  }

  private nonisolated func watchTarget() async throws {
    try await target.watch { change in
      self.pending.withLock { $0.add(change) }
      self.signal.raise()
    }
  }

  private func work() async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        await takeNews()
        watchdog.cameRound()
        // A newer state waits: what begins now would only be undone.
        if upcoming == nil {
          for job in plan.next() {
            group.addTask {
              await self.carryOut(job)
              self.signal.raise()
            }
          }
        }
        await signal.wait(atMost: timeToNextDue())
      }
    }
  }

  /// Sorts what came in, and what is due, into the plan.
  private func takeNews() async {
    let work = pending.withLock { $0.take() }
    upcoming = work.desired ?? upcoming
    // Work for two states at once could write one object twice, in any order.
    if let state = upcoming, plan.isIdle {
      upcoming = nil
      accept(state)
      beginPass(state)
      await target.keep(Set(state.apps.map(\.name)))
    }
    guard let desired else { return }
    let instant = now()
    if work.everything || instant >= nextFullCheck { beginPass(desired) }
    for name in work.drifted where desired.app(named: name) != nil {
      plan.apply(name, isUrgent: statuses[name]?.phase == .applied)
    }
    for name in work.healthChanged where desired.app(named: name) != nil { plan.observe(name) }
    for name in due.filter({ $0.value <= instant }).map(\.key) {
      due[name] = nil
      if desired.app(named: name) != nil { plan.apply(name, isUrgent: false) } else { plan.delete() }
    }
  }

  private func beginPass(_ desired: DesiredState) {
    nextFullCheck = now() + settings.fullCheckInterval
    passBegan = passBegan ?? .now
    due = [:]
    plan.beginPass(
      Dictionary(desired.apps.map { ($0.name, $0.order) }, uniquingKeysWith: { first, _ in first }))
  }

  private func timeToNextDue() -> Duration {
    guard desired != nil else { return settings.fullCheckInterval }
    let next = due.values.reduce(nextFullCheck) { min($0, $1) }
    return max(.zero, next.since(now()))
  }

  private func carryOut(_ job: WorkPlan.Job) async {
    let work = watchdog.began(job.description)
    defer { watchdog.ended(work) }
    if let desired {
      switch job {
      case .apply(let name): if let app = desired.app(named: name) { await apply(app) }
      case .observe(let name): if let app = desired.app(named: name) { await observe(app) }
      case .delete:
        await deleteWhatLeft(desired)
        notePass(of: desired)
      }
    }
    plan.finished(job)
    if plan.isDone { workDone.raise() }
  }

  private func notePass(of desired: DesiredState) {
    guard let began = passBegan else { return }
    passBegan = nil
    logger.debug(
      "every app was compared",
      metadata: [
        "apps": "\(desired.apps.count)", "microseconds": "\(Int((ContinuousClock.now - began) / .microseconds(1)))",
      ])
  }

  private func accept(_ state: DesiredState) {
    desired = state
    claims = Dictionary(
      state.apps.flatMap { app in app.manifests.manifests.map { ($0.id, app.name) } },
      uniquingKeysWith: { first, _ in first })
    for app in state.apps where statuses[app.name]?.digest != app.digest {
      let healed = statuses[app.name]?.driftHealed ?? 0
      statuses[app.name] = AppStatus(name: app.name, digest: app.digest, objects: app.manifests.manifests.map(\.id))
      statuses[app.name]?.driftHealed = healed
      retries[app.name] = nil
    }
    let names = Set(state.apps.map(\.name))
    statuses = statuses.filter { names.contains($0.key) }
    due = due.filter { names.contains($0.key) }
    retries = retries.filter { names.contains($0.key) }
    removed = [:]
    for removal in state.removals {
      removed[removal.name] = AppStatus(name: removal.name, digest: removal.appDigest, objects: [])
    }
    notify(.statusChanged)
  }
}

// MARK: - Jobs

extension Reconciler {
  private func apply(_ app: DesiredApp) async {
    guard let status = statuses[app.name], status.digest == app.digest else { return }
    let wasApplied = status.phase == .applied
    if let paused = status.objects.compactMap({ drift.pausedUntil($0, at: now()) }).max(), wasApplied {
      due[app.name] = paused
      return await showDifferences(of: app)
    }
    if let contested = status.objects.first(where: { claims[$0] != app.name }), let owner = claims[contested] {
      // Both at once would overwrite each other for ever; the app waits until the other one's next version lets go.
      let failure = AppStatus.Failure(message: "is also claimed by app \(owner), which has it now", isTransient: false)
      update(app.name) { $0.failures = [contested: failure] }
      return
    }
    let mode: ApplyMode = wasApplied && !app.policy.selfHeal ? .compare : .enforce
    let outcomes = await target.apply(app, mode)
    let corrected = wasApplied ? outcomes.filter(\.result.isWrite).map(\.id) : []
    for outcome in outcomes where wasApplied && outcome.result.isWrite {
      drift.changed(outcome.id, by: outcome.changedBy)
    }
    let begun = drift.corrected(corrected, at: now())
    update(app.name, at: app.digest) { status in
      // A deletion that failed before is tried again after this; it must not stand in its own way.
      status.failures = status.failures.filter { claims[$0.key] == app.name }
      status.take(outcomes)
      status.driftHealed += Int64(corrected.count)
      if status.failures.isEmpty { status.phase = .applied }
      status.fights = drift.fights(over: status.objects, at: now())
    }
    tried.insert(app.name)
    if statuses[app.name]?.sync == .synced { hasSynced = true }
    corrections += Int64(corrected.count)
    schedule(app.name)
    announce(corrected, fights: begun, of: app.name)
  }

  private func observe(_ app: DesiredApp) async {
    let observation = await target.observe(app)
    update(app.name, at: app.digest) { $0.observation = observation }
  }

  /// While healing is slowed down an app is not as desired, and its status says so.
  private func showDifferences(of app: DesiredApp) async {
    guard statuses[app.name]?.differing.isEmpty == true else { return }
    let outcomes = await target.apply(app, .compare)
    update(app.name, at: app.digest) { $0.take(outcomes) }
  }

  private func announce(_ corrected: [ObjectID], fights: [ObjectID], of app: String) {
    for object in corrected {
      notify(.event(kind: "DriftHealed", reason: "\(object.displayName) of \(app) was changed and is healed"))
    }
    for object in fights {
      let opponent = drift.opponent(over: object)
      notify(
        .event(
          kind: "DriftFight",
          reason: "\(object.displayName) of \(app) is changed again and again by \(opponent); healing slows down"))
    }
  }

  private func schedule(_ app: String) {
    let failures = (statuses[app] ?? removed[app])?.failures ?? [:]
    guard failures.values.contains(where: \.isTransient) else {
      retries[app] = nil
      due[app] = nil
      return
    }
    var retry = retries[app] ?? settings.retry
    due[app] = now() + retry.failed(random: random())
    retries[app] = retry
  }

  private func deleteWhatLeft(_ desired: DesiredState) async {
    let owned: [OwnedObject]
    do {
      owned = try await target.owned()
    } catch {
      notify(.event(kind: "InventoryUnreadable", reason: "\(error)"))
      for removal in desired.removals { due[removal.name] = now() + settings.retry.longest }
      return
    }
    let plan = DeletionPlan(owned: owned, desired: desired)
    for app in desired.apps {
      // Until its present form is there whole, what an app had before may be all that works of it.
      let isThere = statuses[app.name].map { $0.phase == .applied && $0.failures.isEmpty } ?? false
      await carryOut(plan, for: app.name, mayDelete: isThere)
    }
    for removal in desired.removals { await carryOut(plan, for: removal.name, mayDelete: true) }
  }

  private func carryOut(_ plan: DeletionPlan, for app: String, mayDelete: Bool) async {
    var outcomes: [ObjectOutcome] = []
    if let objects = plan.deletions[app], mayDelete { outcomes += await target.delete(objects) }
    let orphans = plan.orphans.filter { $0.app == app }
    if !orphans.isEmpty { outcomes += await target.disown(orphans) }
    for outcome in outcomes where outcome.result.isWrite {
      notify(.event(kind: "Pruned", reason: "\(outcome.id.displayName) of \(app)"))
    }
    let isRemoved = removed[app] != nil
    update(app) { status in
      status.held = plan.held[app] ?? []
      if isRemoved {
        // What is not owned any more, whoever saw to that, does not fail to leave.
        status.failures = [:]
        status.phase = .applied
        status.observation = AppObservation(objects: [])
      }
      status.take(outcomes)
    }
    if isRemoved || !outcomes.isEmpty { schedule(app) }
  }

  /// Changes what is known of an app, as it is now and not as it was before something was waited for.
  /// - Parameter digest: what the change is about; when the app is another by now it comes to nothing.
  private func update(_ app: String, at digest: AppDigest? = nil, _ change: (inout AppStatus) -> Void) {
    guard let before = removed[app] ?? statuses[app], digest == nil || before.digest == digest else { return }
    var status = before
    change(&status)
    guard status != before else { return }
    if removed[app] != nil { removed[app] = status } else { statuses[app] = status }
    logger.debug(
      "app status", metadata: ["app": "\(status.name)", "sync": "\(status.sync)", "health": "\(status.health)"])
    notify(.statusChanged)
  }
}
