import Digests
import FleetModel
import Manifests

@testable import RolloutEngine
@testable import RolloutRules

/// A fleet, its Git and its operators, driven by commands against an engine, with every step checked.
struct RandomRun {
  static let environments = ["dev", "staging", "prod"]
  static let apps = ["db", "shop"]

  /// What an agent holds of an app, and how far it is with it.
  struct Holding {
    var digest: AppDigest
    var steps = 0
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
  /// What was rendered once, to be promoted.
  var releases: [Release] = []
  var plans: [String: AppPlan] = [:]
  var behaviours: [AppDigest: String] = [:]
  var nextCommit = 1
  var nextCluster = 1
  var transitions = 0
  var handed = 0
  var snapshot: [UInt8]
  /// By app: what was foreseen of a release that waits.
  var waiting: [String: ReleaseForecast] = [:]

  /// - Parameter dueLimit: how much one `timePassed` does.
  init(dueLimit: Int) {
    engine.dueLimit = dueLimit
    snapshot = engine.snapshot
    for app in Self.apps { plans[app] = Self.plan(1 << 20, app) }
  }

  /// Plays a whole run and lets it come to its end. Throws the first rule that is broken.
  static func play(_ commands: [Command], dueLimit: Int) throws -> RandomRun {
    var run = RandomRun(dueLimit: dueLimit)
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
    let foreseen = foresee(event)
    let outcome = engine.handle(event, at: now)
    try check(foreseen, outcome)
    if case .advanced(let entry, _, _) = outcome {
      log.append(entry)
      transitions += entry.transitions.count { !isOfOutside($0) }
    }
    try checker.check(event, outcome, engine)
    handed += 1
    if handed % 8 == 0 { try checker.checkReasons(engine) }
    if outcome.entry == nil, handed % 16 == 0 {
      try hold(checkUnchanged(event), "what is refused or unchanged changes nothing", "\(event)")
    }
  }

  /// Whether a transition is of an air-gapped cluster: nothing follows from how one fares, and one may waver for ever.
  private func isOfOutside(_ transition: Transition) -> Bool {
    if case .cluster(let cluster, _, _) = transition.subject { checker.isOutside(cluster) } else { false }
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
    case .agent: if let cluster = heard.picked(by: pick) { try work(cluster) }
    case .agents: for cluster in online.sorted() { try work(cluster) }
    case .misreport: try misreport(pick)
    case .refuse: if let cluster = online.sorted().picked(by: pick) { try refuse(cluster, pick) }
    case .wake: try wake()
    case .wait: try wait(.seconds(Int(pick % 90)))
    default: try operate(command)
    }
  }
}
