import FleetModel
import Manifests
import RolloutEngine

// What follows from an event: rollouts, their stages and their clusters, each transition in its order.

extension InvariantChecker {
  /// Answers which clusters were offered what.
  mutating func follow(
    _ transitions: [Transition], _ event: RolloutEvent, _ crossing: Crossing?, _ engine: RolloutEngine
  ) throws -> Set<String> {
    startedFromQueue = []
    if case .back(let cluster) = crossing { stepIn(cluster) }
    if case .out(let cluster) = crossing { stepOut(cluster) }
    try admitJoined(event, engine)
    admitAgainBeside(event, engine)
    admitRollback(event, transitions)
    var offers: Set<String> = []
    for transition in transitions {
      switch transition.subject {
      case .rollout(let id, let app):
        if transition.from == "Planned" { try begin(id, app, event, engine) }
        try step(&runs[id, default: Run.none].state, transition, TransitionTable.rollout)
        try followRollout(id, event, transition)
        if transition.to == "RolledBack" { try noteRollback(of: id, event, transitions) }
      case .stage(let name, let id, _): try followStage(name, id, event, transition)
      case .cluster(let cluster, _, let app) where isOfOutside(cluster, transition, crossing):
        try followOutsider(cluster, app, transition)
      case .cluster(let cluster, let id, _):
        try followCluster(cluster, id, event, transition)
        if transition.to == "Offered" { offers.insert("\(cluster) \(id)") }
        if crossing == .out(cluster), let app = runs[id]?.app, current[app] == id { stepOut(cluster, app) }
        if transition.to == "Skipped(Held)" { try checkIsHeld(cluster, id, engine) }
      }
      widenWaves()
    }
    for app in startedFromQueue { noteEnvironments(app) }
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

  private mutating func followRollout(_ id: String, _ event: RolloutEvent, _ transition: Transition) throws {
    guard let run = runs[id] else { return }
    switch transition.to {
    case "Succeeded":
      try hold(run.stageStates.allSatisfy { $0 == "Succeeded" }, "all stages of a rollout that succeeded did", id)
    case "Failed": runs[id]?.isPausedByHand = false
    case "Superseded": runs[id]?.supersededFrom = transition.from
    case "RolledBack": try checkMayRollBack(id, event, transition)
    case "Running":
      try hold(
        transition.from != "Paused" || !suspensions.contains(.app(run.app)), "a suspended app stands still", id)
    default: break
    }
  }

  private mutating func begin(_ id: String, _ app: String, _ event: RolloutEvent, _ engine: RolloutEngine) throws {
    guard let status = engine.status(ofRollout: id) else { throw Violation("a rollout that starts is the app's last") }
    let previous = current[app]
    let isUnderWay = previous.flatMap { runs[$0]?.isUnderWay } ?? false
    try hold(!isUnderWay, "one rollout at a time", id)
    let source = try source(of: status, app, event)
    var names = source.plans[0].pipeline.stages.map(\.name)
    var isPromotion = false
    if case .operatorActed(let act) = event, case .promoted(_, let last) = act.act,
      status.commit == source.release.commit
    {
      isPromotion = true
      if let end = names.firstIndex(of: last) { names = Array(names[...end]) }
    }
    try hold(status.stages.map(\.name) == names, "the previous list of stages governs", "\(names)")
    var run = Run(
      app: app, commit: status.commit, release: status.release, plans: source.plans, startedAt: now,
      isPromotion: isPromotion, stages: names, stageStates: names.map { _ in "Pending" }, waves: names.map { _ in 0 },
      analyses: names.map { _ in 0 }, analysisPassed: names.map { _ in false })
    run.guarded = source.guarded
    for (index, stage) in status.stages.enumerated() {
      for cluster in stage.clusters { try place(cluster, index, in: &run, event, engine) }
    }
    runs[id] = run
    current[app] = id
  }

  /// Where a rollout that starts comes from, and by which policies it goes.
  private mutating func source(of status: RolloutStatus, _ app: String, _ event: RolloutEvent) throws -> Rendered {
    guard let plan = plans[app], let latest = latest[app] else { throw Violation("a rollout is of a rendered app") }
    if case .operatorActed(let act) = event, case .promoted(let promoted, _) = act.act, promoted.release.app == app {
      return Rendered(release: promoted.release, plans: [plan], guarded: promoted.guardedDeletions)
    }
    if case .releaseRendered(let rendered) = event, rendered.release.app == app,
      rendered.release.commit == status.commit
    {
      try checkMayStart(latest, app)
      return latest
    }
    if let waiting = queued[app], waiting.release.commit == status.commit {
      queued[app] = nil
      startedFromQueue.insert(app)
      try checkMayStart(waiting, app)
      return waiting
    }
    let again = Rendered(release: latest.release, plans: [plan], guarded: latest.guarded)
    // What it follows up with, of a commit that the last rollout had, is for who joined, and waits for nothing.
    if current[app].flatMap({ runs[$0]?.commit }) != status.commit { try checkMayStart(again, app) }
    return again
  }

  private mutating func place(
    _ cluster: ClusterStatus, _ index: Int, in run: inout Run, _ event: RolloutEvent, _ engine: RolloutEngine
  ) throws {
    let uid = cluster.cluster
    let spot = Spot(app: run.app, cluster: uid)
    guard let member = members[uid] else { throw Violation("a rollout is over members", "\(uid)") }
    let own = run.stages.firstIndex(of: member.facts.environment) ?? 0
    var needed = own
    let isNew = current[run.app].flatMap { runs[$0] }.map { !$0.names(uid) } ?? true
    if case .releaseRendered = event, !isNew,
      let before = environments[run.app]?[uid].flatMap({ run.stages.firstIndex(of: $0) })
    {
      needed = max(own, before)
    }
    if isNew {
      // It was in no rollout of the app before, so that what counts is where it is now.
      environments[run.app]?[uid] = member.facts.environment
    }
    try hold(index >= needed, "a cluster that moves stays in the later stage for that commit", "\(uid)")
    try hold(
      rendered["\(run.app)@\(run.commit)"]?[uid] == cluster.target || knownDigests(spot).contains(cluster.target),
      "a release gives what was rendered", "\(uid)")
    run.stageOf[uid] = index
    run.targets[uid] = cluster.target
    if cluster.isOutside {
      if outsidePlace[spot] != run.place(index) { dueOutside[spot] = nil }
      run.outside.insert(uid)
      return
    }
    let isSettled = assignedSoFar(spot) == cluster.target && verified[spot]?.now == cluster.target
    if isSettled { return }
    if cluster.state == .skipped(.held) {
      run.clusters[uid] = "Skipped(Held)"
      try hold(isListed(cluster.target, run.place(index), engine), "who is skipped as held is held", "\(spot)")
      return
    }
    run.clusters[uid] = isAway(uid) ? "Offline" : "Pending"
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
      guard !run.names(uid) else { continue }
      try hold(run.commit == amendment.commit, "a cluster joins a rollout as rendered at its commit")
      run.clusters[uid] = nil
      run.stageOf[uid] = index
      run.targets[uid] = cluster.target
      // It was in no rollout of the app before, so that what counts is where it is now.
      environments[amendment.app]?[uid] = members[uid]?.facts.environment
      if cluster.isOutside {
        run.outside.insert(uid)
        continue
      }
      if cluster.state == .skipped(.held) {
        run.clusters[uid] = "Skipped(Held)"
        try hold(isListed(cluster.target, run.place(index), engine), "who is skipped as held is held", "\(uid)")
      } else if cluster.state != .skipped(.noChange) {
        run.clusters[uid] = isAway(uid) ? "Offline" : "Pending"
      }
    }
    runs[id] = run
  }

  /// Who catches up again with what it gave up on before starts from the start: row L9.
  private mutating func admitAgainBeside(_ event: RolloutEvent, _ engine: RolloutEngine) {
    guard case .amendmentRendered(let amendment) = event else { return }
    let uid = amendment.cluster
    for loose in engine.status(ofApp: amendment.app)?.beside ?? [] where loose.status.cluster == uid {
      guard let run = runs[loose.rollout], run.commit == amendment.commit else { continue }
      let ended: Set = ["Superseded", "Skipped(Held)", "Skipped(Removed)"]
      if run.clusters[uid].map(ended.contains) == true { runs[loose.rollout]?.clusters[uid] = nil }
    }
  }

  // MARK: A stage

  private mutating func followStage(
    _ name: String, _ id: String, _ event: RolloutEvent, _ transition: Transition
  ) throws {
    guard var run = runs[id], let index = run.stages.firstIndex(of: name) else { throw Violation("no such stage") }
    try step(&run.stageStates[index], transition, TransitionTable.stage)
    try hold(
      run.stageStates[..<index].allSatisfy { $0 == "Succeeded" }, "a stage begins after those before it",
      "\(transition)")
    try checkAnalysis(index, &run, transition)
    switch transition.to {
    case "Succeeded": try succeed(index, id, &run)
    case "AwaitingBefore(freeze)":
      try hold(isAllFrozen(index, run), "a stage waits for a freeze where all are frozen", "\(transition)")
    case "Pending":
      // A retry starts from the gate before again.
      run.approvedBefore.remove(name)
    default: break
    }
    runs[id] = run
  }

  private mutating func succeed(_ index: Int, _ id: String, _ run: inout Run) throws {
    let count = counts(index, run)
    let name = run.stages[index]
    let given = outsideToCome(index, run)
    let speaks = count.changed == 0 && speaksForOutside(index, run)
    guard count.changed > 0 || speaks else { return }
    let context = "\(id) \(name): \(count), outside: \(given)"
    if stagePlans(index, run).contains(where: \.approvalBefore) {
      try hold(run.approvedBefore.contains(name), "no stage succeeds without the approval before it", context)
    }
    try hold(count.pending == 0 && count.inFlight == 0, "a stage succeeds when nobody is left", context)
    try hold(count.soaked > 0 || speaks, "a stage never succeeds with nobody soaked", context)
    try hold(count.failed <= budget(index, run, count.changed), "a stage never succeeds over its budget", context)
    try hold(
      available(index, run) >= needed(index, run, count.changed), "enough of a stage is available when it succeeds",
      context)
    try hold(!hasDegraded(index, run), "a stage never succeeds with somebody degraded", context)
    if stagePlans(index, run).contains(where: { $0.offlinePolicy == .wait }) {
      try hold(count.offline == 0, "a stage that waits for who is offline does", context)
    }
    if stagePlans(index, run).contains(where: \.approvalAfter) {
      try hold(run.approvedAfter.contains(name), "no stage succeeds without the approval after it", context)
    }
    let before = verifiers[run.place(index)]
    verifiers[run.place(index)] = Verified(now: id, before: before?.now)
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index && !state.hasPrefix("Skipped") {
      if let target = run.targets[cluster] { verify(Spot(app: run.app, cluster: cluster), target) }
    }
    try verifyOutside(index, id, run, given)
  }

  mutating func verify(_ spot: Spot, _ digest: AppDigest) {
    let before = verified[spot]
    if before?.now != digest { verified[spot] = Verified(now: digest, before: before?.now) }
  }

  func hasDegraded(_ index: Int, _ run: Run) -> Bool {
    run.clusters.contains { cluster, state in
      guard run.stageOf[cluster] == index, state == "Soaked", let target = run.targets[cluster] else { return false }
      return isDegraded(Spot(app: run.app, cluster: cluster), target, gate(run))
    }
  }

  // MARK: A cluster

  private mutating func followCluster(
    _ cluster: ClusterUID, _ id: String, _ event: RolloutEvent, _ transition: Transition
  ) throws {
    guard var run = runs[id] else { throw Violation("no such rollout", id) }
    let spot = Spot(app: run.app, cluster: cluster)
    let isWayBack = transition.to == "Offered" && beginsWayBack(spot, id, &run)
    if !isWayBack { endWaitForWayBack(spot, id, &run, transition) }
    if run.clusters[cluster] == nil { try admitBeside(cluster, id, &run, transition) }
    if isWayBack {
      try checkWayBack(spot, id)
    } else if transition.to == "Offered" {
      try checkOffer(spot, id, run)
      if current[run.app] == id, let index = run.stageOf[cluster] { run.hasOffered.insert(index) }
      waysBack[spot] = nil
    }
    try step(&run.clusters[cluster, default: ""], transition, TransitionTable.cluster)
    move(spot, run, transition, isFinal: isWayBack)
    if transition.to == "Healthy" { run.healthyAt[cluster] = now }
    if transition.to == "Healthy" || transition.to == "Soaked" { try checkEvidence(spot, id, run, transition) }
    if transition.to == "Failed", transition.from == "Offline" { throw Violation("who is offline does not fail") }
    runs[id] = run
    if transition.to == "RolledBack" {
      try rollBack(spot, id, event, transition)
      if members[cluster]?.isOnline != true, let way = waysBack[spot] { moved[spot] = Moved(digest: way.digest) }
    }
    if waysBack[spot]?.rollout == id, !TransitionTable.inFlight.contains(transition.to) { waysBack[spot] = nil }
  }

  /// A cluster that joined takes what its stage verified, beside the rollout.
  private mutating func admitBeside(
    _ cluster: ClusterUID, _ id: String, _ run: inout Run, _ transition: Transition
  ) throws {
    guard let digest = rendered["\(run.app)@\(run.commit)"]?[cluster] else {
      throw Violation("a transition is of a cluster that the rollout changes", "\(transition)")
    }
    run.targets[cluster] = digest
    // Nobody knows any more where one was that leaves.
    run.stageOf[cluster] = members[cluster].flatMap { run.stages.firstIndex(of: $0.facts.environment) }
    run.clusters[cluster] = transition.from
    try hold(["Pending", "Offline"].contains(transition.from), "a cluster beside a rollout starts from the start")
  }

  private func checkEvidence(_ spot: Spot, _ id: String, _ run: Run, _ transition: Transition) throws {
    guard let target = run.targets[spot.cluster] else { throw Violation("no target") }
    try hold(members[spot.cluster]?.isOnline == true, "health is claimed of who is heard", "\(transition)")
    let way = waysBack[spot].flatMap { $0.rollout == id ? $0 : nil }
    try hold(
      passes(spot, target, way?.gate ?? gate(run)), "health is claimed of evidence for the digest", "\(transition)")
    try hold(assigned[spot]?.digest == target || transition.from == "Offered", "health is of what is assigned")
    guard transition.to == "Soaked", waysBack[spot]?.rollout != id else { return }
    let soak = stagePlans(run.stageOf[spot.cluster] ?? 0, run).map(\.soak).max() ?? .zero
    if transition.from != "Healthy" { return try hold(soak == .zero, "who soaks was Healthy", "\(transition)") }
    let since = max(passingSince[spot] ?? now, run.healthyAt[spot.cluster] ?? now)
    try hold(now.since(since) >= soak, "a soak is without a break", "\(transition), since \(since)")
  }
}
