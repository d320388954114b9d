import Digests
import FleetModel
import Manifests

@testable import RolloutEngine
@testable import RolloutRules

/// The engine, the checker and the small world around them at one moment.
struct ModelState {
  static let app = "web"
  /// Late enough for an instant to be told from every span and count in a snapshot.
  private static let start = Timestamp(milliseconds: 1 << 42)
  private static let firstInstant: Int64 = 1 << 41
  /// Longer ago than any span of the configurations: what is older is all the same.
  private static let longAgo: Int64 = 600_000

  let configuration: ModelConfiguration
  var engine = RolloutEngine()
  var checker = InvariantChecker()
  var now = Self.start
  var left: ModelConfiguration.Allowance
  var members: [FleetMember]
  var online: Set<ClusterUID> = []
  /// What agents hold, and whether they have told what came of it.
  var holdings: [ClusterUID: AppDigest] = [:]
  private var bad: Set<AppDigest> = []

  init(_ configuration: ModelConfiguration) throws {
    self.configuration = configuration
    left = configuration.allowance
    members = ["d1", "p1", "p2"].compactMap { name in
      ClusterUID(name).map { FleetMember(cluster: $0, name: name, environment: name.hasPrefix("d") ? "dev" : "prod") }
    }
    bad = [Self.digest("v2", "p1")]
    for member in members {
      try hand(.clusterJoined(member))
      try connect(member.cluster)
    }
    try publish("v1")
    while configuration.isSettled, !isEnd { try doDuties() }
  }

  /// Everybody does what they will do sooner or later.
  mutating func doDuties() throws {
    for move in moves where move.isDuty { try make(move) }
  }

  private static func digest(_ version: String, _ cluster: String) -> AppDigest {
    AppDigest(Digest(of: "\(version) \(cluster)"))
  }

  private mutating func hand(_ event: RolloutEvent) throws {
    let outcome = engine.handle(event, at: now)
    try checker.check(event, outcome, engine)
  }

  // MARK: Moves

  /// Everything that can happen now.
  var moves: [ModelMove] {
    var moves: [ModelMove] = []
    for member in members.map(\.cluster) {
      if !online.contains(member) {
        moves.append(.connect(member))
      } else {
        moves.append(.agent(member))
        if left.disconnections > 0 { moves.append(.disconnect(member)) }
      }
      if engine.suspensions.contains(where: { $0.scope == .cluster(member) }) {
        moves.append(.unsuspend(member))
      } else if left.suspensions > 0 {
        moves.append(.suspend(member))
      }
    }
    if engine.nextWake != nil { moves.append(.time) }
    if left.commits > 0 { moves.append(.commit) }
    if left.restarts > 0 { moves.append(.restart) }
    if left.rollbacks > 0 { moves.append(.rollBack) }
    return moves + movesOfRollout
  }

  private var movesOfRollout: [ModelMove] {
    guard let rollout = engine.status(ofApp: Self.app)?.rollout else { return [] }
    var moves: [ModelMove] = []
    if rollout.stages.contains(where: { $0.state == .awaitingBefore(.approval) }) { moves.append(.approve) }
    if rollout.state == .failed, left.retries > 0 { moves.append(.retry) }
    if rollout.state == .running, left.pauses > 0 { moves.append(.pause) }
    if rollout.state == .paused { moves.append(.resume) }
    if !engine.pendingAnalyses.isEmpty { moves += AnalysisResult.Outcome.allCases.map { .analysis($0) } }
    if !engine.freezesInUse.isEmpty {
      moves.append(.windows(isFrozen: false))
      if left.windows > 0 { moves.append(.windows(isFrozen: true)) }
    }
    return moves
  }

  mutating func make(_ move: ModelMove) throws {
    switch move {
    case .agent(let cluster): try work(cluster)
    case .disconnect(let cluster):
      left.disconnections -= 1
      online.remove(cluster)
      try hand(.clusterDisconnected(cluster))
    case .connect(let cluster): try connect(cluster)
    case .time:
      // Somebody else was faster: there is nothing to wait for any more.
      guard engine.nextWake != nil else { return }
      now = max(now, engine.nextWake ?? now)
      try hand(.timePassed)
      try hold(engine.nextWake.map { $0 > now } ?? true, "what was due is done")
    case .commit:
      left.commits -= 1
      try publish("v2")
    case .restart:
      left.restarts -= 1
      engine = try RolloutEngine(snapshot: engine.snapshot)
      online = []
      try hand(.hubStarted)
    default: try operate(move)
    }
    try checker.checkReasons(engine)
  }

  private mutating func operate(_ move: ModelMove) throws {
    guard let rollout = engine.status(ofApp: Self.app)?.rollout else { return }
    switch move {
    case .approve:
      for stage in rollout.stages where stage.state == .awaitingBefore(.approval) {
        try act(.approved(rollout: rollout.id, release: rollout.release, stage: stage.name))
      }
    case .retry:
      left.retries -= 1
      try act(.retried(rollout: rollout.id))
    case .rollBack:
      left.rollbacks -= 1
      try act(.rolledBack(app: Self.app, stage: nil, width: nil))
    case .windows(let isFrozen):
      if isFrozen { left.windows -= 1 }
      try hand(
        .freezesChanged(
          engine.freezesInUse.map { FreezeWindow(freeze: $0, isOpen: isFrozen, until: nil) }))
    case .analysis(let outcome):
      for case .startAnalysis(let id, let stage, let number, _) in engine.pendingAnalyses {
        try hand(
          .analysisFinished(
            AnalysisResult(rollout: id, stage: stage, number: number, outcome: outcome, reason: "so it is")))
      }
    case .suspend(let cluster):
      left.suspensions -= 1
      try act(.suspended(.cluster(cluster)))
    case .unsuspend(let cluster): try act(.unsuspended(.cluster(cluster)))
    case .pause:
      left.pauses -= 1
      try act(.paused(rollout: rollout.id))
    case .resume: try act(.resumed(rollout: rollout.id))
    default: break
    }
  }

  private mutating func act(_ act: OperatorAct.Act) throws {
    try hand(.operatorActed(OperatorAct(actor: "ann", reason: "because", act: act)))
  }

  private mutating func publish(_ version: String) throws {
    var clusters: [ClusterUID: AppDigest] = [:]
    for member in members { clusters[member.cluster] = Self.digest(version, member.name) }
    let release = Release(app: Self.app, commit: "commit of \(version)", clusters: clusters)
    try hand(.releaseRendered(RenderedRelease(release: release, plan: configuration.plan)))
  }

  // MARK: Agents

  private mutating func connect(_ cluster: ClusterUID) throws {
    online.insert(cluster)
    try hand(.clusterConnected(cluster))
    try report(cluster)
  }

  private mutating func work(_ cluster: ClusterUID) throws {
    guard let assigned = engine.assignments(of: cluster).first?.digest else { return }
    if holdings[cluster] == assigned { return try report(cluster) }
    holdings[cluster] = assigned
    try hand(.bundleAccepted(cluster, [Self.app: assigned]))
  }

  private mutating func report(_ cluster: ClusterUID) throws {
    guard let digest = holdings[cluster] else { return }
    let isBad = bad.contains(digest)
    try hand(
      .clusterReported(
        cluster,
        [
          AppObservation(
            app: Self.app, digest: digest, sync: .synced, health: isBad ? .degraded : .healthy, blocking: isBad)
        ]))
  }
}

// MARK: What a state is

extension ModelState {
  /// Whether nothing is left to wait for.
  var isEnd: Bool {
    guard let status = engine.status(ofApp: Self.app), let rollout = status.rollout else { return false }
    // Who did not pull catches up when its link comes anew.
    return rollout.state.isEnded && status.beside.allSatisfy(\.status.state.isFailure) && status.queued == nil
  }

  /// Equal for states that nothing which comes can tell apart: instants are counted from now, and what was said of the past
  /// in words, and how many entries the log has, are left out.
  var identity: Int {
    var hasher = Hasher()
    hasher.combine(fingerprint(engine.form))
    hasher.combine(left)
    hasher.combine(holdings)
    hasher.combine(online)
    return hasher.finalize()
  }

  /// Whether what happened since a state that came before changed nothing: quicker to find out than by both identities.
  func isSame(as earlier: ModelState) -> Bool {
    engine.number == earlier.engine.number && now == earlier.now && left == earlier.left
      && holdings == earlier.holdings && online == earlier.online
  }

  /// Nothing is built for it: this is what the exploration spends its time on.
  private func fingerprint(_ value: Value) -> Int {
    var hasher = Hasher()
    switch value {
    case .integer(let number) where number > Self.firstInstant:
      hasher.combine(max(-Self.longAgo, number - now.milliseconds))
    case .array(let elements):
      hasher.combine(elements.count)
      for element in elements { hasher.combine(fingerprint(element)) }
    case .object(let object):
      // In whatever order: a sum.
      var sum = 0
      for (key, value) in object where !Self.isOfThePast(key) {
        var entry = Hasher()
        entry.combine(key)
        entry.combine(fingerprint(value))
        sum &+= entry.finalize()
      }
      hasher.combine(sum)
    default: hasher.combine(value)
    }
    return hasher.finalize()
  }

  private static func isOfThePast(_ key: String) -> Bool { key == "n" || key == "reason" || key == "actor" }

  /// What a person would be shown.
  var account: String {
    guard let status = engine.status(ofApp: Self.app), let rollout = status.rollout else { return "no rollout" }
    let stages = rollout.stages.map { stage in
      "\(stage.name) \(stage.state): \(stage.reason) \(stage.clusters.map { "\($0.name) \($0.state): \($0.reason)" })"
    }
    let beside = status.beside.map { "\($0.rollout) \($0.status.name) \($0.status.state): \($0.status.reason)" }
    return "\(rollout.id) \(rollout.state): \(rollout.reason)\n\(stages.joined(separator: "\n"))\nbeside: \(beside)"
  }
}
