import FleetModel
import Manifests
import RolloutEngine

/// Holds what an engine does against Docs/rollouts.md. Knows the events and what came out, keeps its own books of
/// everything, and believes the engine nothing that it can work out itself.
struct InvariantChecker {
  /// One rollout, as far as its transitions and the events tell.
  struct Run {
    var app: String
    var commit: String
    var release: ReleaseDigest
    /// The policies that govern it: one, or the two around an edit.
    var plans: [AppPlan]
    var state = "Planned"
    var stages: [String]
    var stageStates: [String]
    var waves: [Int]
    var approvedBefore: Set<String> = []
    var approvedAfter: Set<String> = []
    /// How many objects each cluster loses that need a person's word, and the stages whose losses have it.
    var guarded: [ClusterUID: Int] = [:]
    var confirmed: Set<String> = []
    var stageOf: [ClusterUID: Int] = [:]
    var targets: [ClusterUID: AppDigest] = [:]
    /// Of the clusters that it changes; the others are not in here.
    var clusters: [ClusterUID: String] = [:]
    var healthyAt: [ClusterUID: Timestamp] = [:]
  }

  struct Member {
    var facts: FleetMember
    var isOnline = false
    var isUnheard = false
  }

  struct Spot: Hashable {
    var app: String
    var cluster: ClusterUID
  }

  var members: [ClusterUID: Member] = [:]
  var runs: [String: Run] = [:]
  /// The last rollout of each app.
  var current: [String: String] = [:]
  var plans: [String: AppPlan] = [:]
  /// By app: what its last release takes away that needs a person's word.
  var guarded: [String: [ClusterUID: Int]] = [:]
  var assigned: [Spot: Assignment] = [:]
  var beforeOffer: [Spot: Assignment] = [:]
  var observed: [Spot: AppObservation] = [:]
  /// Since when the cluster says without a break that this digest passes with its gate.
  var passingSince: [Spot: Timestamp] = [:]
  var verified: [Spot: AppDigest] = [:]
  /// Which rollouts have verified a stage, by app and stage.
  var verifiers: [String: Set<String>] = [:]
  /// The rollout that verified a stage last, by app and stage.
  var lastVerifier: [String: String] = [:]
  /// Where clusters were when the app's last commit was looked at.
  var environments: [String: [ClusterUID: String]] = [:]
  /// Every digest that Git is known to ask for, by app and commit.
  var rendered: [String: [ClusterUID: AppDigest]] = [:]
  /// What the engine said before the step that it still needs; whatever else there was may have been forgotten.
  var inUse: Set<AppDigest> = []
  var now = Timestamp(milliseconds: 0)
  /// When those count as offline who were not heard since the hub started.
  var graceEnd: Timestamp?
}

// MARK: Events

extension InvariantChecker {
  /// Checks a step. `engine` is as it is after the step.
  mutating func check(_ event: RolloutEvent, _ outcome: RolloutOutcome, _ engine: RolloutEngine) throws {
    guard case .advanced(let entry, let actions, _) = outcome else { return }
    now = entry.time
    let old = plans
    take(event)
    let offers = try follow(entry.transitions, event, old, engine)
    try check(actions, offers)
    try checkKept(actions, event)
    inUse = engine.digestsInUse
    try checkStages()
    for cluster in actions.isEmpty ? [] : Array(members.keys) {
      let known = Set(assigned.filter { $0.key.cluster == cluster }.values)
      try hold(known == Set(engine.assignments(of: cluster)), "only assign and withdraw move assignments", "\(cluster)")
    }
  }

  /// What is assigned must be there: the event brought it, or the engine had not let go of it.
  private func checkKept(_ actions: [RolloutAction], _ event: RolloutEvent) throws {
    var there = inUse
    switch event {
    case .releaseRendered(let rendered): there.formUnion(rendered.release.clusters.values)
    case .amendmentRendered(let amendment): if let digest = amendment.digest { there.insert(digest) }
    default: break
    }
    for case .assign(let assignment) in actions {
      try hold(there.contains(assignment.digest), "nothing is assigned that was let go of", "\(assignment)")
    }
  }

  private mutating func take(_ event: RolloutEvent) {
    switch event {
    case .clusterJoined(let facts), .clusterChanged(let facts):
      members[facts.cluster, default: Member(facts: facts)].facts = facts
    case .clusterLeft(let cluster, _):
      members[cluster] = nil
      forget { $0 == cluster }
    case .clusterConnected(let cluster):
      members[cluster]?.isOnline = true
      members[cluster]?.isUnheard = false
    case .clusterDisconnected(let cluster): lose(cluster)
    case .hubStarted:
      for cluster in members.keys where members[cluster]?.isOnline == true {
        members[cluster]?.isOnline = false
        members[cluster]?.isUnheard = true
      }
      forget { _ in true }
      graceEnd = now + .seconds(120)
    case .timePassed:
      guard let end = graceEnd, end <= now else { return }
      graceEnd = nil
      for cluster in members.keys where members[cluster]?.isUnheard == true { lose(cluster) }
    case .releaseRendered(let rendered): take(rendered)
    case .commitObserved(let app, _, let plan): plans[app] = plan
    case .amendmentRendered(let amendment): take(amendment)
    case .clusterReported(let cluster, let observations): for seen in observations { take(seen, cluster) }
    case .operatorActed(let act): take(act.act)
    default: break
    }
  }

  /// An approval counts from when it is given: a rollout that is paused makes use of it later.
  private mutating func take(_ act: OperatorAct.Act) {
    if case .deletionsConfirmed(let id, let name, let count) = act { return confirm(id, name, count) }
    guard case .approved(let id, let release, let name) = act, let run = runs[id], run.release == release,
      let index = run.stages.firstIndex(of: name)
    else { return }
    switch run.stageStates[index] {
    case "AwaitingAfter": runs[id]?.approvedAfter.insert(name)
    case "AwaitingBefore(approval)": runs[id]?.approvedBefore.insert(name)
    default: break
    }
  }

  /// A confirmation is of what was looked at: of exactly as many objects as the stage takes away.
  private mutating func confirm(_ id: String, _ name: String, _ count: Int) {
    guard let run = runs[id], let index = run.stages.firstIndex(of: name),
      run.stageStates[index] == "AwaitingBefore(confirmation)"
    else { return }
    let waiting = run.clusters.filter { run.stageOf[$0.key] == index && ["Pending", "Offline"].contains($0.value) }
    if waiting.keys.reduce(0, { $0 + (run.guarded[$1] ?? 0) }) == count { runs[id]?.confirmed.insert(name) }
  }

  private mutating func lose(_ cluster: ClusterUID) {
    members[cluster]?.isOnline = false
    members[cluster]?.isUnheard = false
    forget { $0 == cluster }
  }

  private mutating func forget(_ isMeant: (ClusterUID) -> Bool) {
    observed = observed.filter { !isMeant($0.key.cluster) }
    passingSince = passingSince.filter { !isMeant($0.key.cluster) }
  }

  private mutating func take(_ event: RenderedRelease) {
    let app = event.release.app
    plans[app] = event.plan
    guarded[app] = event.guardedDeletions.filter { members[$0.key] != nil }
    rendered["\(app)@\(event.release.commit)", default: [:]].merge(event.release.clusters) { $1 }
  }

  private mutating func take(_ amendment: Amendment) {
    guard let digest = amendment.digest else { return }
    rendered["\(amendment.app)@\(amendment.commit)", default: [:]][amendment.cluster] = digest
    let stage = members[amendment.cluster]?.facts.environment ?? ""
    if let verifier = lastVerifier["\(amendment.app)/\(stage)"], runs[verifier]?.commit == amendment.commit {
      verified[Spot(app: amendment.app, cluster: amendment.cluster)] = digest
    }
  }

  private mutating func take(_ seen: AppObservation, _ cluster: ClusterUID) {
    let spot = Spot(app: seen.app, cluster: cluster)
    let continues = observed[spot].map { passes($0, .healthy) && $0.digest == seen.digest } == true
    let continuesSynced = observed[spot].map { passes($0, .synced) && $0.digest == seen.digest } == true
    observed[spot] = seen
    // By the weakest gate that the app has had; the gate itself is checked when the cluster is called Healthy.
    if passes(seen, .synced) {
      if !(continues || continuesSynced) || passingSince[spot] == nil { passingSince[spot] = now }
    } else {
      passingSince[spot] = nil
    }
  }

  /// Whether an observation meets a gate for its own digest.
  private func passes(_ seen: AppObservation, _ gate: AppDeclaration.Gate) -> Bool {
    guard seen.sync == .synced else { return false }
    if gate == .synced || isAbsence(seen.digest, of: seen.app) { return true }
    return !seen.blocking && seen.health != .unknown
  }

  private func isAbsence(_ digest: AppDigest, of app: String) -> Bool {
    [Absence.prune, .orphan].contains { AppContent.absent(app: app, $0).digest == digest }
  }

  fileprivate func passes(_ spot: Spot, _ digest: AppDigest, _ gate: AppDeclaration.Gate) -> Bool {
    observed[spot].map { $0.digest == digest && passes($0, gate) } ?? false
  }
}

// MARK: Transitions

extension InvariantChecker {
  /// Answers which clusters were offered what.
  private mutating func follow(
    _ transitions: [Transition], _ event: RolloutEvent, _ old: [String: AppPlan], _ engine: RolloutEngine
  ) throws -> Set<String> {
    try admitJoined(event, engine)
    var offers: Set<String> = []
    for transition in transitions {
      switch transition.subject {
      case .rollout(let id, let app):
        if transition.from == "Planned" { try begin(id, app, event, old, engine) }
        try step(&runs[id, default: Run.none].state, transition, TransitionTable.rollout)
        if transition.to == "Succeeded" {
          try hold(
            runs[id]?.stageStates.allSatisfy { $0 == "Succeeded" } == true, "all stages of a rollout that succeeded did"
          )
        }
      case .stage(let name, let id, _): try followStage(name, id, transition)
      case .cluster(let cluster, let id, _):
        try followCluster(cluster, id, transition)
        if transition.to == "Offered" { offers.insert("\(cluster) \(id)") }
      }
      widenWaves()
    }
    if case .releaseRendered(let rendered) = event { noteEnvironments(rendered.release.app) }
    if case .commitObserved(let app, _, _) = event { noteEnvironments(app) }
    return offers
  }

  private func step(_ state: inout String, _ transition: Transition, _ table: [String: Set<String>]) throws {
    try hold(state == transition.from, "a transition starts where the last one ended", "\(state): \(transition)")
    try hold(table[state]?.contains(transition.to) == true, "a transition is in the table", "\(transition)")
    try hold(!transition.reason.isEmpty, "a transition has a reason", "\(transition)")
    state = transition.to
  }

  private mutating func noteEnvironments(_ app: String) {
    environments[app] = members.mapValues { $0.facts.environment }
  }

  // MARK: A rollout

  private mutating func begin(
    _ id: String, _ app: String, _ event: RolloutEvent, _ old: [String: AppPlan], _ engine: RolloutEngine
  ) throws {
    guard let status = engine.status(ofRollout: id), let plan = plans[app] else {
      throw Violation("a rollout that starts is the app's last")
    }
    var governing = [plan]
    if case .releaseRendered(let rendered) = event, rendered.release.app == app, let previous = old[app] {
      governing = [previous, plan]
    }
    let names = status.stages.map(\.name)
    try hold(names == governing[0].pipeline.stages.map(\.name), "the previous list of stages governs")
    var run = Run(
      app: app, commit: status.commit, release: status.release, plans: governing, stages: names,
      stageStates: names.map { _ in "Pending" }, waves: names.map { _ in 0 })
    run.guarded = guarded[app] ?? [:]
    for (index, stage) in status.stages.enumerated() {
      for cluster in stage.clusters { try place(cluster, index, in: &run, event) }
    }
    let previous = current[app]
    try hold(
      previous.map { runs[$0]?.state != "Running" && runs[$0]?.state != "Paused" } ?? true, "one rollout at a time")
    runs[id] = run
    current[app] = id
  }

  private mutating func place(
    _ cluster: ClusterStatus, _ index: Int, in run: inout Run, _ event: RolloutEvent
  ) throws {
    let uid = cluster.cluster
    let spot = Spot(app: run.app, cluster: uid)
    guard let member = members[uid] else { throw Violation("a rollout is over members", "\(uid)") }
    let own = run.stages.firstIndex(of: member.facts.environment) ?? 0
    var needed = own
    if case .releaseRendered = event, let last = current[run.app], runs[last]?.targets[uid] != nil,
      let before = environments[run.app]?[uid].flatMap({ run.stages.firstIndex(of: $0) })
    {
      needed = max(own, before)
    }
    try hold(index >= needed, "a cluster that moves stays in the later stage for that commit", "\(uid)")
    try hold(
      rendered["\(run.app)@\(run.commit)"]?[uid] == cluster.target || knownDigests(spot).contains(cluster.target),
      "a release gives what was rendered", "\(uid)")
    run.stageOf[uid] = index
    run.targets[uid] = cluster.target
    let isSettled = assigned[spot]?.digest == cluster.target && verified[spot] == cluster.target
    if !isSettled { run.clusters[uid] = member.isOnline || member.isUnheard ? "Pending" : "Offline" }
  }

  private func knownDigests(_ spot: Spot) -> Set<AppDigest> {
    Set(rendered.filter { $0.key.hasPrefix("\(spot.app)@") }.compactMap { $0.value[spot.cluster] })
  }

  /// A cluster that joined may be in the rollout under way now.
  private mutating func admitJoined(_ event: RolloutEvent, _ engine: RolloutEngine) throws {
    guard case .amendmentRendered(let amendment) = event, let id = current[amendment.app], var run = runs[id],
      let status = engine.status(ofRollout: id)
    else { return }
    let uid = amendment.cluster
    for (index, stage) in status.stages.enumerated() {
      guard let cluster = stage.clusters.first(where: { $0.cluster == uid }) else { continue }
      guard run.targets[uid] == nil || run.clusters[uid] == "Skipped(Removed)" else { continue }
      try hold(run.commit == amendment.commit, "a cluster joins a rollout as rendered at its commit")
      run.clusters[uid] = nil
      run.stageOf[uid] = index
      run.targets[uid] = cluster.target
      // It was in no rollout of the app before, so that what counts is where it is now.
      environments[amendment.app]?[uid] = members[uid]?.facts.environment
      if cluster.state != .skipped(.noChange) {
        run.clusters[uid] = members[uid]?.isOnline == true || members[uid]?.isUnheard == true ? "Pending" : "Offline"
      }
    }
    runs[id] = run
  }

  // MARK: A stage

  private mutating func followStage(
    _ name: String, _ id: String, _ transition: Transition
  ) throws {
    guard var run = runs[id], let index = run.stages.firstIndex(of: name) else { throw Violation("no such stage") }
    try step(&run.stageStates[index], transition, TransitionTable.stage)
    try hold(
      run.stageStates[..<index].allSatisfy { $0 == "Succeeded" }, "a stage begins after those before it",
      "\(transition)")
    if transition.to == "Succeeded" { try succeed(index, id, &run) }
    runs[id] = run
  }

  private mutating func succeed(_ index: Int, _ id: String, _ run: inout Run) throws {
    let count = counts(index, run)
    let name = run.stages[index]
    guard count.changed > 0 else { return }
    try hold(count.pending == 0 && count.inFlight == 0, "a stage succeeds when nobody is left", "\(id) \(name)")
    try hold(count.soaked > 0, "a stage never succeeds with nobody soaked", "\(id) \(name)")
    try hold(
      count.failed <= budget(index, run, count.changed), "a stage never succeeds over its budget", "\(id) \(name)")
    let needed = stagePlans(index, run).map { $0.minAvailable.roundedUp(of: count.changed) }.max() ?? 0
    try hold(available(index, run) >= needed, "enough of a stage is available when it succeeds", "\(id) \(name)")
    if stagePlans(index, run).contains(where: \.approvalAfter) {
      try hold(run.approvedAfter.contains(name), "no stage succeeds without the approval after it", "\(id) \(name)")
    }
    verifiers["\(run.app)/\(name)", default: []].insert(id)
    lastVerifier["\(run.app)/\(name)"] = id
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index && !state.hasPrefix("Skipped") {
      verified[Spot(app: run.app, cluster: cluster)] = run.targets[cluster]
    }
  }

  // MARK: A cluster

  private mutating func followCluster(_ cluster: ClusterUID, _ id: String, _ transition: Transition) throws {
    guard var run = runs[id] else { throw Violation("no such rollout", id) }
    let spot = Spot(app: run.app, cluster: cluster)
    if run.clusters[cluster] == nil { try admitBeside(cluster, id, &run, transition) }
    if transition.to == "Offered" { try checkOffer(spot, id, run) }
    try step(&run.clusters[cluster, default: ""], transition, TransitionTable.cluster)
    if transition.to == "Healthy" { run.healthyAt[cluster] = now }
    if transition.to == "Healthy" || transition.to == "Soaked" { try checkEvidence(spot, run, transition) }
    if transition.to == "Failed", transition.from == "Offline" { throw Violation("who is offline does not fail") }
    runs[id] = run
  }

  /// A cluster that joined takes what its stage verified, beside the rollout.
  private mutating func admitBeside(
    _ cluster: ClusterUID, _ id: String, _ run: inout Run, _ transition: Transition
  ) throws {
    guard let digest = rendered["\(run.app)@\(run.commit)"]?[cluster], let member = members[cluster] else {
      throw Violation("a transition is of a cluster that the rollout changes", "\(transition)")
    }
    run.targets[cluster] = digest
    run.stageOf[cluster] = run.stages.firstIndex(of: member.facts.environment)
    run.clusters[cluster] = transition.from
    try hold(["Pending", "Offline"].contains(transition.from), "a cluster beside a rollout starts from the start")
  }

  private func checkEvidence(_ spot: Spot, _ run: Run, _ transition: Transition) throws {
    guard let target = run.targets[spot.cluster] else { throw Violation("no target") }
    try hold(members[spot.cluster]?.isOnline == true, "health is claimed of who is heard", "\(transition)")
    try hold(passes(spot, target, gate(run)), "health is claimed of evidence for the digest", "\(transition)")
    try hold(assigned[spot]?.digest == target || transition.from == "Offered", "health is of what is assigned")
    guard transition.to == "Soaked" else { return }
    let soak = stagePlans(run.stageOf[spot.cluster] ?? 0, run).map(\.soak).max() ?? .zero
    if transition.from != "Healthy" { return try hold(soak == .zero, "who soaks was Healthy", "\(transition)") }
    let since = max(passingSince[spot] ?? now, run.healthyAt[spot.cluster] ?? now)
    try hold(now.since(since) >= soak, "a soak is without a break", "\(transition), since \(since)")
  }
}

// MARK: Offers

extension InvariantChecker {
  private func checkOffer(_ spot: Spot, _ id: String, _ run: Run) throws {
    let index = run.stageOf[spot.cluster] ?? 0
    let name = run.stages[index]
    try hold(members[spot.cluster]?.isOnline == true, "offers go to who is online", "\(spot)")
    if current[run.app] != id || run.stageStates[index] == "Succeeded" {
      try hold(
        verifiers["\(run.app)/\(name)"]?.contains(id) == true, "who catches up gets what its stage verified",
        "\(id) \(spot)")
      return
    }
    try hold(run.state == "Running", "only a running rollout offers", "\(id) is \(run.state)")
    try hold(["Rolling", "Soaking"].contains(run.stageStates[index]), "only an open stage offers", "\(id) \(name)")
    try hold(run.stageStates[..<index].allSatisfy { $0 == "Succeeded" }, "stages go in order", "\(id) \(name)")
    if stagePlans(index, run).contains(where: \.approvalBefore) {
      try hold(run.approvedBefore.contains(name), "no stage begins without its approval", "\(id) \(name)")
    }
    if run.guarded[spot.cluster] != nil {
      try hold(run.confirmed.contains(name), "nothing guarded goes without a confirmation", "\(id) \(spot)")
    }
    try checkSlots(index, id, run)
  }

  private func checkSlots(_ index: Int, _ id: String, _ run: Run) throws {
    let count = counts(index, run)
    let width = widths(index, run, count.eligible)[run.waves[index]]
    let context = "\(id) \(run.stages[index]): \(count), wave \(run.waves[index]) of \(width)"
    try hold(count.started < width, "a wave is no wider than it is", context)
    for limit in stagePlans(index, run).compactMap(\.maxConcurrent) {
      try hold(count.inFlight < max(1, limit.roundedDown(of: count.eligible)), "never more than maxConcurrent", context)
    }
    try hold(count.failed <= budget(index, run, count.changed), "no offers beyond the failure budget", context)
  }

  private func checkDependencies(_ spot: Spot) throws {
    guard assigned[spot] == nil, let plan = plans[spot.app] else { return }
    for name in plan.dependsOn {
      let other = Spot(app: name, cluster: spot.cluster)
      guard let assignment = assigned[other], let gate = plans[name]?.gate else {
        throw Violation("a first apply waits until its dependency is assigned", "\(spot)")
      }
      try hold(passes(other, assignment.digest, gate), "a first apply waits for its dependency", "\(spot)")
    }
  }

  private mutating func check(_ actions: [RolloutAction], _ offers: Set<String>) throws {
    for action in actions {
      switch action {
      case .assign(let assignment):
        let spot = Spot(app: assignment.app, cluster: assignment.cluster)
        if offers.contains("\(assignment.cluster) \(assignment.rollout)") {
          try checkDependencies(spot)
          beforeOffer[spot] = assigned[spot]
        } else {
          try hold(beforeOffer[spot] == assignment, "an offer is withdrawn to what was before", "\(assignment)")
        }
        assigned[spot] = assignment
      case .withdraw(let cluster, let app):
        let spot = Spot(app: app, cluster: cluster)
        try hold(beforeOffer[spot] == nil && assigned[spot] != nil, "what is withdrawn was a first offer", "\(spot)")
        assigned[spot] = nil
      default: break
      }
    }
  }
}

// MARK: Counting

extension InvariantChecker {
  struct Counts: CustomStringConvertible {
    var pending = 0
    var inFlight = 0
    var soaked = 0
    var failed = 0
    var offline = 0
    var changed: Int { pending + inFlight + soaked + failed + offline }
    var eligible: Int { pending + inFlight + soaked }
    var started: Int { inFlight + soaked }
    var description: String {
      "\(pending) pending, \(inFlight) in flight, \(soaked) soaked, \(failed) failed, \(offline) offline"
    }
  }

  private func counts(_ index: Int, _ run: Run) -> Counts {
    var counts = Counts()
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index {
      if state == "Pending" { counts.pending += 1 }
      if TransitionTable.inFlight.contains(state) { counts.inFlight += 1 }
      if state == "Soaked" { counts.soaked += 1 }
      if TransitionTable.failed.contains(state) { counts.failed += 1 }
      if state == "Offline" { counts.offline += 1 }
    }
    return counts
  }

  private func available(_ index: Int, _ run: Run) -> Int {
    run.clusters.count { cluster, state in
      guard run.stageOf[cluster] == index, state == "Soaked" || state == "Healthy", let target = run.targets[cluster]
      else {
        return false
      }
      return members[cluster]?.isOnline == true && passes(Spot(app: run.app, cluster: cluster), target, gate(run))
    }
  }

  private func stagePlans(_ index: Int, _ run: Run) -> [Stage] {
    run.plans.compactMap { plan in plan.pipeline.stages.first { $0.name == run.stages[index] } }
  }

  private func gate(_ run: Run) -> AppDeclaration.Gate {
    run.plans.contains { $0.gate == .healthy } ? .healthy : .synced
  }

  private func budget(_ index: Int, _ run: Run, _ changed: Int) -> Int {
    let budgets = stagePlans(index, run).map { stage in
      switch stage.maxFailures {
      case .count(let count): count
      case .percent(let percent): changed * percent / 100
      }
    }
    return budgets.min() ?? 0
  }

  /// The widths of the waves, narrowest first; after the last given one everybody.
  private func widths(_ index: Int, _ run: Run, _ eligible: Int) -> [Int] {
    var given: [Width] = []
    for width in stagePlans(index, run).flatMap(\.waves) where !given.contains(width) { given.append(width) }
    if !given.contains(.percent(100)) { given.append(.percent(100)) }
    return given.map { max(1, $0.roundedDown(of: eligible)) }.sorted()
  }

  /// Lets waves that are through be followed by the next.
  private mutating func widenWaves() {
    for id in current.values {
      guard let run = runs[id], run.state == "Running" else { continue }
      for index in run.stages.indices where ["Rolling", "Soaking"].contains(run.stageStates[index]) {
        let count = counts(index, run)
        let widths = widths(index, run, count.eligible)
        var wave = run.waves[index]
        while wave < widths.count - 1, count.inFlight == 0, count.soaked >= max(1, min(widths[wave], count.eligible)) {
          wave += 1
        }
        runs[id]?.waves[index] = wave
      }
    }
  }

  /// After every step: nothing goes on that must have stopped.
  private func checkStages() throws {
    for id in current.values {
      guard let run = runs[id], run.state == "Running" || run.state == "Paused" else { continue }
      for index in run.stages.indices where ["Rolling", "Soaking", "AwaitingAfter"].contains(run.stageStates[index]) {
        let count = counts(index, run)
        guard count.changed > 0 else { continue }
        let context = "\(id) \(run.stages[index]): \(count)"
        try hold(count.failed <= budget(index, run, count.changed), "a breach halts at once", context)
        try hold(count.failed < count.changed, "a stage where all failed halts", context)
      }
    }
  }
}

extension InvariantChecker.Run {
  fileprivate static var none: Self {
    Self(
      app: "", commit: "", release: Release(app: "", commit: "", clusters: [:]).digest, plans: [], stages: [],
      stageStates: [], waves: [])
  }
}
