import FleetModel
import RolloutEngine

// What moves assignments: offers, what takes them back, and the ways back of a rollback.

extension InvariantChecker {
  func checkOffer(_ spot: Spot, _ id: String, _ run: Run) throws {
    let index = run.stageOf[spot.cluster] ?? 0
    let name = run.stages[index]
    try hold(members[spot.cluster]?.isOnline == true, "offers go to who is online", "\(spot)")
    try hold(!isSuspended(spot.cluster), "nothing new goes to who is suspended", "\(id) \(spot)")
    try hold(!isFrozen(spot.cluster, index, run), "nothing is offered in a freeze", "\(id) \(spot)")
    if let target = run.targets[spot.cluster] {
      try hold(!isHeld(target, run.place(index)), "what is held is offered to nobody", "\(id) \(spot)")
    }
    if current[run.app] != id || run.stageStates[index] == "Succeeded" {
      return try checkCatchUp(spot, index, id, run)
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

  private func checkCatchUp(_ spot: Spot, _ index: Int, _ id: String, _ run: Run) throws {
    let verifier = verifiers[run.place(index)]
    // One that leaves the cluster out changes nothing there, nor does one that gives it the same.
    let given = verifier.flatMap { runs[$0.now]?.targets[spot.cluster] }
    let isLeftOut = verifier != nil && (given == nil || given == run.targets[spot.cluster])
    try hold(
      verifier?.now == id || isLeftOut, "who catches up gets what its stage verified",
      "\(id) \(spot), \(String(describing: verifier))"
    )
    try hold(
      verified[spot]?.now == run.targets[spot.cluster], "who catches up gets what was verified for it", "\(id) \(spot)")
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

  mutating func check(_ actions: [RolloutAction], _ offers: Set<String>) throws {
    for action in actions {
      switch action {
      case .assign(let assignment): try check(assignment, offers)
      case .withdraw(let cluster, let app):
        let spot = Spot(app: app, cluster: cluster)
        if isOutside(cluster), steppedOut != cluster {
          try withdrawOutside(spot)
          continue
        }
        try hold(beforeOffer[spot] == nil && assigned[spot] != nil, "what is withdrawn was a first offer", "\(spot)")
        assigned[spot] = nil
      case .startAnalysis(let id, let stage, let number, let analyses):
        try checkStart(id, stage, number, analyses)
      default: break
      }
    }
  }

  private mutating func check(_ assignment: Assignment, _ offers: Set<String>) throws {
    let spot = Spot(app: assignment.app, cluster: assignment.cluster)
    let isWithdrawn = steppedOut == assignment.cluster && beforeOffer[spot] == assignment
    if isOutside(assignment.cluster), !isWithdrawn { return try checkOutside(assignment) }
    if let way = waysBack[spot], !way.isGiven, way.digest == assignment.digest {
      waysBack[spot]?.isGiven = true
      // It stands whatever becomes of it.
      beforeOffer[spot] = assignment
    } else if offers.contains("\(assignment.cluster) \(assignment.rollout)"),
      runs[assignment.rollout]?.targets[assignment.cluster] == assignment.digest
    {
      try checkDependencies(spot)
      beforeOffer[spot] = overtaken[spot] ?? assigned[spot]
    } else {
      try hold(
        beforeOffer[spot] == assignment, "an offer is of the target, or withdrawn to what was before", "\(assignment)")
    }
    assigned[spot] = assignment
  }
}

// MARK: In the middle of a step

extension InvariantChecker {
  /// What a cluster is assigned after the transitions so far.
  func assignedSoFar(_ spot: Spot) -> AppDigest? { moved[spot].map(\.digest) ?? assigned[spot]?.digest }

  /// Notes what a transition assigns or withdraws, before the actions tell.
  mutating func move(_ spot: Spot, _ run: Run, _ transition: Transition, isFinal: Bool) {
    if transition.to == "Offered" {
      let target = run.targets[spot.cluster]
      moved[spot] = Moved(digest: target, before: isFinal ? target : assignedSoFar(spot))
    } else if transition.from == "Offered", Self.withdrawals.contains(transition.to) {
      let before = moved[spot].map(\.before) ?? beforeOffer[spot]?.digest
      moved[spot] = Moved(digest: before, before: before)
    }
  }

  /// Where an offer goes that its cluster has not pulled.
  private static let withdrawals: Set<String> = [
    "Offline", "TimedOut", "Skipped(Held)", "Skipped(Excluded)", "Skipped(Removed)", "RolledBack",
  ]
}
