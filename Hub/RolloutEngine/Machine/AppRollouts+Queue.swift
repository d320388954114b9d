internal import FleetModel

// Releases that wait for the rollout under way: Docs/rollouts.md, "A rollout".

extension AppRollouts {
  /// Lets a release wait where it has to; false where it may start.
  mutating func queueUp(_ next: Queued, _ step: inout Step) -> Bool {
    queued = next
    step.changed = true
    guard isQueueHeld(at: step.now) else {
      queued = nil
      return false
    }
    scheduleQueue(&step)
    return true
  }

  /// Starts what waited, where it need not any longer.
  mutating func startQueued(_ ground: inout Ground, _ step: inout Step) {
    guard let next = queued else { return }
    if isQueueHeld(at: step.now) { return scheduleQueue(&step) }
    queued = nil
    step.changed = true
    start(next.release, next.digest, next.strategy, next.guarded, &ground, &step)
    forgetMoves(&step)
  }

  private mutating func scheduleQueue(_ step: inout Step) {
    guard let due = queueDue, due != scheduledQueue else { return }
    scheduledQueue = due
    step.dues.append(Due(time: due, app: app, cluster: nil))
  }

  /// When time alone lets go what waits; nil where it waits for something else, or for nothing.
  var queueDue: Timestamp? {
    if let queued, let current, queued.waitsForEnd, !current.state.isEnded { return nil }
    return queueEnd
  }

  /// When rollouts are far enough apart; nil where they need not be.
  private var queueEnd: Timestamp? {
    guard let queued, let current, current.state.keepsInterval, queued.interval > .zero else { return nil }
    return current.startedAt + queued.interval
  }

  private func isQueueHeld(at now: Timestamp) -> Bool {
    guard let queued, let current else { return false }
    if queued.waitsForEnd, !current.state.isEnded { return true }
    return queueEnd.map { now < $0 } ?? false
  }

  /// What the queued release waits for: one clause.
  var queueReason: String? {
    guard let queued, let current else { return nil }
    if queued.waitsForEnd, !current.state.isEnded { return "waits for \(current.id) to end" }
    return queueEnd.map { "waits until \($0): rollouts of the app start \(queued.interval.words) apart" }
  }
}

extension RolloutState {
  /// Whether the next rollout keeps its distance: what went wrong is followed at once.
  fileprivate var keepsInterval: Bool {
    switch self {
    case .planned, .running, .paused, .succeeded: true
    case .failed, .aborted, .rolledBack, .superseded: false
    }
  }
}
