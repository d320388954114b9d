import FleetModel
import Manifests
import RolloutEngine

// What events say, before anything follows from them.

extension InvariantChecker {
  mutating func take(_ event: RolloutEvent) throws {
    noteOutside(event)
    switch event {
    case .clusterJoined(let facts), .clusterChanged(let facts):
      let wasOutside = isOutside(facts.cluster)
      moveOutside(facts)
      members[facts.cluster, default: Member(facts: facts)].facts = facts
      // What was told across the gap counts for one that is heard.
      guard wasOutside, !isOutside(facts.cluster), let member = members[facts.cluster] else { return }
      if !member.isOnline, !member.isUnheard { forget { $0 == facts.cluster } }
    case .clusterLeft(let cluster, _):
      members[cluster] = nil
      forget { $0 == cluster }
      releaseHolds(of: cluster)
    case .clusterConnected(let cluster):
      members[cluster]?.isOnline = true
      members[cluster]?.isUnheard = false
    case .clusterDisconnected(let cluster): lose(cluster)
    case .hubStarted: startHub()
    case .timePassed:
      guard let end = graceEnd, end <= now else { return }
      graceEnd = nil
      for cluster in members.keys where members[cluster]?.isUnheard == true { lose(cluster) }
    case .releaseRendered(let rendered): take(rendered)
    case .commitObserved(let app, _, let plan): plans[app] = plan
    case .amendmentRendered(let amendment): take(amendment)
    case .clusterReported(let cluster, let observations): for seen in observations { take(seen, cluster) }
    case .operatorActed(let act): take(act.act)
    case .freezesChanged(let told): windows = told.reduce(into: [:]) { $0[$1.freeze] = $1 }
    case .analysisFinished(let result): try take(result)
    default: break
    }
  }

  private mutating func startHub() {
    for cluster in members.keys where members[cluster]?.isOnline == true {
      members[cluster]?.isOnline = false
      members[cluster]?.isUnheard = true
    }
    let outside = Set(members.keys.filter(isOutside))
    forget { !outside.contains($0) }
    windows = [:]
    graceEnd = now + .seconds(120)
  }

  private mutating func lose(_ cluster: ClusterUID) {
    members[cluster]?.isOnline = false
    members[cluster]?.isUnheard = false
    // What an air-gapped one told is all that is known of it.
    if !isOutside(cluster) { forget { $0 == cluster } }
  }

  private mutating func forget(_ isMeant: (ClusterUID) -> Bool) {
    observed = observed.filter { !isMeant($0.key.cluster) }
    passingSince = passingSince.filter { !isMeant($0.key.cluster) }
  }

  private mutating func take(_ event: RenderedRelease) {
    let app = event.release.app
    let governing = [plans[app], event.plan].compactMap { $0 }
    plans[app] = event.plan
    latest[app] = Rendered(
      release: event.release, plans: governing, guarded: event.guardedDeletions.filter { members[$0.key] != nil })
    rendered["\(app)@\(event.release.commit)", default: [:]].merge(event.release.clusters) { $1 }
    releaseHolds(of: app, event.release)
  }

  private mutating func take(_ amendment: Amendment) {
    guard let digest = amendment.digest else { return }
    rendered["\(amendment.app)@\(amendment.commit)", default: [:]][amendment.cluster] = digest
    let place = Place(app: amendment.app, stage: members[amendment.cluster]?.facts.environment ?? "")
    if let verifier = verifiers[place]?.now, runs[verifier]?.commit == amendment.commit {
      verify(Spot(app: amendment.app, cluster: amendment.cluster), digest)
    }
  }

  private mutating func take(_ result: AnalysisResult) throws {
    guard let run = runs[result.rollout], let index = run.stages.firstIndex(of: result.stage) else {
      throw Violation("an analysis is of a stage under way", "\(result)")
    }
    try hold(
      run.stageStates[index] == "Analyzing" && run.analyses[index] == result.number,
      "an analysis that counts is of the current number", "\(result), not \(run.analyses[index])")
    runs[result.rollout]?.analysisPassed[index] = result.outcome == .passed
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

  func passes(_ spot: Spot, _ digest: AppDigest, _ gate: AppDeclaration.Gate) -> Bool {
    observed[spot].map { $0.digest == digest && passes($0, gate) } ?? false
  }

  /// Whether evidence for the digest says that it is broken.
  func isDegraded(_ spot: Spot, _ digest: AppDigest, _ gate: AppDeclaration.Gate) -> Bool {
    guard let seen = observed[spot], seen.digest == digest else { return false }
    if seen.sync == .failed { return true }
    return gate == .healthy && !isAbsence(digest, of: spot.app) && seen.blocking && seen.health == .degraded
  }
}

// MARK: Operators

extension InvariantChecker {
  /// The part of a release that a promotion up to a stage is of.
  private func clusters(of release: Release, upTo last: String) -> [ClusterUID: AppDigest] {
    let names = plans[release.app]?.pipeline.stages.map(\.name) ?? []
    guard let end = names.firstIndex(of: last) else { return [:] }
    return release.clusters.filter { cluster, _ in
      members[cluster].flatMap { names.firstIndex(of: $0.facts.environment) }.map { $0 <= end } ?? false
    }
  }

  private mutating func take(_ act: OperatorAct.Act) {
    switch act {
    case .approved(let id, let release, let stage): approve(id, release, stage)
    case .deletionsConfirmed(let id, let stage, let count): confirm(id, stage, count)
    case .freezeOverridden(let id, let stage): runs[id]?.overridden.insert(stage)
    case .paused(let id): runs[id]?.isPausedByHand = true
    case .resumed(let id): runs[id]?.isPausedByHand = false
    case .suspended(let scope): suspensions.insert(scope)
    case .unsuspended(let scope): suspensions.remove(scope)
    case .held(let app, let digests, let stages):
      let number = nextHold(app)
      holds[app, default: []].append(
        Hold(number: number, isAutomatic: false, stages: Set(stages), digests: Set(digests)))
    case .holdLifted(let app, let number): holds[app]?.removeAll { $0.number == number }
    case .promoted(let promoted, let last):
      let release = promoted.release
      rendered["\(release.app)@\(release.commit)", default: [:]].merge(release.clusters) { $1 }
      leaveHolds(of: release.app, Set(clusters(of: release, upTo: last).values))
    default: break
    }
  }

  /// An approval counts from when it is given: a rollout that is paused makes use of it later.
  private mutating func approve(_ id: String, _ release: ReleaseDigest, _ name: String) {
    guard let run = runs[id], run.release == release, let index = run.stages.firstIndex(of: name) else { return }
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
    let all = Array(waiting.keys) + outsideToCome(index, run)
    if all.reduce(0, { $0 + (run.guarded[$1] ?? 0) }) == count { runs[id]?.confirmed.insert(name) }
  }
}
