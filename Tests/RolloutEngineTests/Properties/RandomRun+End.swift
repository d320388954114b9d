import Digests
import FleetModel
import Manifests

@testable import RolloutEngine
@testable import RolloutRules

// Time, and the end of a run.

extension RandomRun {
  mutating func wake() throws {
    guard let wake = engine.nextWake else { return }
    now = max(now, wake)
    // One app at a time, where that is all that one event does; who was not heard since a start comes before all.
    for _ in 0...Self.apps.count where engine.nextWake.map({ $0 <= now }) == true { try hand(.timePassed) }
    try hold(engine.nextWake.map { $0 > now } ?? true, "what was due is done", "\(now)")
  }

  mutating func wait(_ span: Duration) throws {
    let end = now + span
    while let wake = engine.nextWake, wake <= end { try self.wake() }
    now = end
  }

  /// Everybody comes back, everything is mended, and a good commit goes through all stages.
  mutating func finish() throws {
    for app in Self.apps {
      plans[app]?.gate = .healthy
      plans[app]?.dependsOn = []
      plans[app]?.freezes = []
      try publish(["dev": "good-x", "staging": "good-x", "prod": "good-x"], app, "end-\(app)")
    }
    for suspension in engine.suspensions { try act(.unsuspended(suspension.scope)) }
    for cluster in away { try connect(cluster) }
    for _ in 0..<400 {
      try settle()
      if engine.nextWake == nil, isDone { break }
      if let wake = engine.nextWake, wake > now { now = wake }
      try hand(.timePassed)
    }
    try hold(isDone, "every run ends", describeEnd())
    try checkEnd()
  }

  /// Lets people and agents do all there is to do before time goes on: nothing runs into a deadline any more.
  mutating func settle() throws {
    while true {
      let before = transitions
      try answerAllAmendments()
      try tellWindows(0, areAllOpen: true)
      try finishAnalyses(0, isGood: true)
      for app in Self.apps { if let rollout = engine.status(ofApp: app)?.rollout { try mend(rollout) } }
      for _ in 0..<4 { for cluster in online.sorted() { try work(cluster) } }
      if transitions == before { return }
    }
  }

  mutating func mend(_ rollout: RolloutStatus) throws {
    switch rollout.state {
    case .failed: try act(.retried(rollout: rollout.id))
    case .paused: try act(.resumed(rollout: rollout.id))
    default:
      try confirm(rollout, off: 0)
      try approve(rollout)
    }
  }

  var isDone: Bool {
    engine.pendingAmendments.isEmpty
      && Self.apps.allSatisfy { app in
        guard let status = engine.status(ofApp: app) else { return false }
        return status.rollout?.state == .succeeded && status.beside.isEmpty
          && status.rollout?.stages.allSatisfy { $0.counts.inFlight + $0.counts.pending + $0.counts.offline == 0 }
            == true
      }
  }

  func describeEnd() -> String {
    Self.apps.compactMap { engine.status(ofApp: $0) }.map { status in
      let stages = status.rollout?.stages.map {
        "\($0.name) \($0.state): \($0.reason) \($0.clusters.map { "\($0.cluster) \($0.state): \($0.reason)" })"
      }
      return
        "\(status.rollout?.id ?? "") \(status.rollout?.reason ?? ""): \(stages ?? []), beside \(status.beside.map { "\($0.status.cluster) \($0.status.state)" })"
    }.joined(separator: "\n") + "\n\(engine.pendingAmendments) \(String(describing: engine.nextWake))"
  }

  /// Git is what runs, everywhere; and the log tells how it came to that.
  mutating func checkEnd() throws {
    for cluster in members.keys.sorted() {
      for app in Self.apps {
        let wanted = digest(app, "end-\(app)", cluster)
        let assigned = engine.assignments(of: cluster).first { $0.app == app }?.digest
        try hold(
          assigned == wanted, "in the end everything runs what Git says", "\(app) on \(cluster)\n\(describeEnd())")
      }
    }
    let read = try log.map { try RolloutLogEntry(canonicalJSON: $0.canonicalJSON) }
    try hold(read == log, "a log read back is the log")
    var replayed = RolloutEngine()
    replayed.dueLimit = engine.dueLimit
    for entry in read { try replayed.replay(entry) }
    try hold(replayed.snapshot == engine.snapshot, "a log replayed leads to the same state")
    try hold(replayed.nextWake == engine.nextWake, "a replayed engine wakes at the same time")
    var again = RolloutEngine()
    again.dueLimit = engine.dueLimit
    let entries = read.compactMap { again.handle($0.event, at: $0.time).entry }
    try hold(entries == log, "equal events lead to equal logs")
  }
}
