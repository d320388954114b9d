public import FleetModel
public import Logging
import Manifests
import Synchronization

/// Makes a target be what the last verified bundle says, and keeps it so.
///
/// One pass at a time: a whole pass after a new bundle, after a lost watch and at every full check; else only the apps
/// that drifted, failed, or whose health changed. Works without the hub, from whatever `desire` was given last.
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

  private let pending = Mutex(PendingWork())
  private let signal = Signal()

  private var desired: DesiredState?
  /// For every object the app that is applied first of those that claim it.
  private var claims: [ObjectID: String] = [:]
  private var statuses: [String: AppStatus] = [:]
  private var removed: [String: AppStatus] = [:]
  private var drift = DriftHistory()
  private var retries: [String: RetrySchedule] = [:]
  private var due: [String: Timestamp] = [:]
  private var nextFullCheck: Timestamp

  public init(
    target: any ApplyTarget, settings: Settings, logger: Logger, now: @escaping @Sendable () -> Timestamp,
    random: @escaping @Sendable () -> Double, notify: @escaping @Sendable (Notice) -> Void
  ) {
    self.target = target
    self.settings = settings
    self.logger = logger
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

  private nonisolated func watchTarget() async throws {
    try await target.watch { change in
      self.pending.withLock { $0.add(change) }
      self.signal.raise()
    }
  }

  private func work() async {
    while !Task.isCancelled {
      await signal.wait(atMost: timeToNextDue())
      let work = pending.withLock { $0.take() }
      if let state = work.desired {
        accept(state)
        await target.keep(Set(state.apps.map(\.name)))
      }
      guard let desired else { continue }
      let instant = now()
      if work.desired != nil || work.everything || instant >= nextFullCheck {
        await passOverEverything(desired)
      } else {
        let late = due.filter { $0.value <= instant }.map(\.key)
        await pass(over: work.drifted.union(late), in: desired)
        await observe(work.healthChanged.subtracting(work.drifted), in: desired)
      }
    }
  }

  private func timeToNextDue() -> Duration {
    guard desired != nil else { return settings.fullCheckInterval }
    let next = due.values.reduce(nextFullCheck) { min($0, $1) }
    return max(.zero, next.since(now()))
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
    removed = [:]
    for removal in state.removals {
      removed[removal.name] = AppStatus(name: removal.name, digest: removal.appDigest, objects: [])
    }
    notify(.statusChanged)
  }
}

// MARK: - Passes

extension Reconciler {
  private func passOverEverything(_ desired: DesiredState) async {
    nextFullCheck = now() + settings.fullCheckInterval
    due = [:]
    for app in desired.apps where !Task.isCancelled && !isOutdated { await apply(app) }
    if !Task.isCancelled && !isOutdated { await deleteWhatLeft(desired) }
    await observe(Set(desired.apps.map(\.name)), in: desired)
  }

  private func pass(over names: Set<String>, in desired: DesiredState) async {
    guard !names.isEmpty else { return }
    for name in names { due[name] = nil }
    for app in desired.apps where names.contains(app.name) && !Task.isCancelled { await apply(app) }
    await deleteWhatLeft(desired)
    await observe(names, in: desired)
  }

  /// Whether a newer desired state waits: then the rest of this pass would only be undone by the next.
  private var isOutdated: Bool { pending.withLock { $0.desired != nil } }

  private func apply(_ app: DesiredApp) async {
    guard var status = statuses[app.name], status.digest == app.digest else { return }
    let wasApplied = status.phase == .applied
    if let paused = status.objects.compactMap({ drift.pausedUntil($0, at: now()) }).max(), wasApplied {
      due[app.name] = paused
      return
    }
    if let contested = status.objects.first(where: { claims[$0] != app.name }), let owner = claims[contested] {
      // Both at once would overwrite each other for ever; the app waits until the other one's next version lets go.
      let failure = AppStatus.Failure(message: "is also claimed by app \(owner), which has it now", isTransient: false)
      status.failures = [contested: failure]
      set(status)
      return
    }
    let mode: ApplyMode = wasApplied && !app.policy.selfHeal ? .compare : .enforce
    let outcomes = await target.apply(app, mode)
    // A deletion that failed before is tried again after this; it must not stand in its own way.
    status.failures = status.failures.filter { claims[$0.key] == app.name }
    status.take(outcomes)
    let corrected = wasApplied ? outcomes.filter(\.result.isWrite).map(\.id) : []
    status.driftHealed += Int64(corrected.count)
    if status.failures.isEmpty { status.phase = .applied }
    set(status)
    schedule(app.name, after: status)
    announce(corrected, of: app.name)
  }

  private func announce(_ corrected: [ObjectID], of app: String) {
    guard !corrected.isEmpty else { return }
    for object in corrected {
      notify(.event(kind: "DriftHealed", reason: "\(object.displayName) of \(app) was changed and is healed"))
    }
    for object in drift.corrected(corrected, at: now()) {
      notify(
        .event(
          kind: "DriftFight",
          reason: "\(object.displayName) of \(app) is changed again and again by somebody else; healing slows down"))
    }
  }

  private func schedule(_ app: String, after status: AppStatus) {
    guard status.failures.values.contains(where: \.isTransient) else {
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
      await carryOut(plan, for: app.name, mayDelete: statuses[app.name]?.failures.isEmpty ?? false)
    }
    for removal in desired.removals { await carryOut(plan, for: removal.name, mayDelete: true) }
    if !plan.orphans.isEmpty { _ = await target.disown(plan.orphans) }
  }

  private func carryOut(_ plan: DeletionPlan, for app: String, mayDelete: Bool) async {
    guard var status = statuses[app] ?? removed[app] else { return }
    status.held = plan.held[app] ?? []
    if let objects = plan.deletions[app], mayDelete {
      let outcomes = await target.delete(objects)
      status.failures = status.failures.filter { id, _ in !objects.contains { $0.id == id } }
      status.take(outcomes.filter { !$0.result.isWrite })
      for outcome in outcomes where outcome.result.isWrite {
        notify(.event(kind: "Pruned", reason: "\(outcome.id.displayName) of \(app)"))
      }
      schedule(app, after: status)
    }
    if removed[app] != nil {
      status.phase = .applied
      status.observation = AppObservation(objects: [])
    }
    set(status)
  }

  private func observe(_ names: Set<String>, in desired: DesiredState) async {
    for app in desired.apps where names.contains(app.name) && !Task.isCancelled {
      let observation = await target.observe(app)
      guard var status = statuses[app.name], status.digest == app.digest else { continue }
      status.observation = observation
      set(status)
    }
  }

  private func set(_ status: AppStatus) {
    if removed[status.name] != nil {
      guard removed[status.name] != status else { return }
      removed[status.name] = status
    } else {
      guard statuses[status.name] != status else { return }
      statuses[status.name] = status
    }
    logger.debug(
      "app status", metadata: ["app": "\(status.name)", "sync": "\(status.sync)", "health": "\(status.health)"])
    notify(.statusChanged)
  }
}

extension AppStatus {
  /// Takes over what became of objects: failures, differences, and what is as desired again.
  fileprivate mutating func take(_ outcomes: [ObjectOutcome]) {
    for outcome in outcomes {
      failures[outcome.id] = nil
      differing.remove(outcome.id)
      switch outcome.result {
      case .failed(let error, let isTransient):
        failures[outcome.id] = Failure(message: error.description, isTransient: isTransient)
      case .differs: differing.insert(outcome.id)
      case .unchanged, .created, .changed, .deleted: break
      }
    }
  }
}

extension ObjectOutcome.Result {
  /// Whether the target was changed.
  var isWrite: Bool {
    switch self {
    case .created, .changed, .deleted: true
    case .unchanged, .differs, .failed: false
    }
  }
}

/// What came in since the last pass.
private struct PendingWork {
  var desired: DesiredState?
  var everything = false
  var drifted: Set<String> = []
  var healthChanged: Set<String> = []

  mutating func add(_ change: TargetChange) {
    switch change {
    case .drifted(let app): drifted.insert(app)
    case .healthChanged(let app): healthChanged.insert(app)
    case .everything: everything = true
    }
  }

  mutating func take() -> PendingWork {
    defer { self = PendingWork() }
    return self
  }
}
