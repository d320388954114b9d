internal import FleetModel

/// One cluster in one rollout: its state, the evidence for it, and its deadlines.
///
/// Everything here is by Docs/rollouts.md, "A cluster in a rollout".
struct ClusterTrack: Hashable {
  let name: String
  let target: AppDigest
  var state: ClusterState
  var reason: String
  var changedAt: Timestamp
  /// Pending: not offered anything before this instant.
  var readyAt: Timestamp?
  /// When the pull deadline started to run.
  var offeredAt: Timestamp?
  var pulledAt: Timestamp?
  /// Whether the gate was met since it pulled.
  var hasPassed = false
  /// When the soak started; nil where it waits for fresh evidence.
  var soakFrom: Timestamp?
  var restarts = 0
  var degradedSince: Timestamp?
  /// No deadline ends before this instant: the hub was away, so that nobody could be heard.
  var deadlineFloor: Timestamp?
  /// What was assigned before the offer.
  var before: Assignment?
  /// Online, and its last evidence passes.
  var isAvailable = false

  init(name: String, target: AppDigest, state: ClusterState, reason: String, at now: Timestamp) {
    self.name = name
    self.target = target
    self.state = state
    self.reason = reason
    changedAt = now
  }
}

/// Where a cluster goes next, and why.
struct Move: Hashable {
  var to: ClusterState
  var reason: String
  init(_ to: ClusterState, _ reason: String) {
    self.to = to
    self.reason = reason
  }
}

extension ClusterTrack {
  /// Makes the cluster start from the beginning, as if it had never been offered anything.
  mutating func reset() {
    readyAt = nil
    offeredAt = nil
    pulledAt = nil
    hasPassed = false
    soakFrom = nil
    restarts = 0
    degradedSince = nil
    deadlineFloor = nil
    before = nil
    isAvailable = false
  }

  mutating func beginOffer(at now: Timestamp, before assignment: Assignment?) {
    let breaks = restarts
    reset()
    restarts = breaks
    offeredAt = now
    before = assignment
  }

  /// The agent holds everything: the progress deadline runs.
  mutating func pull(at now: Timestamp) {
    pulledAt = pulledAt ?? now
    before = nil
  }
}

// MARK: Evidence

extension ClusterTrack {
  /// Takes in what the cluster's last report says about the target.
  mutating func judge(_ verdict: Verdict, rules: StageRules, at now: Timestamp) -> Move? {
    if state.isInFlight { return judgeInFlight(verdict, rules: rules, at: now) }
    if state == .soaked { judgeSoaked(verdict, at: now) }
    return nil
  }

  private mutating func judgeInFlight(_ verdict: Verdict, rules: StageRules, at now: Timestamp) -> Move? {
    // Nothing said about the target: it is not fetched yet, or, where it was met before, no longer runs.
    if verdict == .none { return state == .healthy ? breakSoak("reports another digest", .progressing, at: now) : nil }
    pull(at: now)
    isAvailable = verdict == .passes
    degradedSince = verdict.isDegraded ? degradedSince ?? now : nil
    switch verdict {
    case .none: return nil
    case .passes: return pass(rules: rules, at: now)
    case .applying(let reason): return hold(.applying, reason, at: now)
    case .waiting(let reason), .degraded(let reason): return hold(.progressing, reason, at: now)
    }
  }

  private mutating func pass(rules: StageRules, at now: Timestamp) -> Move? {
    hasPassed = true
    guard soakFrom == nil else { return nil }
    soakFrom = now
    if state == .healthy { return nil }
    if rules.soak == .zero { return Move(.soaked, "meets the gate, and the stage asks for no soak") }
    return Move(.healthy, "meets the gate; soaks for \(rules.soak.words)")
  }

  private mutating func hold(_ next: ClusterState, _ why: String, at now: Timestamp) -> Move? {
    if state == .healthy { return breakSoak(why, next, at: now) }
    if state == next {
      reason = why
      return nil
    }
    return Move(next, why)
  }

  private mutating func breakSoak(_ why: String, _ next: ClusterState, at now: Timestamp) -> Move {
    isAvailable = false
    soakFrom = nil
    restarts += 1
    if restarts > RolloutLimits.soakRestarts {
      return Move(.failed, "the soak was broken \(restarts) times, the last time by: \(why)")
    }
    return Move(next, "the soak is broken (\(restarts) of \(RolloutLimits.soakRestarts)): \(why)")
  }

  private mutating func judgeSoaked(_ verdict: Verdict, at now: Timestamp) {
    isAvailable = verdict == .passes
    degradedSince = verdict.isDegraded ? degradedSince ?? now : nil
  }
}

extension Verdict {
  fileprivate var isDegraded: Bool { if case .degraded = self { true } else { false } }
}

// MARK: Time

extension ClusterTrack {
  /// The next instant at which time alone changes the state.
  func due(_ rules: StageRules) -> Timestamp? {
    switch state {
    case .pending: readyAt
    case .offered: pullDeadline(rules)
    case .pulled, .applying, .progressing: earliest(progressDeadline(rules), graceEnd)
    case .healthy: earliest(soakFrom.map { $0 + rules.soak }, progressDeadline(rules))
    case .soaked: graceEnd
    default: nil
    }
  }

  private func pullDeadline(_ rules: StageRules) -> Timestamp? {
    offeredAt.map { later($0 + rules.pullDeadline, deadlineFloor) }
  }

  private func progressDeadline(_ rules: StageRules) -> Timestamp? {
    pulledAt.map { later($0 + (hasPassed ? rules.soakBound : rules.progressDeadline), deadlineFloor) }
  }

  private var graceEnd: Timestamp? {
    degradedSince.map { later($0 + RolloutLimits.failureGrace, deadlineFloor) }
  }

  /// What the time that has passed makes of the state.
  mutating func tick(_ rules: StageRules, at now: Timestamp) -> Move? {
    guard let due = due(rules), due <= now else { return nil }
    switch state {
    case .pending:
      readyAt = nil
      return nil
    case .offered: return Move(.timedOut, "online, and did not pull within \(rules.pullDeadline.words)")
    case .healthy: return tickHealthy(rules, at: now)
    case .pulled, .applying, .progressing: return Move(.failed, overdue(rules, at: now))
    case .soaked: return Move(.failed, "degraded for \(RolloutLimits.failureGrace.words) after it had soaked")
    default: return nil
    }
  }

  private func tickHealthy(_ rules: StageRules, at now: Timestamp) -> Move {
    if let soakFrom, soakFrom + rules.soak <= now {
      return Move(.soaked, "met the gate for \(rules.soak.words) without a break")
    }
    return Move(.failed, "did not soak within \(rules.soakBound.words) of pulling")
  }

  private func overdue(_ rules: StageRules, at now: Timestamp) -> String {
    let last = reason.isEmpty ? "" : ": \(reason)"
    if let graceEnd, graceEnd <= now { return "degraded for \(RolloutLimits.failureGrace.words)\(last)" }
    if hasPassed { return "did not soak within \(rules.soakBound.words) of pulling\(last)" }
    return "did not meet the gate within \(rules.progressDeadline.words) of pulling\(last)"
  }
}

// MARK: Links

extension ClusterTrack {
  /// What was observed counts no longer, and nobody can be heard before this instant.
  mutating func forgetEvidence(deadlinesFrom floor: Timestamp) {
    isAvailable = false
    soakFrom = nil
    degradedSince = nil
    if state.isInFlight || state == .soaked { deadlineFloor = later(floor, deadlineFloor) }
  }
}
