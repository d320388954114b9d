import FleetModel
import Manifests
import RolloutEngine

// Freezes, suspensions, holds, analyses and the queue.

extension InvariantChecker {
  // MARK: Suspension

  func isSuspended(_ cluster: ClusterUID) -> Bool {
    guard let member = members[cluster] else { return false }
    return suspensions.contains(.cluster(cluster)) || suspensions.contains(.environment(member.facts.environment))
  }

  /// Whether a cluster counts as Offline as it comes into a rollout.
  func isAway(_ cluster: ClusterUID) -> Bool {
    guard let member = members[cluster], member.isOnline || member.isUnheard else { return true }
    return isSuspended(cluster)
  }

  /// After every step: nobody who is away is waited for, and what is suspended stands still.
  func checkSuspensions() throws {
    for (app, id) in current {
      guard let run = runs[id] else { continue }
      if run.state == "Running" {
        try hold(!suspensions.contains(.app(app)), "a suspended app stands still", id)
        try hold(!run.isPausedByHand, "who paused a rollout resumes it", id)
      }
      for (cluster, state) in run.clusters where state == "Pending" || state == "Offered" {
        try hold(members[cluster] != nil, "who left is not waited for", "\(id) \(cluster)")
        try hold(!isAway(cluster), "who is away is neither Pending nor Offered", "\(id) \(cluster) \(state)")
      }
    }
  }

  // MARK: Freezes

  func isFrozen(_ cluster: ClusterUID, _ index: Int, _ run: Run) -> Bool {
    guard let environment = members[cluster]?.facts.environment, !run.overridden.contains(run.stages[index]) else {
      return false
    }
    let freezes = run.plans.flatMap(\.freezes).filter { $0.environments.contains(environment) }
    if freezes.contains(where: { windows[$0] == nil }) { return true }
    if freezes.contains(where: { $0.kind == .deny && windows[$0]?.isOpen == true }) { return true }
    let allowed = freezes.filter { $0.kind == .allow }
    return !allowed.isEmpty && !allowed.contains { windows[$0]?.isOpen == true }
  }

  /// Whether everybody in a stage who has yet to be offered the release is frozen.
  func isAllFrozen(_ index: Int, _ run: Run) -> Bool {
    let waiting = run.clusters.filter { run.stageOf[$0.key] == index && ["Pending", "Offline"].contains($0.value) }
    if waiting.isEmpty {
      let outside = outsideToCome(index, run)
      return !outside.isEmpty && outside.allSatisfy { isFrozen($0, index, run) }
    }
    return waiting.keys.allSatisfy { isFrozen($0, index, run) }
  }

  // MARK: Holds

  mutating func nextHold(_ app: String) -> Int {
    holdNumbers[app, default: 0] += 1
    return holdNumbers[app] ?? 0
  }

  /// Whether a digest is held in a stage, as far as that is beyond doubt.
  func isHeld(_ digest: AppDigest, _ place: Place) -> Bool {
    (holds[place.app] ?? []).contains { hold in
      (hold.stages.isEmpty || hold.stages.contains(place.stage))
        && (hold.digests.contains(digest) || hold.clusters.values.contains(digest))
    }
  }

  /// Whether one of the holds that the engine shows, and that were put on, names a digest in a stage.
  func isListed(_ digest: AppDigest, _ place: Place, _ engine: RolloutEngine) -> Bool {
    (engine.status(ofApp: place.app)?.holds ?? []).contains { hold in
      hold.digests.contains(digest) && (hold.stages.isEmpty || hold.stages.contains(place.stage))
    }
  }

  func checkIsHeld(_ cluster: ClusterUID, _ id: String, _ engine: RolloutEngine) throws {
    guard let run = runs[id], let target = run.targets[cluster], let index = run.stageOf[cluster] else { return }
    try hold(isListed(target, run.place(index), engine), "who is skipped as held is held", "\(id) \(cluster)")
  }

  /// An automatic hold ends cluster by cluster, as Git asks for something else there.
  mutating func releaseHolds(of app: String, _ release: Release) {
    holds[app] = (holds[app] ?? []).compactMap { hold in
      guard hold.isAutomatic else { return hold }
      var rest = hold
      rest.clusters = hold.clusters.filter { cluster, digest in
        members[cluster] != nil && (release.clusters[cluster] ?? digest) == digest
      }
      return rest.clusters.isEmpty ? nil : rest
    }
  }

  /// For who left, an automatic hold is over as well.
  mutating func releaseHolds(of cluster: ClusterUID) {
    holds = holds.mapValues { holds in
      holds.compactMap { hold in
        guard hold.isAutomatic else { return hold }
        var rest = hold
        rest.clusters[cluster] = nil
        return rest.clusters.isEmpty ? nil : rest
      }
    }
  }

  /// What is promoted is held no longer.
  mutating func leaveHolds(of app: String, _ digests: Set<AppDigest>) {
    holds[app] = (holds[app] ?? []).map { hold in
      var rest = hold
      rest.digests.subtract(digests)
      rest.clusters = hold.clusters.filter { !digests.contains($0.value) }
      return rest
    }
  }

  /// After every step: what is held waits for nobody, and stays where it was before alone.
  func checkHolds(_ event: RolloutEvent) throws {
    for id in current.values {
      guard let run = runs[id] else { continue }
      for (cluster, state) in run.clusters where ["Pending", "Offered"].contains(state) {
        guard let target = run.targets[cluster], let index = run.stageOf[cluster] else { continue }
        try hold(!isHeld(target, run.place(index)), "what is held is skipped", "\(id) \(cluster) is \(state)")
      }
    }
  }

  // MARK: Analyses

  func analyses(_ index: Int, _ run: Run) -> Set<Analysis> { Set(stagePlans(index, run).flatMap(\.analysis)) }

  func checkAnalysis(_ index: Int, _ run: inout Run, _ transition: Transition) throws {
    let isOfSomething =
      counts(index, run).soaked > 0 || (counts(index, run).changed == 0 && speaksForOutside(index, run))
    let isAsked = !analyses(index, run).isEmpty && isOfSomething
    switch (transition.from, transition.to) {
    case (_, "Analyzing"):
      try hold(isAsked, "only what has soaked is analysed", "\(transition)")
      run.analyses[index] += 1
      run.analysisPassed[index] = false
    case ("Rolling", "AwaitingAfter"), ("Rolling", "Succeeded"), ("Soaking", "AwaitingAfter"), ("Soaking", "Succeeded"):
      try hold(!isAsked, "nothing passes without its analysis", "\(transition)")
    case ("Analyzing", "AwaitingAfter"), ("Analyzing", "Succeeded"):
      try hold(
        run.analysisPassed[index] || counts(index, run).changed == 0, "nothing passes without its analysis",
        "\(transition)")
    case ("AwaitingAfter", "Rolling"), ("Halted", "Rolling"):
      run.approvedAfter.remove(run.stages[index])
      run.analysisPassed[index] = false
    case (_, "Pending"), (_, "Rolling"): run.analysisPassed[index] = false
    default: break
    }
    if transition.to == "AwaitingAfter" || (transition.to == "Succeeded" && counts(index, run).changed > 0) {
      try hold(isOfSomething, "an approval after is of something", "\(transition)")
    }
  }

  func checkStart(_ id: String, _ stage: String, _ number: Int, _ asked: [Analysis]) throws {
    guard let run = runs[id], let index = run.stages.firstIndex(of: stage) else {
      throw Violation("an analysis is of a stage", "\(id) \(stage)")
    }
    try hold(number == run.analyses[index], "analyses count up", "\(id) \(stage) \(number)")
    try hold(Set(asked) == analyses(index, run), "all checks of both policies are asked", "\(id) \(stage) \(asked)")
  }

  /// After every step: what failed its analysis stands still, and what passed everything goes on.
  func checkAnalyses(_ event: RolloutEvent) throws {
    if case .analysisFinished(let result) = event, result.outcome != .passed, let run = runs[result.rollout],
      let index = run.stages.firstIndex(of: result.stage)
    {
      try hold(run.stageStates[index] == "Halted", "what fails its analysis halts", "\(result)")
    }
    for id in current.values {
      guard let run = runs[id], run.state == "Running" else { continue }
      for index in run.stages.indices where TransitionTable.begun.contains(run.stageStates[index]) {
        try hold(!hasPassed(index, run), "a stage that has passed goes on", "\(id) \(run.stages[index])")
      }
    }
  }

  /// Whether nothing is left that a stage could wait for.
  private func hasPassed(_ index: Int, _ run: Run) -> Bool {
    let count = counts(index, run)
    let plans = stagePlans(index, run)
    guard count.soaked > 0, count.pending == 0, count.inFlight == 0, !hasDegraded(index, run),
      count.offline == 0 || !plans.contains(where: { $0.offlinePolicy == .wait }),
      available(index, run) >= needed(index, run, count.changed)
    else { return false }
    return switch run.stageStates[index] {
    case "Analyzing": run.analysisPassed[index]
    case "AwaitingAfter": run.approvedAfter.contains(run.stages[index])
    default: true
    }
  }
}
