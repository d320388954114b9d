import FleetModel
import FleetStore
import Logging
import Manifests
import RolloutEngine

/// The third step: events go into the rollout engine one after the other; what it decides is stored, then carried out.
///
/// Events that arrive while a step is being stored share the next transaction. Nothing is carried out that is not
/// stored; a store that cannot be written holds everything back until it can.
public actor RolloutAdvancer {
  /// What is carried out after it was stored.
  struct Effects: Sendable {
    /// What this cluster should run has changed.
    var assignmentsMoved: @Sendable (Set<ClusterUID>) async -> Void
    var amendmentWanted: @Sendable (_ cluster: ClusterUID, _ app: String, _ commit: String) -> Void
    var analysisWanted: @Sendable (AnalysisOrder) -> Void
    /// Rollouts of these apps look different now.
    var rolloutsMoved: @Sendable (Set<String>) -> Void
  }

  private struct Waiting {
    var event: RolloutEvent
    var reply: CheckedContinuation<RolloutOutcome, Never>?
  }

  /// Events of one transaction: enough that a burst of reports costs few, few enough that nobody waits long.
  private static let batch = 256
  /// Entries after which the engine's state is stored whole, at least, and for each cluster: a snapshot costs in proportion
  /// to the clusters, and so does one commit in entries. A restart replays about so many.
  private static let entriesPerSnapshot: Int64 = 1000
  private static let entriesPerSnapshotAndCluster: Int64 = 2
  /// Sleep is measured by a clock of its own: so long it takes at most to notice that the time of day was put forward.
  private static let longestSleep: Duration = .seconds(2)
  /// Between two tries to write to a store that refuses.
  private static let retryDelay: Duration = .seconds(1)

  private let store: any HubStore
  private let effects: Effects
  private let now: @Sendable () -> Timestamp
  private let logger: Logger

  private var engine = RolloutEngine()
  private var lastEntry: Int64 = 0
  private var lastSnapshot: Int64 = 0
  private var inbox: [Waiting] = []
  private var wakeAt: Timestamp?
  private var hasStopped = false
  private var isStoring = false
  private var snapshotting: Task<Void, Never>?
  private var readers: [@Sendable (RolloutEngine) -> Void] = []
  private let signal = Signal()

  init(store: any HubStore, effects: Effects, now: @escaping @Sendable () -> Timestamp, logger: Logger) {
    self.store = store
    self.effects = effects
    self.now = now
    self.logger = logger
  }

  // MARK: Input

  /// Hands an event over, and returns what the engine made of it once that is stored.
  @discardableResult
  func submit(_ event: RolloutEvent) async -> RolloutOutcome {
    guard !hasStopped else { return .refused(.hubIsStopping) }
    return await withCheckedContinuation { continuation in
      inbox.append(Waiting(event: event, reply: continuation))
      signal.raise()
    }
  }

  /// Hands events over, and returns once all of them are stored.
  func submit(_ events: [RolloutEvent]) async {
    guard let last = events.last else { return }
    post(Array(events.dropLast()))
    await submit(last)
  }

  /// Hands events over without waiting.
  func post(_ events: [RolloutEvent]) {
    guard !events.isEmpty, !hasStopped else { return }
    inbox += events.map { Waiting(event: $0, reply: nil) }
    signal.raise()
  }

  /// Hands over what must be the first events that `run` takes, whatever came before it was called.
  func postAtStart(_ events: [RolloutEvent]) {
    inbox.insert(contentsOf: events.map { Waiting(event: $0, reply: nil) }, at: 0)
  }

  // MARK: Reading

  /// Reads the engine's state, and waits for a step that is being stored: nobody hears of what a crash could undo. Only a
  /// store that refuses to be written makes nobody wait, lest the hub be blind for as long.
  func read<Answer: Sendable>(_ question: @escaping @Sendable (RolloutEngine) -> Answer) async -> Answer {
    guard isStoring else { return question(engine) }
    return await withCheckedContinuation { continuation in
      readers.append { continuation.resume(returning: question($0)) }
    }
  }

  private func answerReaders() {
    isStoring = false
    for answer in readers { answer(engine) }
    readers = []
  }

  // MARK: Running

  /// Rebuilds the engine from what is stored. Called once, before `run`.
  func restore() async throws(FleetError) {
    if let snapshot = try await store.latestSnapshot() {
      engine = try RolloutEngine(snapshot: snapshot.bytes)
      lastEntry = snapshot.number
      lastSnapshot = snapshot.number
    }
    while true {
      let records = try await store.rolloutLog(after: lastEntry, limit: 1000)
      guard let last = records.last else { break }
      for record in records { try engine.replay(RolloutLogEntry(stored: record)) }
      lastEntry = last.number
    }
    wakeAt = engine.nextWake
  }

  /// Takes events until the task is cancelled, and stores the state that they led to. Throws when another hub has gone on
  /// with this one's rollouts.
  func run() async throws {
    let outcome: Result<Void, any Error>
    do {
      try await takeEvents()
      outcome = .success(())
    } catch {
      outcome = .failure(error)
    }
    stop()
    await snapshotting?.value
    try outcome.get()
    // The next hub may be of another version, and must not have to decide again what this one has decided.
    if lastSnapshot < lastEntry {
      takeSnapshot()
      await snapshotting?.value
    }
  }

  private func takeEvents() async throws {
    try await withTaskCancellationHandler {
      while !Task.isCancelled {
        await signal.wait(until: wakeAt.map { min($0, now() + RolloutAdvancer.longestSleep) }, now: now)
        if let due = wakeAt, due <= now() {
          wakeAt = nil
          inbox.append(Waiting(event: .timePassed, reply: nil))
        }
        while !inbox.isEmpty && !Task.isCancelled { try await step() }
      }
    } onCancel: {
      signal.raise()
    }
  }

  /// From here on nothing is taken in, and nobody waits for an answer.
  private func stop() {
    hasStopped = true
    for waiting in inbox { waiting.reply?.resume(returning: .refused(.hubIsStopping)) }
    inbox = []
  }

  private func step() async throws(FleetError) {
    let batch = Array(inbox.prefix(RolloutAdvancer.batch))
    inbox.removeFirst(batch.count)
    let outcomes = batch.map { engine.handle($0.event, at: now()) }
    let step = makeStep(outcomes)
    do throws(FleetError) {
      if !step.entries.isEmpty { try await persist(step) }
    } catch {
      // The engine is ahead of what is stored: nobody may hear of it, and nothing may follow from it.
      for waiting in batch { waiting.reply?.resume(returning: .refused(error)) }
      throw error
    }
    for outcome in outcomes { report(outcome) }
    answerReaders()
    await carryOut(outcomes.flatMap(\.actions))
    effects.rolloutsMoved(Set(step.rollouts.map(\.app)))
    for (waiting, outcome) in zip(batch, outcomes) { waiting.reply?.resume(returning: outcome) }
    snapshotIfDue()
  }

  private func makeStep(_ outcomes: [RolloutOutcome]) -> RolloutStep {
    let entries = outcomes.compactMap(\.entry)
    var statuses: [String: RolloutStatus] = [:]
    for outcome in outcomes {
      for closed in outcome.closed { statuses[closed.id] = closed }
    }
    // Where each cluster stands is asked of the engine while it holds the rollout: to write all of them down at every
    // step would make a rollout cost in proportion to the square of its clusters.
    for id in Set(entries.flatMap(\.rollouts)) {
      if let status = engine.status(ofRollout: id, withClusters: false) { statuses[id] = status }
    }
    return RolloutStep(
      entries: entries.map(RolloutLogRecord.init(entry:)),
      assignments: outcomes.flatMap(\.actions).compactMap(AssignmentChange.init(action:)),
      rollouts: statuses.values.sorted { $0.id < $1.id }.map(RolloutRecord.init(status:)),
      trail: RolloutTrail.of(outcomes, engine: engine))
  }

  /// Stores a step, however often it takes. Throws when the hub stops before that, or when the log has gone on without
  /// it: then another hub leads.
  private func persist(_ step: RolloutStep) async throws(FleetError) {
    isStoring = true
    while !Task.isCancelled {
      do throws(FleetError) {
        try await store.advanceRollouts(step)
        lastEntry = step.entries.last?.number ?? lastEntry
        return
      } catch {
        answerReaders()
        logger.error("rollouts cannot be stored and stand still", metadata: ["error": "\(error)"])
        // A write that failed may have reached the disk all the same.
        if error.code == .storeConflict { return try await findStored(step, error) }
        try? await Task.sleep(for: RolloutAdvancer.retryDelay)
      }
    }
    answerReaders()
    throw .hubIsStopping
  }

  private func findStored(_ step: RolloutStep, _ conflict: FleetError) async throws(FleetError) {
    guard try await store.rolloutLog(after: lastEntry, limit: step.entries.count + 1) == step.entries else {
      throw conflict
    }
    lastEntry = step.entries.last?.number ?? lastEntry
  }

  private func carryOut(_ actions: [RolloutAction]) async {
    var moved: Set<ClusterUID> = []
    for action in actions {
      switch action {
      case .assign(let assignment): moved.insert(assignment.cluster)
      case .withdraw(let cluster, _): moved.insert(cluster)
      case .renderAmendment(let cluster, let app, let commit): effects.amendmentWanted(cluster, app, commit)
      case .wake(let instant): wakeAt = instant
      case .alert: break  // stored with the step
      case .startAnalysis(let rollout, let stage, let number, let checks):
        effects.analysisWanted(AnalysisOrder(rollout: rollout, stage: stage, number: number, checks: checks))
      }
    }
    if !moved.isEmpty { await effects.assignmentsMoved(moved) }
  }

  private func report(_ outcome: RolloutOutcome) {
    for transition in outcome.transitions {
      var metadata: Logger.Metadata = [
        "app": "\(transition.subject.app)", "rollout": "\(transition.subject.rollout)", "from": "\(transition.from)",
        "to": "\(transition.to)", "reason": "\(transition.reason)",
      ]
      switch transition.subject {
      case .rollout: break
      case .stage(let stage, _, _): metadata["stage"] = "\(stage)"
      case .cluster(let cluster, _, _): metadata["cluster"] = "\(engine.name(of: cluster))"
      }
      logger.info("rollout", metadata: metadata)
    }
    if let refusal = outcome.refusal { logger.warning("rollout event refused", metadata: ["error": "\(refusal)"]) }
  }

  // MARK: Snapshots

  /// Beside what goes on: writing the state of ten thousand clusters takes the better part of a second.
  private func snapshotIfDue() {
    let due = max(
      RolloutAdvancer.entriesPerSnapshot,
      Int64(engine.memberCount) * RolloutAdvancer.entriesPerSnapshotAndCluster)
    if snapshotting == nil, lastEntry - lastSnapshot >= due { takeSnapshot() }
  }

  private func takeSnapshot() {
    let (engine, number, time) = (engine, lastEntry, now())
    snapshotting = Task {
      let bytes = await SideThreads.shared.run { engine.snapshot }
      await save(EngineSnapshot(number: number, time: time, bytes: bytes))
    }
  }

  private func save(_ snapshot: EngineSnapshot) async {
    do {
      try await store.saveSnapshot(snapshot)
      lastSnapshot = snapshot.number
    } catch {
      logger.warning("the rollout snapshot cannot be stored", metadata: ["error": "\(error)"])
    }
    snapshotting = nil
  }
}
