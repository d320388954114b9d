import FleetModel
import RolloutEngine

// Rollbacks: whom they cover, what they give, and what is verified no longer.

extension InvariantChecker {
  /// What a rollback gives a cluster instead of a digest; nil where nothing else was verified.
  func wayBack(_ spot: Spot, from digest: AppDigest?) -> AppDigest? {
    guard let known = verified[spot] else { return nil }
    return known.now == digest ? known.before : known.now
  }

  /// A rollback by hand of a stage that the last rollout has not changed tells of no cluster that it leaves.
  mutating func admitRollback(_ event: RolloutEvent, _ transitions: [Transition]) {
    guard case .operatorActed(let act) = event, case .rolledBack(let app, let name?, let width) = act.act,
      let id = current[app],
      !transitions.contains(where: { $0.subject == .rollout(id, app: app) && $0.to == "RolledBack" })
    else { return }
    let place = Place(app: app, stage: name)
    let verifier = verifiers[place]?.now
    var taken = verifier.map { giveBackVerified(by: $0, place, width) } ?? [:]
    taken.merge(giveBackWaiting(id, name, width, but: taken)) { $1 }
    taken.merge(rollBackOutside(stage: name, app)) { $1 }
    if let verifier { unverify(place, verifier) }
    holds[app, default: []].append(
      Hold(number: nextHold(app), isAutomatic: false, stages: [name], clusters: taken))
  }

  /// Who runs what the stage verified last.
  private mutating func giveBackVerified(
    by id: String, _ place: Place, _ width: Width?
  ) -> [ClusterUID: AppDigest] {
    guard let run = runs[id], let index = run.stages.firstIndex(of: place.stage) else { return [:] }
    var taken: [ClusterUID: AppDigest] = [:]
    for (cluster, stage) in run.stageOf where stage == index && members[cluster] != nil && !isOutside(cluster) {
      let spot = Spot(app: place.app, cluster: cluster)
      guard let target = run.targets[cluster], assigned[spot]?.digest == target else { continue }
      if giveBack(spot, target, place, width) { taken[cluster] = target }
    }
    return taken
  }

  /// Who waits for the last rollout with what that gives it already, from one that was taken back: it is covered too.
  private mutating func giveBackWaiting(
    _ id: String, _ stage: String, _ width: Width?, but taken: [ClusterUID: AppDigest]
  ) -> [ClusterUID: AppDigest] {
    guard let run = runs[id], let index = run.stages.firstIndex(of: stage) else { return [:] }
    var found: [ClusterUID: AppDigest] = [:]
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index && taken[cluster] == nil {
      let spot = Spot(app: run.app, cluster: cluster)
      guard members[cluster] != nil, !isOutside(cluster),
        TransitionTable.cluster[state]?.contains("RolledBack") == true,
        let target = run.targets[cluster], assigned[spot]?.digest == target
      else { continue }
      if giveBack(spot, target, run.place(index), width) { found[cluster] = target }
    }
    return found
  }

  /// Answers whether there is something to give.
  private mutating func giveBack(_ spot: Spot, _ target: AppDigest?, _ place: Place, _ width: Width?) -> Bool {
    guard let known = verified[spot], let back = wayBack(spot, from: target) else { return false }
    verified[spot] = known.now == target ? Verified(now: back, before: nil) : known
    var count: Int?
    if case .count(let given) = width { count = given }
    let gate = current[place.app].flatMap { runs[$0] }.map(gate) ?? .healthy
    waysBack[spot] = WayBack(digest: back, place: place, gate: gate, width: count)
    return true
  }

  private mutating func unverify(_ place: Place, _ id: String) {
    guard let known = verifiers[place], known.now == id else { return }
    verifiers[place] = known.before.map { Verified(now: $0, before: nil) }
  }

  mutating func rollBack(_ spot: Spot, _ id: String, _ event: RolloutEvent, _ transition: Transition) throws {
    guard let run = runs[id], let index = run.stageOf[spot.cluster] else { return }
    let target = run.targets[spot.cluster]
    if assigned[spot]?.digest != target, transition.from != "Offered" {
      throw Violation("who is rolled back had the release", "\(transition)")
    }
    var width: Width?
    if case .operatorActed(let act) = event, case .rolledBack(_, let name, let given) = act.act {
      width = given
      try hold(name == nil || name == run.stages[index], "a rollback of one stage is of that stage", "\(transition)")
    }
    if !giveBack(spot, target, run.place(index), width) {
      try hold(transition.from == "Offered", "nothing is rolled back to nothing", "\(transition)")
    }
  }

  func checkMayRollBack(_ id: String, _ event: RolloutEvent, _ transition: Transition) throws {
    guard let run = runs[id] else { return }
    if case .operatorActed(let act) = event, case .rolledBack(let app, _, _) = act.act, app == run.app { return }
    try hold(transition.from == "Failed", "only a breach rolls back by itself", "\(transition)")
    try hold(run.plans.first?.pipeline.onFailure != .halt, "a breach rolls back where it should", "\(transition)")
    if case .analysisFinished(let result) = event {
      try hold(result.outcome == .failed, "what nobody knows is not rolled back", "\(transition)")
    }
  }

  /// When a rollout was rolled back, before anything that follows in the same step: what is verified no longer, and what
  /// is held since.
  mutating func noteRollback(of id: String, _ event: RolloutEvent, _ transitions: [Transition]) throws {
    guard let run = runs[id] else { return }
    var taken: [ClusterUID: AppDigest] = [:]
    for transition in transitions where transition.to == "RolledBack" {
      guard case .cluster(let cluster, id, _) = transition.subject else { continue }
      taken[cluster] = run.targets[cluster]
    }
    let stages = Set(taken.keys.compactMap { run.stageOf[$0] })
    var isByHand = false
    if case .operatorActed(let act) = event, case .rolledBack(run.app, _, _) = act.act { isByHand = true }
    let covered = coveredStages(id, run, event, transitions).union(stages)
    taken.merge(rollBackOutside(covered, id, run)) { $1 }
    for index in covered where verifiers[run.place(index)]?.now == id {
      unverify(run.place(index), id)
      keep(index, run, but: taken)
    }
    holds[run.app, default: []].append(
      Hold(
        number: nextHold(run.app), isAutomatic: !isByHand, stages: Set(covered.map { run.stages[$0] }),
        clusters: taken))
    try hold(!taken.isEmpty || !rolledBackOutside.isEmpty, "a rollback moves somebody", id)
  }

  /// The stages that a rollback is of.
  private func coveredStages(
    _ id: String, _ run: Run, _ event: RolloutEvent, _ transitions: [Transition]
  ) -> Set<Int> {
    if case .operatorActed(let act) = event, case .rolledBack(run.app, let name, _) = act.act {
      return name.map { name in Set(run.stages.indices.filter { run.stages[$0] == name }) } ?? Set(run.stages.indices)
    }
    if run.plans.first?.pipeline.onFailure == .rollbackAll { return Set(run.stages.indices) }
    var found: Set<Int> = []
    for transition in transitions {
      switch transition.subject {
      case .stage(let name, id, _) where transition.to == "Halted":
        found.formUnion(run.stages.indices.filter { run.stages[$0] == name })
      case .cluster(let cluster, id, _) where TransitionTable.failed.contains(transition.to) && !isOutside(cluster):
        if let index = run.stageOf[cluster], run.stageStates[index] == "Succeeded" { found.insert(index) }
      default: break
      }
    }
    return found
  }

  /// Who had nothing before keeps what it runs, which is verified no longer.
  private mutating func keep(_ index: Int, _ run: Run, but taken: [ClusterUID: AppDigest]) {
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index && taken[cluster] == nil {
      let spot = Spot(app: run.app, cluster: cluster)
      guard TransitionTable.cluster[state]?.contains("RolledBack") == true, let target = run.targets[cluster],
        verified[spot]?.now == target, assignedSoFar(spot) == target
      else { continue }
      verified[spot] = nil
    }
  }

  func checkBreaches(_ event: RolloutEvent, _ transitions: [Transition], _ engine: RolloutEngine) throws {
    for transition in transitions where transition.to == "Failed" {
      if case .rollout(let id, _) = transition.subject { try checkBreach(id, event, engine) }
    }
  }

  /// A breach, where the pipeline says so, leaves nobody on the release who could go back.
  private func checkBreach(_ id: String, _ event: RolloutEvent, _ engine: RolloutEngine) throws {
    guard let run = runs[id], let policy = run.plans.first?.pipeline.onFailure, policy != .halt else { return }
    if case .analysisFinished(let result) = event, result.outcome == .inconclusive { return }
    for (cluster, state) in run.clusters where members[cluster] != nil {
      guard let index = run.stageOf[cluster], policy == .rollbackAll || run.stageStates[index] == "Halted" else {
        continue
      }
      let spot = Spot(app: run.app, cluster: cluster)
      // What it was offered since, in the same step, by the next rollout is no concern of this one.
      guard current[run.app] == id || assigned[spot]?.rollout == id else { continue }
      guard !state.hasPrefix("Skipped"), state != "Superseded", state != "RolledBack",
        assigned[spot]?.digest == run.targets[cluster], let back = wayBack(spot, from: run.targets[cluster]),
        !isListed(back, run.place(index), engine)
      else { continue }
      throw Violation(
        "a breach rolls back whom it covers", "\(id) \(cluster) is \(state): \(String(describing: verified[spot]))")
    }
  }

  // MARK: The way

  /// Whether an offer is the first step of a way back; notes that it is one.
  mutating func beginsWayBack(_ spot: Spot, _ id: String, _ run: inout Run) -> Bool {
    // What was rolled back offers nothing any more of its own; who was away was given it at once.
    guard let way = waysBack[spot], way.rollout == nil, !way.isGiven,
      current[run.app] != id || run.state == "RolledBack"
    else { return false }
    waysBack[spot]?.rollout = id
    run.clusters[spot.cluster] = "Pending"
    run.targets[spot.cluster] = way.digest
    run.stageOf[spot.cluster] = run.stages.firstIndex(of: way.place.stage)
    return true
  }

  /// Notes where a way back ends before its first step: where what overtakes it is taken back, it is due still.
  mutating func endWaitForWayBack(_ spot: Spot, _ id: String, _ run: inout Run, _ transition: Transition) {
    guard let way = waysBack[spot], way.rollout == nil, !way.isGiven, transition.from == "Pending",
      current[run.app] != id
    else { return }
    waysBack[spot] = nil
    run.clusters[spot.cluster] = "Pending"
    run.targets[spot.cluster] = way.digest
    moved[spot] = Moved(digest: way.digest)
    overtaken[spot] = Assignment(
      cluster: spot.cluster, app: run.app, digest: way.digest, release: run.release, rollout: id)
  }

  func checkWayBack(_ spot: Spot, _ id: String) throws {
    guard let way = waysBack[spot] else { return }
    try hold(members[spot.cluster]?.isOnline == true, "who goes back under the engine's eyes is heard", "\(spot)")
    try hold(!isHeld(way.digest, way.place), "nobody goes back to what is held", "\(spot)")
    if let width = way.width {
      let others = waysBack.filter { $0.key != spot && $0.value.place == way.place && $0.value.rollout != nil }
      try hold(others.count < width, "a rollback is no wider than it may be", "\(spot): \(others.keys)")
    }
  }
}
