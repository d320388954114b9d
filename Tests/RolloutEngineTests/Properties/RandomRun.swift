import Digests
import FleetModel
import Manifests

@testable import RolloutEngine

/// A fleet, its Git and its operators, driven by commands against an engine, with every step checked.
struct RandomRun {
  static let environments = ["dev", "staging", "prod"]
  static let apps = ["db", "shop"]

  /// What an agent holds of an app, and how far it is with it.
  struct Holding {
    var digest: AppDigest
    var steps = 0
  }

  /// What a commit asks for: a version of each app in each environment.
  struct Content {
    var versions: [String: [String: String]]
  }

  var engine = RolloutEngine()
  var checker = InvariantChecker()
  var log: [RolloutLogEntry] = []
  var now = Timestamp(milliseconds: 1_000_000)
  var members: [ClusterUID: FleetMember] = [:]
  var online: Set<ClusterUID> = []
  var holdings: [ClusterUID: [String: Holding]] = [:]
  var contents: [String: [String: String]] = [:]
  var lastCommit: [String: String] = [:]
  var plans: [String: AppPlan] = [:]
  var behaviours: [AppDigest: String] = [:]
  var nextCommit = 1
  var nextCluster = 1
  private var transitions = 0
  private var handed = 0
  private var snapshot: [UInt8]

  init() {
    snapshot = engine.snapshot
    for app in Self.apps { plans[app] = Self.plan(1 << 20, app) }
  }

  /// Plays a whole run and lets it come to its end. Throws the first rule that is broken.
  static func play(_ commands: [Command]) throws -> RandomRun {
    var run = RandomRun()
    do {
      try run.start()
      for command in commands { try run.carryOut(command) }
      try run.finish()
      return run
    } catch let violation as Violation {
      throw Violation(violation.rule, violation.details + run.lastEntries)
    }
  }

  /// What happened last, for a person.
  private var lastEntries: String {
    log.suffix(Self.shownEntries).map { entry in
      let event = String("\(entry.event)".prefix(300))
      let lines = entry.transitions.map { "    \($0.subject): \($0.from) → \($0.to): \($0.reason)" }
      return (["\n  \(entry.time.milliseconds) \(event)"] + lines).joined(separator: "\n")
    }.joined()
  }

  private static let shownEntries = 20
}

// MARK: Steps

extension RandomRun {
  mutating func hand(_ event: RolloutEvent) throws {
    let outcome = engine.handle(event, at: now)
    if case .advanced(let entry, _, _) = outcome {
      log.append(entry)
      transitions += entry.transitions.count
    }
    try checker.check(event, outcome, engine)
    handed += 1
    if outcome.entry == nil, handed % 16 == 0 {
      try hold(checkUnchanged(event), "what is refused or unchanged changes nothing", "\(event)")
    }
  }

  /// Whether handling an event once more, which did nothing, leaves the state as it is.
  private func checkUnchanged(_ event: RolloutEvent) -> Bool {
    var copy = engine
    _ = copy.handle(event, at: now)
    return copy.snapshot == engine.snapshot
  }

  mutating func start() throws {
    for index in 0..<7 { try join(environment: Self.environments[[0, 0, 1, 1, 2, 2, 2][index]]) }
    for app in Self.apps { try commit(app, 0x5555) }
  }

  mutating func carryOut(_ command: Command) throws {
    let pick = command.pick
    switch command.kind {
    case .commit: try commit(Self.apps.picked(by: pick) ?? "db", pick >> 4)
    case .editPlan: if let app = Self.apps.picked(by: pick) { plans[app] = Self.plan(pick >> 4, app) }
    case .observe: try observe(Self.apps.picked(by: pick) ?? "db")
    case .moveCluster: try moveCluster(pick)
    case .join: if members.count < 10 { try join(environment: Self.environments.picked(by: pick) ?? "dev") }
    case .leave: if members.count > 4, let cluster = cluster(pick) { try leave(cluster) }
    case .amend: try amend(pick)
    case .disconnect: if let cluster = online.sorted().picked(by: pick) { try disconnect(cluster) }
    case .connect: if let cluster = away.picked(by: pick) { try connect(cluster) }
    case .agent: if let cluster = online.sorted().picked(by: pick) { try work(cluster) }
    case .agents: for cluster in online.sorted() { try work(cluster) }
    case .misreport: try misreport(pick)
    case .refuse: if let cluster = online.sorted().picked(by: pick) { try refuse(cluster, pick) }
    case .wake: try wake()
    case .wait: try wait(.seconds(Int(pick % 90)))
    default: try operate(command)
    }
  }

  private mutating func operate(_ command: Command) throws {
    guard let app = Self.apps.picked(by: command.pick), let rollout = engine.status(ofApp: app)?.rollout else { return }
    switch command.kind {
    case .approve: try approve(rollout)
    case .confirm: try confirm(rollout, off: command.pick & 7 == 7 ? 1 : 0)
    case .pause: try act(.paused(rollout: rollout.id))
    case .resume: try act(.resumed(rollout: rollout.id))
    case .abort: try act(.aborted(rollout: rollout.id))
    case .retry: try act(.retried(rollout: rollout.id))
    case .exclude:
      if let cluster = cluster(command.pick >> 2) { try act(.excluded(rollout: rollout.id, cluster: cluster)) }
    case .acceptSilence: try act(.silenceAccepted)
    case .hubRestart: try restartHub()
    case .crash: try crash()
    default: break
    }
  }

  private mutating func act(_ act: OperatorAct.Act) throws {
    try hand(.operatorActed(OperatorAct(actor: "ann", reason: "because", act: act)))
  }

  /// Confirms what a stage takes away; sometimes by a count that is not right.
  private mutating func confirm(_ rollout: RolloutStatus, off: Int) throws {
    for stage in rollout.stages where stage.state == .awaitingBefore(.confirmation) {
      let count = (stage.deletions?.objects ?? 0) + off
      try act(.deletionsConfirmed(rollout: rollout.id, stage: stage.name, count: count))
    }
  }

  private mutating func approve(_ rollout: RolloutStatus) throws {
    for stage in rollout.stages where stage.state == .awaitingBefore(.approval) || stage.state == .awaitingAfter {
      try act(.approved(rollout: rollout.id, release: rollout.release, stage: stage.name))
    }
  }
}

// MARK: Git

extension RandomRun {
  private static let behaviours = ["good", "good", "good", "slow", "bad", "stuck", "flaky", "gone"]

  /// Changes some environments of an app, to something new or back to something old.
  mutating func commit(_ app: String, _ pick: UInt64) throws {
    let id = "c\(nextCommit)"
    nextCommit += 1
    var content = lastCommit[app].flatMap { contents["\(app)@\($0)"] } ?? [:]
    for (index, environment) in Self.environments.enumerated() {
      let choice = pick >> (UInt64(index) * 6)
      if content[environment] == nil || choice & 3 != 0 {
        let behaviour = Self.behaviours.picked(by: choice >> 2) ?? "good"
        let isOld = choice & 32 != 0 && nextCommit > 4
        content[environment] = "\(behaviour)-\(isOld ? 1 : nextCommit)"
      }
    }
    try publish(content, app, id)
  }

  mutating func publish(_ content: [String: String], _ app: String, _ id: String) throws {
    contents["\(app)@\(id)"] = content
    lastCommit[app] = id
    var clusters: [ClusterUID: AppDigest] = [:]
    for cluster in members.keys { clusters[cluster] = digest(app, id, cluster) }
    let release = Release(app: app, commit: id, clusters: clusters)
    guard let plan = plans[app] else { return }
    try hand(
      .releaseRendered(
        RenderedRelease(release: release, plan: plan, guardedDeletions: guardedDeletions(app, release))))
  }

  /// Every third version takes something away where there was something.
  private func guardedDeletions(_ app: String, _ release: Release) -> [ClusterUID: Int] {
    release.clusters.filter { cluster, digest in
      let bytes = digest.description.utf8.first ?? 0
      return bytes % 3 == 0 && engine.possibleDigests(ofApp: app)[cluster]?.isEmpty == false
    }.mapValues { _ in 2 }
  }

  private mutating func digest(_ app: String, _ commit: String, _ cluster: ClusterUID) -> AppDigest? {
    guard let member = members[cluster], let version = contents["\(app)@\(commit)"]?[member.environment] else {
      return nil
    }
    if version.hasPrefix("gone") { return AppContent.absent(app: app, .prune).digest }
    let digest = AppDigest(Digest(of: "\(app) \(version) \(member.environment)"))
    behaviours[digest] = String(version.prefix { $0 != "-" })
    return digest
  }

  mutating func observe(_ app: String) throws {
    guard let commit = lastCommit[app], let plan = plans[app] else { return }
    try hand(.commitObserved(app: app, commit: commit, plan))
  }

  private mutating func amend(_ pick: UInt64) throws {
    guard case .renderAmendment(let cluster, let app, let commit)? = engine.pendingAmendments.picked(by: pick) else {
      return
    }
    try hand(
      .amendmentRendered(
        Amendment(cluster: cluster, app: app, commit: commit, digest: digest(app, commit, cluster))))
  }

  mutating func answerAllAmendments() throws {
    while !engine.pendingAmendments.isEmpty { try amend(0) }
  }

  static func plan(_ pick: UInt64, _ app: String) -> AppPlan {
    var random = Randomness(seed: pick)
    let waves: [[Width]] = [
      [.count(1), .percent(100)], [.percent(100)], [.count(1), .percent(50), .percent(100)], [.count(2)],
    ]
    let stages = environments.map { name in
      Stage(
        name: name, members: .environment(name), approvalBefore: name == "prod" && random.next() % 2 == 0,
        approvalAfter: random.next() % 8 == 0, waves: waves.picked(by: random.next()) ?? [],
        maxConcurrent: [nil, .count(1), .percent(50), .count(2)].picked(by: random.next()) ?? nil,
        maxFailures: [.count(0), .count(0), .count(1), .percent(50)].picked(by: random.next()) ?? .count(0),
        minAvailable: [.percent(50), .percent(0), .percent(100), .count(1)].picked(by: random.next()) ?? .percent(50),
        pullDeadline: .seconds(60), progressDeadline: .seconds(120),
        soak: .seconds([0, 10, 30].picked(by: random.next()) ?? 0),
        offlinePolicy: random.next() % 6 == 0 ? .wait : .excludeAndCatchUp)
    }
    return AppPlan(
      pipeline: Pipeline(name: "default", stages: stages), gate: random.next() % 5 == 0 ? .synced : .healthy,
      dependsOn: app == "shop" && random.next() % 3 == 0 ? ["db"] : [])
  }
}

// MARK: The fleet

extension RandomRun {
  private var away: [ClusterUID] { members.keys.filter { !online.contains($0) }.sorted() }
  private func cluster(_ pick: UInt64) -> ClusterUID? { members.keys.sorted().picked(by: pick) }

  mutating func join(environment: String) throws {
    guard let cluster = ClusterUID("u\(nextCluster)") else { return }
    // Names in another order than uids, so that one is not taken for the other.
    let member = FleetMember(
      cluster: cluster, name: "k\(97 - nextCluster % 97)-\(nextCluster)", environment: environment,
      connectivity: nextCluster % 5 == 0 ? .edge : .connected)
    nextCluster += 1
    members[cluster] = member
    try hand(.clusterJoined(member))
    try connect(cluster)
  }

  private mutating func moveCluster(_ pick: UInt64) throws {
    guard let cluster = cluster(pick), var member = members[cluster] else { return }
    member.environment = Self.environments.picked(by: pick >> 8) ?? "dev"
    members[cluster] = member
    try hand(.clusterChanged(member))
    if pick & 64 != 0 { for app in Self.apps { try commit(app, 0) } }
  }

  private mutating func leave(_ cluster: ClusterUID) throws {
    members[cluster] = nil
    online.remove(cluster)
    holdings[cluster] = nil
    try hand(.clusterLeft(cluster, reason: "its file vanished"))
  }

  mutating func connect(_ cluster: ClusterUID) throws {
    online.insert(cluster)
    try hand(.clusterConnected(cluster))
    try reportAll(cluster)
  }

  private mutating func disconnect(_ cluster: ClusterUID) throws {
    online.remove(cluster)
    try hand(.clusterDisconnected(cluster))
  }

  private mutating func restartHub() throws {
    try hand(.hubStarted)
    online = []
  }

  /// The hub is killed and comes back from what it stored: the last snapshot and the log after it.
  private mutating func crash() throws {
    var restored = try RolloutEngine(snapshot: snapshot)
    for entry in log where entry.number > restored.number { try restored.replay(entry) }
    try hold(restored.snapshot == engine.snapshot, "a snapshot and the log after it lead to the same state")
    try hold(restored.nextWake == engine.nextWake, "a restored engine wakes at the same time")
    engine = restored
    snapshot = restored.snapshot
    try restartHub()
  }

  // MARK: Agents

  /// One step of an agent: it pulls, then applies, then sees what comes of it.
  mutating func work(_ cluster: ClusterUID) throws {
    for assignment in engine.assignments(of: cluster) {
      if holdings[cluster]?[assignment.app]?.digest != assignment.digest {
        holdings[cluster, default: [:]][assignment.app] = Holding(digest: assignment.digest)
        try hand(.bundleAccepted(cluster, [assignment.app: assignment.digest]))
      } else {
        holdings[cluster]?[assignment.app]?.steps += 1
        try report(cluster, assignment.app)
      }
    }
  }

  private mutating func reportAll(_ cluster: ClusterUID) throws {
    for app in (holdings[cluster] ?? [:]).keys.sorted() { try report(cluster, app) }
  }

  private mutating func report(_ cluster: ClusterUID, _ app: String) throws {
    guard let holding = holdings[cluster]?[app] else { return }
    try hand(.clusterReported(cluster, [observation(app, holding)]))
  }

  private func observation(_ app: String, _ holding: Holding) -> AppObservation {
    func seen(_ sync: Sync, _ health: Health, blocking: Bool) -> AppObservation {
      AppObservation(app: app, digest: holding.digest, sync: sync, health: health, blocking: blocking)
    }
    if holding.steps < 2 { return seen(.applying, .unknown, blocking: true) }
    switch behaviours[holding.digest] {
    case nil: return seen(.synced, .missing, blocking: true)
    case "bad": return seen(holding.steps % 2 == 0 ? .synced : .failed, .degraded, blocking: true)
    case "stuck": return seen(.synced, .progressing, blocking: true)
    case "slow" where holding.steps < 5: return seen(.synced, .progressing, blocking: true)
    case "flaky" where holding.steps % 4 == 3: return seen(.synced, .degraded, blocking: true)
    default: return seen(.synced, holding.steps == 3 ? .progressing : .healthy, blocking: false)
    }
  }

  /// A report of something else than what is assigned, or a lie that nothing blocks.
  private mutating func misreport(_ pick: UInt64) throws {
    guard let cluster = online.sorted().picked(by: pick), let app = Self.apps.picked(by: pick >> 6) else { return }
    let known = behaviours.keys.sorted()
    guard let digest = pick & 1 == 0 ? known.picked(by: pick >> 8) : holdings[cluster]?[app]?.digest else { return }
    let sync = Sync.allCases.picked(by: pick >> 16) ?? .unknown
    let health = Health.allCases.picked(by: pick >> 20) ?? .unknown
    try hand(
      .clusterReported(
        cluster, [AppObservation(app: app, digest: digest, sync: sync, health: health, blocking: pick & 2 == 0)]))
  }

  private mutating func refuse(_ cluster: ClusterUID, _ pick: UInt64) throws {
    try hand(.bundleRefused(cluster, app: pick & 32 == 0 ? nil : "db", reason: "a blob has another digest"))
  }
}

// MARK: Time

extension RandomRun {
  private mutating func wake() throws {
    guard let wake = engine.nextWake else { return }
    now = max(now, wake)
    try hand(.timePassed)
    try hold(engine.nextWake.map { $0 > now } ?? true, "what was due is done", "\(now)")
  }

  private mutating func wait(_ span: Duration) throws {
    let end = now + span
    while let wake = engine.nextWake, wake <= end { try self.wake() }
    now = end
  }

  /// Everybody comes back, everything is mended, and a good commit goes through all stages.
  mutating func finish() throws {
    for app in Self.apps {
      plans[app]?.gate = .healthy
      plans[app]?.dependsOn = []
      try publish(["dev": "good-x", "staging": "good-x", "prod": "good-x"], app, "end-\(app)")
    }
    for cluster in away { try connect(cluster) }
    for _ in 0..<400 {
      try settle()
      if engine.nextWake == nil, isDone { break }
      if let wake = engine.nextWake, wake > now { now = wake }
      try hand(.timePassed)
    }
    try hold(isDone, "every run ends", describeEnd())
    try checkEnd()
  }

  /// Lets people and agents do all there is to do before time goes on: nothing runs into a deadline any more.
  private mutating func settle() throws {
    for _ in 0..<12 {
      let before = transitions
      try answerAllAmendments()
      for app in Self.apps { if let rollout = engine.status(ofApp: app)?.rollout { try mend(rollout) } }
      for _ in 0..<4 { for cluster in online.sorted() { try work(cluster) } }
      if transitions == before { return }
    }
  }

  private mutating func mend(_ rollout: RolloutStatus) throws {
    switch rollout.state {
    case .failed: try act(.retried(rollout: rollout.id))
    case .paused: try act(.resumed(rollout: rollout.id))
    default:
      try confirm(rollout, off: 0)
      try approve(rollout)
    }
  }

  private var isDone: Bool {
    engine.pendingAmendments.isEmpty
      && Self.apps.allSatisfy { app in
        guard let status = engine.status(ofApp: app) else { return false }
        return status.rollout?.state == .succeeded && status.beside.isEmpty
          && status.rollout?.stages.allSatisfy { $0.counts.inFlight + $0.counts.pending + $0.counts.offline == 0 }
            == true
      }
  }

  private func describeEnd() -> String {
    Self.apps.compactMap { engine.status(ofApp: $0) }.map { status in
      let stages = status.rollout?.stages.map {
        "\($0.name) \($0.state): \($0.reason) \($0.clusters.map { "\($0.cluster) \($0.state): \($0.reason)" })"
      }
      return
        "\(status.rollout?.id ?? "") \(status.rollout?.reason ?? ""): \(stages ?? []), beside \(status.beside.map { "\($0.status.cluster) \($0.status.state)" })"
    }.joined(separator: "\n") + "\n\(engine.pendingAmendments) \(String(describing: engine.nextWake))"
  }

  /// Git is what runs, everywhere; and the log tells how it came to that.
  private mutating func checkEnd() throws {
    for cluster in members.keys.sorted() {
      for app in Self.apps {
        let wanted = digest(app, "end-\(app)", cluster)
        let assigned = engine.assignments(of: cluster).first { $0.app == app }?.digest
        try hold(
          assigned == wanted, "in the end everything runs what Git says", "\(app) on \(cluster)\n\(describeEnd())")
      }
    }
    let read = try log.map { try RolloutLogEntry(canonicalJSON: $0.canonicalJSON) }
    try hold(read == log, "a log read back is the log")
    let replayed = try RolloutEngine(replaying: read)
    try hold(replayed.snapshot == engine.snapshot, "a log replayed leads to the same state")
    try hold(replayed.nextWake == engine.nextWake, "a replayed engine wakes at the same time")
  }
}
