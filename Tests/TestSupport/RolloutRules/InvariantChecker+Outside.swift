import FleetModel
import Manifests
import RolloutEngine

// Air-gapped clusters: what they are given, and where they stand with it.

extension InvariantChecker {
  /// An app on an air-gapped cluster.
  struct Outsider: Hashable {
    var state: String
    /// What it pulled last, as far as anybody was told.
    var pulled: AppDigest?
    var refused: AppDigest?
  }

  /// What an event does to who stands outside, beside what it does to everybody.
  enum Crossing: Hashable {
    case out(ClusterUID)
    case back(ClusterUID)
    case left(ClusterUID)
  }

  func isOutside(_ cluster: ClusterUID) -> Bool { members[cluster]?.facts.connectivity == .airgapped }

  // MARK: Events

  /// Called before an event is taken.
  func crossing(_ event: RolloutEvent) -> Crossing? {
    switch event {
    case .clusterLeft(let cluster, _): return isOutside(cluster) ? .left(cluster) : nil
    case .clusterJoined(let facts), .clusterChanged(let facts):
      guard let old = members[facts.cluster]?.facts.connectivity else { return nil }
      if (old == .airgapped) == (facts.connectivity == .airgapped) { return nil }
      return old == .airgapped ? .back(facts.cluster) : .out(facts.cluster)
    default: return nil
    }
  }

  mutating func noteOutside(_ event: RolloutEvent) {
    switch event {
    case .bundleAccepted(let cluster, let digests) where isOutside(cluster):
      for (app, digest) in digests { accept(Spot(app: app, cluster: cluster), digest) }
    case .bundleRefused(let cluster, let app, _) where isOutside(cluster):
      for app in app.map({ [$0] }) ?? Array(plans.keys) {
        let spot = Spot(app: app, cluster: cluster)
        guard let digest = assigned[spot]?.digest, outsiders[spot]?.pulled != digest else { continue }
        outsiders[spot]?.refused = digest
      }
    case .clusterReported(let cluster, let observations) where isOutside(cluster):
      for seen in observations {
        let spot = Spot(app: seen.app, cluster: cluster)
        let current = assigned[spot]?.digest
        // What was verified before counts as long as what is assigned was not pulled.
        if current == seen.digest || outsiders[spot]?.pulled != current { accept(spot, seen.digest) }
      }
    default: break
    }
  }

  /// Called before a member changes: one outside that moves, and was given nothing yet of what its stage verified, joins
  /// its new stage as if it had not been there before.
  mutating func moveOutside(_ facts: FleetMember) {
    let cluster = facts.cluster
    guard isOutside(cluster), members[cluster]?.facts.environment != facts.environment else { return }
    for (app, id) in current {
      let spot = Spot(app: app, cluster: cluster)
      guard dueOutside[spot] != nil, assigned[spot] == nil else { continue }
      (dueOutside[spot], outsiders[spot], verified[spot]) = (nil, nil, nil)
      runs[id]?.outside.remove(cluster)
      runs[id]?.targets[cluster] = nil
      runs[id]?.stageOf[cluster] = nil
    }
  }

  private mutating func accept(_ spot: Spot, _ digest: AppDigest) {
    let place = outsidePlace[spot]
    let mayHaveIt =
      [assigned[spot]?.digest, dueOutside[spot]?.digest].contains(digest)
      || (verified[spot]?.before == digest && place.flatMap { verifiers[$0]?.before } != nil)
    guard mayHaveIt else { return }
    outsiders[spot]?.pulled = digest
    if outsiders[spot]?.refused == digest { outsiders[spot]?.refused = nil }
  }

  // MARK: Transitions

  /// Whether a transition is of a cluster outside, and not of one that a stage reckons with.
  func isOfOutside(_ cluster: ClusterUID, _ transition: Transition, _ crossing: Crossing?) -> Bool {
    switch crossing {
    case .out(cluster): transition.to != "Skipped(Removed)"
    case .back(cluster), .left(cluster): transition.to == "Skipped(Removed)"
    default: isOutside(cluster)
    }
  }

  mutating func followOutsider(_ cluster: ClusterUID, _ app: String, _ transition: Transition) throws {
    let spot = Spot(app: app, cluster: cluster)
    let state = outsiders[spot]?.state ?? transition.from
    try hold(
      state == transition.from, "a transition starts where the last one ended", "\(spot) \(state): \(transition)")
    try hold(
      TransitionTable.outside[state]?.contains(transition.to) == true, "a transition is in the table", "\(transition)")
    try hold(!transition.reason.isEmpty, "a transition has a reason", "\(transition)")
    if outsiders[spot] == nil {
      // Who has stepped out and is given something at once keeps what it had until it pulls that.
      let hasPulled = steppedOut == cluster && !["Pending", "AwaitingExport"].contains(transition.from)
      let pulled = hasPulled ? assignedSoFar(spot) : nil
      outsiders[spot] = Outsider(state: state, pulled: pulled)
    }
    outsiders[spot]?.state = transition.to
    // It is there no longer, or anew.
    if transition.to == "Skipped(Removed)" { outsiders[spot] = nil }
  }

  /// Lets a cluster that is air-gapped no longer take its place in the rollouts under way.
  mutating func stepIn(_ cluster: ClusterUID) {
    for (app, id) in current {
      let spot = Spot(app: app, cluster: cluster)
      guard var run = runs[id], run.outside.remove(cluster) != nil, let target = run.targets[cluster],
        let index = run.stageOf[cluster]
      else { continue }
      if isHeld(target, run.place(index)) {
        run.clusters[cluster] = "Skipped(Held)"
      } else if assigned[spot]?.digest == target, verified[spot]?.now == target {
        run.clusters[cluster] = nil
      } else if run.stageStates[index] == "Succeeded", verifiers[run.place(index)]?.now != id {
        // A stage that verified nothing has nothing to catch up with.
        run.clusters[cluster] = nil
      } else {
        run.clusters[cluster] = isAway(cluster) ? "Offline" : "Pending"
      }
      runs[id] = run
    }
  }

  /// Takes a cluster that is air-gapped now out of the stages that reckoned with it, where the log does not tell.
  mutating func stepOut(_ cluster: ClusterUID) {
    steppedOut = cluster
    for (app, id) in current {
      let state = runs[id]?.clusters[cluster]
      if state == nil || ["Skipped(Removed)", "Superseded", "RolledBack"].contains(state) { stepOut(cluster, app) }
    }
  }

  mutating func stepOut(_ cluster: ClusterUID, _ app: String) {
    guard let id = current[app], let run = runs[id], run.targets[cluster] != nil, let index = run.stageOf[cluster]
    else { return }
    runs[id]?.clusters[cluster] = nil
    runs[id]?.outside.insert(cluster)
    outsidePlace[Spot(app: app, cluster: cluster)] = run.place(index)
  }

  /// After the transitions of a step: who has stepped out, come back or left.
  mutating func noteCrossing(_ crossing: Crossing?, _ engine: RolloutEngine) {
    switch crossing {
    case .out(let cluster):
      for app in current.keys {
        let spot = Spot(app: app, cluster: cluster)
        waysBack[spot] = nil
        // Whether it has pulled what it was assigned, its rollout knew.
        guard let state = engine.outsideStates(of: cluster)[app]?.description else { continue }
        if outsiders[spot] == nil { outsiders[spot] = Outsider(state: state) }
        if state != "AwaitingExport", state != "Pending" {
          let pulled = givenInStep[spot] ?? assignedSoFar(spot)
          outsiders[spot]?.pulled = pulled
        }
      }
    case .back(let cluster), .left(let cluster):
      for spot in outsiders.keys where spot.cluster == cluster { outsiders[spot] = nil }
      for spot in dueOutside.keys where spot.cluster == cluster { dueOutside[spot] = nil }
      guard case .left = crossing else { return }
      for id in current.values { runs[id]?.outside.remove(cluster) }
    case nil: break
    }
  }

  // MARK: What they are given

  /// Those outside a stage whom its success gives something.
  func outsideToCome(_ index: Int, _ run: Run) -> [ClusterUID] {
    run.outside.filter { cluster in
      guard members[cluster] != nil, run.stageOf[cluster] == index, let target = run.targets[cluster] else {
        return false
      }
      let spot = Spot(app: run.app, cluster: cluster)
      let isAssigned = assigned[spot]?.digest == target || givenInStep[spot] == target
      return !(verified[spot]?.now == target && isAssigned) && !isHeld(target, run.place(index))
    }.sorted()
  }

  /// Whether a stage's gates are passed for those outside alone.
  func speaksForOutside(_ index: Int, _ run: Run) -> Bool {
    let others = run.clusters.filter { run.stageOf[$0.key] == index && !run.outside.contains($0.key) }
    return !run.hasOffered.contains(index)
      && others.values.allSatisfy { $0 == "Skipped(NoChange)" || $0 == "Skipped(Removed)" }
      && !outsideToCome(index, run).isEmpty
  }

  /// Notes what a stage verified for those outside.
  mutating func verifyOutside(_ index: Int, _ id: String, _ run: Run, _ clusters: [ClusterUID]) throws {
    for cluster in clusters {
      guard let target = run.targets[cluster] else { continue }
      let spot = Spot(app: run.app, cluster: cluster)
      if run.guarded[cluster] != nil {
        try hold(
          run.confirmed.contains(run.stages[index]), "nothing guarded goes without a confirmation", "\(id) \(spot)")
      }
      verify(spot, target)
      outsidePlace[spot] = run.place(index)
      dueOutside[spot] = Due(digest: target, rollout: id)
      justVerified[spot, default: []].insert(target)
    }
  }

  /// An assignment of a cluster outside is of what its stage verified for it, or takes back what it has not pulled.
  mutating func checkOutside(_ assignment: Assignment) throws {
    let spot = Spot(app: assignment.app, cluster: assignment.cluster)
    defer { assigned[spot] = assignment }
    if rolledBackOutside.contains(spot) { return }
    if outsiders[spot]?.pulled == assignment.digest, dueOutside[spot]?.digest != assignment.digest {
      return putOff(spot)
    }
    let wasDue =
      dueBefore[spot] == Due(digest: assignment.digest, rollout: assignment.rollout)
      || justVerified[spot]?.contains(assignment.digest) == true
    try hold(
      wasDue || verified[spot]?.now == assignment.digest, "who stands outside is assigned what its stage verified",
      "\(assignment), \(String(describing: verified[spot]))")
    try hold(
      obstacle(spot, assignment.digest, assignment.rollout) == nil, "what is kept from who stands outside stays away",
      "\(assignment): \(obstacle(spot, assignment.digest, assignment.rollout) ?? "")")
    if dueOutside[spot]?.digest == assignment.digest { dueOutside[spot] = nil }
  }

  /// What a cluster outside has not pulled may be taken from it.
  mutating func withdrawOutside(_ spot: Spot) throws {
    try hold(outsiders[spot]?.pulled == nil && assigned[spot] != nil, "what is withdrawn was a first offer", "\(spot)")
    putOff(spot)
    assigned[spot] = nil
  }

  /// What is taken from who was suspended is due again.
  private mutating func putOff(_ spot: Spot) {
    guard isSuspended(spot.cluster), dueOutside[spot] == nil, !rolledBackOutside.contains(spot),
      let old = assigned[spot], outsidePlace[spot].map({ !isHeld(old.digest, $0) }) != false
    else { return }
    dueOutside[spot] = Due(digest: old.digest, rollout: old.rollout)
  }

  /// Called before a step is taken in.
  mutating func beginStep(_ actions: [RolloutAction]) {
    (justVerified, rolledBackOutside, givenInStep) = ([:], [], [:])
    dueBefore = dueOutside
    steppedOut = nil
    for case .assign(let assignment) in actions where isOutside(assignment.cluster) {
      givenInStep[Spot(app: assignment.app, cluster: assignment.cluster)] = assignment.digest
    }
  }

  /// What keeps something verified from a cluster outside.
  private func obstacle(_ spot: Spot, _ digest: AppDigest, _ id: String) -> String? {
    if isSuspended(spot.cluster) || suspensions.contains(.app(spot.app)) { return "suspended" }
    guard let run = runs[id] else { return nil }
    if current[spot.app] == id, run.state == "Paused" { return "paused" }
    let index = outsidePlace[spot].flatMap { run.stages.firstIndex(of: $0.stage) }
    if let index, isFrozen(spot.cluster, index, run) { return "frozen" }
    if let place = outsidePlace[spot], isHeld(digest, place) { return "held" }
    guard assigned[spot] == nil else { return nil }
    for name in plans[spot.app]?.dependsOn ?? [] {
      let other = Spot(app: name, cluster: spot.cluster)
      guard let assignment = assigned[other], let gate = plans[name]?.gate, passes(other, assignment.digest, gate)
      else {
        return "waits for \(name)"
      }
    }
    return nil
  }

  /// After every step: what is verified is given where nothing keeps it away, and everybody stands where it should.
  mutating func checkOutsiders(_ engine: RolloutEngine) throws {
    for cluster in members.keys where isOutside(cluster) {
      let states = engine.outsideStates(of: cluster)
      for app in plans.keys {
        let spot = Spot(app: app, cluster: cluster)
        guard let state = states[app]?.description else {
          try hold(outsiders[spot] == nil, "who stands outside is known", "\(spot)")
          continue
        }
        if outsiders[spot] == nil { outsiders[spot] = Outsider(state: expected(spot)) }
        // Who told of it before it was given it has it as well.
        if let digest = assigned[spot]?.digest, observed[spot]?.digest == digest { outsiders[spot]?.pulled = digest }
        let context = "\(spot): \(outsiders[spot]?.state ?? "") in the log, \(state) shown, \(expected(spot)) told"
        try hold(
          outsiders[spot]?.state == state && state == expected(spot), "who is outside stands by its word", context)
      }
    }
    for (spot, due) in dueOutside where outsidePlace[spot].map({ isHeld(due.digest, $0) }) == true {
      dueOutside[spot] = nil
    }
    for (spot, due) in dueOutside where justVerified[spot] != nil {
      try hold(
        obstacle(spot, due.digest, due.rollout) != nil || assigned[spot]?.digest == due.digest,
        "who stands outside is given what its stage verified", "\(spot)")
    }
  }

  /// Where a cluster outside stands, by all that was told of it.
  private func expected(_ spot: Spot) -> String {
    guard let digest = assigned[spot]?.digest else { return "Pending" }
    let outsider = outsiders[spot]
    let seen = observed[spot].flatMap { $0.digest == digest ? $0 : nil }
    if outsider?.refused == digest { return "Failed" }
    if outsider?.pulled != digest, seen == nil { return "AwaitingExport" }
    guard let seen else { return "AwaitingReport" }
    let gate = plans[spot.app]?.gate ?? .healthy
    if isDegraded(spot, digest, gate) { return "Failed" }
    if seen.sync == .applying { return "Applying" }
    return passes(spot, digest, gate) ? "Healthy" : "Progressing"
  }

  // MARK: Rollbacks

  /// What a rollback takes back from those outside these stages: what the rollout gave them.
  mutating func rollBackOutside(_ stages: Set<Int>, _ id: String, _ run: Run) -> [ClusterUID: AppDigest] {
    var taken: [ClusterUID: AppDigest] = [:]
    for cluster in run.outside {
      let spot = Spot(app: run.app, cluster: cluster)
      guard let index = run.stageOf[cluster], stages.contains(index) else { continue }
      guard dueOutside[spot]?.rollout == id || (dueOutside[spot] == nil && assigned[spot]?.rollout == id) else {
        continue
      }
      takeBack(spot, run.place(index), &taken)
    }
    return taken
  }

  /// The same of one stage, whatever gave it to them.
  mutating func rollBackOutside(stage name: String, _ app: String) -> [ClusterUID: AppDigest] {
    var taken: [ClusterUID: AppDigest] = [:]
    guard let id = current[app], let run = runs[id], let index = run.stages.firstIndex(of: name) else { return taken }
    for cluster in run.outside where run.stageOf[cluster] == index {
      let spot = Spot(app: app, cluster: cluster)
      let given = dueOutside[spot]?.digest ?? assigned[spot]?.digest
      if given != nil, given == verified[spot]?.now { takeBack(spot, run.place(index), &taken) }
    }
    return taken
  }

  private mutating func takeBack(_ spot: Spot, _ place: Place, _ taken: inout [ClusterUID: AppDigest]) {
    guard let given = dueOutside[spot]?.digest ?? assigned[spot]?.digest else { return }
    dueOutside[spot] = nil
    rolledBackOutside.insert(spot)
    guard let known = verified[spot], let back = wayBack(spot, from: given), !isHeld(back, place) else {
      if verified[spot]?.now == given { verified[spot] = nil }
      return
    }
    verified[spot] = known.now == given ? Verified(now: back, before: nil) : known
    taken[spot.cluster] = given
  }
}
