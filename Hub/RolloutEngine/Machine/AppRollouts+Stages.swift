internal import FleetModel

// What an app's rollout does whenever something changed: Docs/rollouts.md, "A stage".

extension AppRollouts {
  /// Goes on as far as the state allows.
  mutating func advance(_ ground: inout Ground, _ step: inout Step) {
    withCurrent { app, rollout in
      if step.mayThaw { app.refreshOutside(&rollout, ground, &step) }
      if let breach = rollout.haltWhereDue(&step) { app.answer(breach, on: &rollout, &ground, &step) }
      while rollout.state == .running, app.advanceStage(&rollout, &ground, &step) {}
      if rollout.state != .paused, !ground.silence.isActive { rollout.catchUp(&ground, &step) }
    }
    let standsStill = ground.silence.isActive || ground.suspension(ofApp: app) != nil
    loose.advance(onlyRollbacks: standsStill, &ground, &step)
    if step.mayThaw { giveWhatIsDue(&ground, &step) }
    startQueued(&ground, &step)
    // What waits goes to everybody when it starts.
    if needsFollowUp, queued == nil, current?.state == .succeeded { startFollowUp(&ground, &step) }
  }

  /// Takes back what a stage was halted for, where the pipeline says so.
  private mutating func answer(
    _ breach: Breach, on rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) {
    guard rollout.onFailure != .halt, !breach.isInconclusive else { return }
    let stages = rollout.onFailure == .rollbackAll ? Array(rollout.stages.indices) : breach.stages
    rollBack(
      &rollout, RollbackCause(actor: "onFailure", reason: breach.reason, isAutomatic: true, stages: stages), &ground,
      &step)
  }

  /// One move of the stage that is next; false when there is none to make.
  private mutating func advanceStage(
    _ rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    guard let index = rollout.currentStage else {
      rollout.succeed(&step)
      return false
    }
    switch rollout.stages[index].state {
    case .pending, .awaitingBefore(.confirmation): return begin(index, of: &rollout, &ground, &step)
    case .awaitingBefore(.approval):
      guard rollout.stages[index].approvedBefore != nil || rollout.stages[index].changesNothing else { return false }
      return begin(index, of: &rollout, &ground, &step)
    case .awaitingBefore(.freeze): return step.mayThaw && begin(index, of: &rollout, &ground, &step)
    case .rolling, .soaking: return roll(index, of: &rollout, &ground, &step)
    case .analyzing, .awaitingAfter: return decide(index, of: &rollout, &ground, &step)
    case .succeeded, .failed, .halted: return false
    }
  }

  /// Goes on with a stage that waits for a word after its soak.
  private mutating func decide(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    if rollout.stages[index].lane.counts.pending > 0 {
      // What they were asked about was less than what will have soaked.
      rollout.stages[index].analysis = nil
      rollout.stages[index].approvedAfter = nil
      rollout.moveStage(index, to: .rolling, "not all of its clusters have the release", &step)
      return true
    }
    let stage = rollout.stages[index]
    let isDecided = stage.state == .analyzing ? !stage.needsAnalysis : !stage.needsApprovalAfter
    guard isDecided, stage.isPassed else { return false }
    return pass(index, of: &rollout, &ground, &step)
  }

  // MARK: Beginning

  private mutating func begin(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    rollout.stages[index].lane.skipUnchanged(ground, verified: verifiedDigests, &step)
    refreshOutside(&rollout, ground, &step)
    let deletions = rollout.guardedDeletions(ofStage: index)
    if rollout.stages[index].changesNothing {
      succeed(index, of: &rollout, &ground, &step)
    } else if deletions.objects > 0, rollout.stages[index].confirmedDeletions == nil {
      askForConfirmation(index, of: &rollout, deletions, &step)
      return false
    } else if rollout.stages[index].needsApprovalBefore {
      guard rollout.stages[index].state != .awaitingBefore(.approval) else { return false }
      let reason = rollout.stages[index].approvalWish
      rollout.moveStage(index, to: .awaitingBefore(.approval), reason, &step)
      rollout.alert(
        .approvalNeeded, stage: index, "stage \(rollout.stages[index].name) of \(rollout.id) \(reason)", &step)
      return false
    } else if let frozen = rollout.freeze(ofStage: index, ground) {
      guard rollout.stages[index].state != .awaitingBefore(.freeze) else { return false }
      rollout.moveStage(index, to: .awaitingBefore(.freeze), frozen, &step)
      return false
    } else {
      open(index, of: &rollout, rollout.stages[index].openReason, ground, &step)
    }
    return true
  }

  private func askForConfirmation(
    _ index: Int, of rollout: inout Rollout, _ deletions: (objects: Int, clusters: Int), _ step: inout Step
  ) {
    guard rollout.stages[index].state == .pending else { return }
    let reason = rollout.explainDeletions(index)
    rollout.moveStage(index, to: .awaitingBefore(.confirmation), reason, &step)
    rollout.alert(
      .confirmationNeeded, stage: index, "stage \(rollout.stages[index].name) of \(rollout.id) \(reason)", &step)
  }

  /// Clusters of the stage may be offered the release from here on.
  mutating func open(
    _ index: Int, of rollout: inout Rollout, _ reason: String, _ ground: Ground, _ step: inout Step
  ) {
    rollout.moveStage(index, to: .rolling, reason, &step)
    rollout.stages[index].hasBegun = true
    rollout.stages[index].lane.skipUnchanged(ground, verified: verifiedDigests, &step)
    for place in loose.notInFlight where rollout.stages[index].lane.tracks[place.cluster]?.state.isToCome == true {
      loose.end(place.cluster, "stage \(rollout.stages[index].name) of \(rollout.id) began", &step)
    }
  }

  // MARK: Rolling

  private mutating func roll(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    if rollout.stages[index].isPassed { return pass(index, of: &rollout, &ground, &step) }
    if rollout.stages[index].passesWave {
      rollout.stages[index].wave += 1
      step.changed = true
      return true
    }
    if offer(index, of: &rollout, &ground, &step) { return true }
    rollout.showSoaking(index, &step)
    return false
  }

  /// Offers the release to the clusters that the wave and its slots allow. False when it was offered to nobody.
  private mutating func offer(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    let name = rollout.stages[index].name
    let wave = rollout.stages[index].wave + 1
    let waves = rollout.stages[index].lane.rules.waveCount
    var offered = false
    for _ in 0..<max(0, rollout.stages[index].freeSlots) {
      guard let cluster = rollout.stages[index].lane.nextOfferable(ground, &step) else { break }
      let due = loose.pendingReturn(of: cluster)
      loose.end(cluster, "\(rollout.id) reached it", &step)
      rollout.stages[index].lane.offer(
        to: cluster, "wave \(wave) of \(waves) of stage \(name)", due: due, &ground, &step)
      offered = true
    }
    if offered { rollout.stages[index].hasOffered = true }
    return offered
  }

  // MARK: Passing

  private mutating func pass(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) -> Bool {
    if rollout.stages[index].needsAnalysis {
      rollout.analyze(index, &step)
      return false
    }
    if rollout.stages[index].needsApprovalAfter {
      let reason = "\(rollout.stages[index].passedBy); waits for an approval"
      rollout.moveStage(index, to: .awaitingAfter, reason, &step)
      rollout.alert(
        .approvalNeeded, stage: index, "stage \(rollout.stages[index].name) of \(rollout.id) \(reason)", &step)
      return false
    }
    succeed(index, of: &rollout, &ground, &step)
    return true
  }

  /// The stage is done. It verified the release if anybody soaked there, or there was nobody to.
  private mutating func succeed(
    _ index: Int, of rollout: inout Rollout, _ ground: inout Ground, _ step: inout Step
  ) {
    refreshOutside(&rollout, ground, &step)
    let speaks = rollout.stages[index].speaksForOutside
    let counts = rollout.stages[index].lane.counts
    rollout.moveStage(index, to: .succeeded, rollout.stages[index].successReason, &step)
    rollout.stages[index].failuresAtSuccess = counts.failed
    guard counts.soaked > 0 || speaks else { return rollout.stages[index].outsideToCome = [] }
    let stage = rollout.stages[index]
    if let before = verified[stage.name], before.rollout != rollout.id { verifiedBefore[stage.name] = before }
    verified[stage.name] = VerifiedStage(
      rollout: rollout.id, release: rollout.digest, commit: rollout.release.commit, time: step.now,
      rules: stage.lane.rules, gate: rollout.gate,
      size: counts.changed + stage.unchanged.count)
    supersededWhileWaiting[stage.name] = nil
    for (cluster, track) in stage.lane.tracks where track.state.isVerifiedWithItsStage {
      verify(track.target, for: cluster)
    }
    giveOutside(index, of: &rollout, &ground, &step)
  }
}

extension Rollout {
  /// Asks for the checks of a stage.
  fileprivate mutating func analyze(_ index: Int, _ step: inout Step) {
    let checks = stages[index].lane.rules.analyses
    let reason =
      "\(stages[index].passedBy); \(counted(checks.count, "check")) \(checks.count == 1 ? "decides" : "decide")"
    moveStage(index, to: .analyzing, reason, &step)
    stages[index].analyses += 1
    stages[index].analysis = nil
    step.act(.startAnalysis(rollout: id, stage: stages[index].name, number: stages[index].analyses, checks))
  }

  /// Why none of the clusters that a stage is to reach may be offered anything; nil where one may.
  func freeze(ofStage index: Int, _ ground: Ground) -> String? {
    let rules = stages[index].lane.rules
    guard !rules.freezes.isEmpty else { return nil }
    var reason: (Place, String)?
    var toCome = stages[index].lane.tracks.filter { $0.value.state.isToCome }.map(\.key)
    if toCome.isEmpty { toCome = Array(stages[index].outsideToCome) }
    for cluster in toCome {
      guard let frozen = ground.freeze(of: cluster, under: rules.freezes) else { return nil }
      let place = Place(name: ground.name(of: cluster), cluster: cluster)
      if reason.map({ place < $0.0 }) ?? true { reason = (place, frozen) }
    }
    return reason?.1
  }
}

extension ClusterState {
  /// Whether the rollout still means to offer the release to the cluster.
  var isToCome: Bool { self == .pending || self == .offline }

  /// Whether the stage's success speaks for the cluster too: it took the release, or will as it comes back.
  fileprivate var isVerifiedWithItsStage: Bool {
    switch self {
    case .skipped, .superseded, .rolledBack: false
    default: true
    }
  }
}

extension StageTrack {
  private var counts: LaneCounts { lane.counts }

  /// The width of the wave under way.
  var width: Int {
    let widths = lane.rules.waveWidths(of: counts.eligible)
    return wave < widths.count ? widths[wave] : counts.eligible
  }

  var needsApprovalBefore: Bool { lane.rules.approvalBefore && approvedBefore == nil }
  var needsApprovalAfter: Bool { lane.rules.approvalAfter && approvedAfter == nil && isOfSomething }

  /// Whether checks have yet to say that the release may pass.
  var needsAnalysis: Bool { !lane.rules.analyses.isEmpty && analysis?.outcome != .passed && isOfSomething }

  /// Whether what comes after the waves is of anything: somebody soaked, or there was nobody to.
  private var isOfSomething: Bool { counts.soaked > 0 || speaksForOutside }

  /// Why the stage may begin.
  fileprivate var openReason: String {
    if let freezeOverride, state == .awaitingBefore(.freeze) {
      return "its freeze was overridden by \(freezeOverride.actor)"
    }
    if state == .awaitingBefore(.freeze) { return "its freeze is over" }
    if let approvedBefore { return "approved by \(approvedBefore.actor)" }
    return confirmedDeletions.map { "its deletions were confirmed by \($0.actor)" } ?? "its turn has come"
  }

  var isLastWave: Bool { wave >= lane.rules.waveCount - 1 }

  /// How many clusters may be offered the release now.
  var freeSlots: Int {
    let concurrency = lane.rules.concurrency(of: counts.eligible, wave: width)
    return min(width - counts.started, concurrency - counts.inFlight)
  }

  /// Whether the wave is through: nobody in flight or in doubt, and as many soaked as it is wide.
  var passesWave: Bool {
    !isLastWave && counts.inFlight == 0 && counts.wavering == 0
      && counts.soaked >= max(1, min(width, counts.eligible))
  }

  var neededAvailable: Int { lane.rules.neededAvailable(of: counts.changed) }

  /// Whether nothing keeps the stage from succeeding but an approval.
  var isPassed: Bool {
    if counts.changed == 0 { return true }
    return isLastWave && counts.pending == 0 && counts.inFlight == 0 && counts.wavering == 0 && counts.soaked > 0
      && counts.available >= neededAvailable && (lane.rules.offlinePolicy != .wait || counts.offline == 0)
  }

  /// What passed the stage's waves.
  fileprivate var passedBy: String {
    speaksForOutside ? "changes \(extent)" : "\(counted(counts.soaked, "cluster")) soaked"
  }

  fileprivate var successReason: String {
    if speaksForOutside { return "its gates were passed for \(extent)" }
    if counts.soaked > 0 {
      return "\(counts.soaked) of \(counted(counts.changed, "changed cluster")) soaked, \(counts.available) available"
    }
    return counts.excluded > 0 ? "nothing is left to change: \(counts.excluded) excluded" : "nothing changes there"
  }
}

/// Why a stage was halted.
struct Breach {
  var reason: String
  /// The stages that it comes from.
  var stages: [Int]
  /// Whether checks could not tell: then nothing is known to be wrong.
  var isInconclusive = false
}

extension Rollout {
  /// Halts the stage under way where it must not, or cannot, go on.
  mutating func haltWhereDue(_ step: inout Step) -> Breach? {
    var breach = noteLateFailures()
    guard state == .running || state == .paused, let index = currentStage else { return nil }
    if let reason = stages[index].breach, breach == nil {
      breach = Breach(
        reason: reason, stages: [], isInconclusive: stages[index].analysis?.outcome == .inconclusive)
    }
    guard var breach else { return nil }
    breach.stages.append(index)
    moveStage(index, to: .halted, breach.reason, &step)
    move(to: .failed, "stage \(stages[index].name) halted: \(breach.reason)", &step)
    alert(.stageHalted, stage: index, breach.reason, &step)
    return breach
  }

  /// Why a failure in a stage that had succeeded halts what comes after it.
  private mutating func noteLateFailures() -> Breach? {
    var reason: Breach?
    for index in stages.indices where stages[index].state == .succeeded {
      let failed = stages[index].lane.counts.failed
      if failed > stages[index].failuresAtSuccess {
        let words = "after stage \(stages[index].name) had succeeded: \(stages[index].lane.failures)"
        reason = Breach(reason: words, stages: (reason?.stages ?? []) + [index])
      }
      stages[index].failuresAtSuccess = failed
    }
    return reason
  }

  fileprivate mutating func succeed(_ step: inout Step) {
    move(to: .succeeded, "\(counted(stages.count, "stage")) succeeded", &step)
    for index in stages.indices { stages[index].lane.stopWatching(&step) }
  }

  /// Rolling and Soaking are told apart for people: whether anything but the last soak is left.
  fileprivate mutating func showSoaking(_ index: Int, _ step: inout Step) {
    let stage = stages[index]
    let counts = stage.lane.counts
    let soaks =
      stage.isLastWave && counts.pending == 0 && counts.inFlight > 0 && counts.soaking == counts.inFlight
    if soaks, stage.state == .rolling {
      moveStage(index, to: .soaking, "its last \(counted(counts.inFlight, "cluster")) met the gate", &step)
    } else if !soaks, stage.state == .soaking, counts.pending + counts.inFlight > 0 {
      moveStage(index, to: .rolling, "not all of its clusters meet the gate", &step)
    }
  }

  /// Offers the release to clusters that come late to a stage that has verified it.
  fileprivate mutating func catchUp(_ ground: inout Ground, _ step: inout Step) {
    for index in stages.indices where stages[index].state == .succeeded {
      while stages[index].lane.counts.inFlight < stages[index].catchUpWidth,
        let cluster = stages[index].lane.nextOfferable(ground, &step)
      {
        let reason = "catches up with what stage \(stages[index].name) verified"
        stages[index].lane.offer(to: cluster, reason, &ground, &step)
      }
    }
  }
}

extension StageTrack {
  /// Why the stage must not, or cannot, go on; nil where it can.
  fileprivate var breach: String? {
    guard state.isOpen || state == .analyzing || state == .awaitingAfter else { return nil }
    if counts.changed == 0 {
      guard speaksForOutside, let analysis, analysis.outcome != .passed else { return nil }
      return analysis.words
    }
    let budget = lane.rules.failureBudget(of: counts.changed)
    if counts.failed > budget {
      return
        "\(counts.failed) of \(counted(counts.changed, "changed cluster")) failed and \(budget) may: \(lane.failures)"
    }
    if counts.changed == counts.failed { return "all clusters failed: \(lane.failures)" }
    if counts.changed - counts.failed < neededAvailable {
      return "\(neededAvailable) of \(counted(counts.changed, "changed cluster")) must be healthy, and "
        + "\(counts.failed) failed: \(lane.failures)"
    }
    if let analysis, analysis.outcome != .passed { return analysis.words }
    return nil
  }

  /// How many clusters may catch up at once.
  var catchUpWidth: Int { lane.rules.catchUpWidth(of: counts.changed) }
}

extension AnalysisResult {
  fileprivate var words: String {
    outcome == .failed ? "its analysis failed: \(reason)" : "its analysis is inconclusive: \(reason)"
  }
}

extension StageRules {
  /// How many of a stage of so many clusters may catch up at once.
  func catchUpWidth(of size: Int) -> Int {
    let width = max(1, RolloutLimits.catchUpWidth.roundedDown(of: size))
    return maxConcurrent.isEmpty ? width : concurrency(of: size, wave: max(1, size))
  }
}
