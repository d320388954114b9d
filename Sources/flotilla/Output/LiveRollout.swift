import FleetModel
import Manifests
import Wire

/// A rollout as its watcher knows it, put together from what the hub tells bit by bit.
struct LiveRollout {
  private(set) var detail = FlotillaV1.RolloutDetail()
  /// What the hub's clock is ahead of this machine's.
  private var ahead: Int64 = 0
  /// By stage, by the cluster's name.
  private var clusters: [String: [String: FlotillaV1.RolloutCluster]] = [:]

  var rollout: FlotillaV1.Rollout { detail.rollout ?? .init() }

  /// Whether the rollout is over.
  var isOver: Bool { rollout.endedUnixMs != 0 }

  /// A connection that begins anew is told everything again.
  mutating func beginAgain() { clusters = [:] }

  /// One thing that has changed.
  struct Change {
    /// For people.
    var line: String
    /// For programs, apart from its time.
    var form: Object
  }

  /// Takes over what is new; returns each thing that has changed.
  mutating func take(_ change: FlotillaV1.RolloutChange, now: Timestamp) -> [Change] {
    guard let next = change.rollout else { return [] }
    ahead = change.nowUnixMs - now.milliseconds
    let before = detail
    detail = next
    var changes: [Change] = []
    let rollout = next.rollout ?? .init()
    if before.rollout?.state != rollout.state { changes.append(rollout.change) }
    for (index, stage) in next.stages.enumerated() {
      let old = before.stages.first { $0.name == stage.name }
      if old?.state != stage.state || old?.wave != stage.wave { changes.append(stage.change(of: rollout)) }
      for cluster in stage.clusters {
        let known = clusters[stage.name]?.updateValue(cluster, forKey: cluster.name)
        if known == nil { clusters[stage.name, default: [:]][cluster.name] = cluster }
        if known?.state != cluster.state, known != nil || cluster.state != .pending {
          changes.append(cluster.change(in: stage.name, of: rollout))
        }
      }
      detail.stages[index].clusters = (clusters[stage.name] ?? [:]).values.sorted { $0.name.precedesInBytes($1.name) }
    }
    return changes
  }

  // MARK: On a terminal

  /// Cells of a stage's bar.
  private static let barWidth = 24

  /// The rollout on a terminal of so many rows, with what goes on now.
  func screen(rows: Int, now: Timestamp) -> [String] {
    let instant = Timestamp(milliseconds: now.milliseconds + ahead)
    var lines = [rollout.title + "  for \(age(rollout.startedUnixMs, now: instant))"].flatMap {
      $0.split(separator: "\n").map(String.init)
    }
    if !rollout.reason.isEmpty { lines.append("  \(rollout.reason)") }
    lines.append("")
    lines += stageLines(instant)
    let moving = movingLines(instant)
    let room = max(1, rows - lines.count - 3)
    if !moving.isEmpty {
      lines += [""] + moving.prefix(room)
      if moving.count > room { lines.append("  … and \(moving.count - room) more") }
    }
    return lines
  }

  private func stageLines(_ now: Timestamp) -> [String] {
    var table = Table([])
    for stage in detail.stages {
      let counts = stage.counts ?? .init()
      var note = stage.state == .awaitingBefore ? "waits for \(stage.wait)" : ""
      if stage.nextDeadlineUnixMs > 0, stage.state != .succeeded {
        note = "next \(due(stage.nextDeadlineUnixMs, now: now))"
      }
      table.add(
        stage.name, LiveRollout.bar(counts), "\(counts.soaked)/\(counts.changed)",
        "\(stage.state)" + (stage.isBetweenWaves ? " wave \(stage.wave)/\(stage.waves)" : ""),
        counts.text, note)
    }
    return table.lines.filter { !$0.isEmpty }
  }

  /// Soaked is full, in flight is half, failed is a cross, what has yet to come is a dot.
  private static func bar(_ counts: FlotillaV1.StageCounts) -> String {
    guard counts.changed > 0 else { return String(repeating: "─", count: barWidth) }
    func cells(upTo count: Int64) -> Int { Int(count * Int64(barWidth) / counts.changed) }
    let soaked = cells(upTo: counts.soaked)
    let moving = cells(upTo: counts.soaked + counts.inFlight)
    let failed = cells(upTo: counts.soaked + counts.inFlight + counts.failed)
    return String(repeating: "█", count: soaked) + String(repeating: "▒", count: moving - soaked)
      + String(repeating: "×", count: failed - moving) + String(repeating: "·", count: barWidth - failed)
  }

  /// Clusters about which there is something to say, those that need a person first.
  private func movingLines(_ now: Timestamp) -> [String] {
    var table = Table([])
    let shown = detail.stages.flatMap { stage in stage.clusters.map { (stage.name, $0) } }
      .filter { $0.1.state.urgency != nil }
      .enumerated().sorted {
        ($0.element.1.state.urgency ?? 0, $0.offset) < ($1.element.1.state.urgency ?? 0, $1.offset)
      }
    for (_, (stage, cluster)) in shown {
      table.add(
        "  \(stage)/\(cluster.name)", "\(cluster.state)", age(cluster.changedUnixMs, now: now),
        cluster.deadlineUnixMs > 0 ? due(cluster.deadlineUnixMs, now: now) : "", cluster.reason)
    }
    return table.lines.filter { !$0.isEmpty }
  }
}

extension FlotillaV1.StageCounts {
  /// Clusters that the release changes there.
  fileprivate var changed: Int64 { pending + inFlight + soaked + failed + offline }
}

// What has changed: the rollout, a stage or a cluster, as `rollout status -o json` has it, under the same keys for each.

extension FlotillaV1.Rollout {
  fileprivate var change: LiveRollout.Change {
    change("rollout", "rollout \(id) is \(state): \(reason)", state: "\(state)", reason, form)
  }

  fileprivate func change(
    _ kind: String, _ line: String, stage: String = "", cluster: String = "", state: String, _ reason: String,
    _ value: Value
  ) -> LiveRollout.Change {
    LiveRollout.Change(
      line: Terminal.harmless(line),
      form: [
        "kind": .string(kind), "app": .string(app), "rollout": .string(id), "stage": .string(stage),
        "cluster": .string(cluster), "state": .string(state), "reason": .string(reason), "value": value,
      ])
  }
}

extension FlotillaV1.RolloutStage {
  fileprivate func change(of rollout: FlotillaV1.Rollout) -> LiveRollout.Change {
    // The reason of a stage that rolls out begins with its wave.
    let wave = isBetweenWaves && !reason.hasPrefix("wave ") ? ", wave \(wave) of \(waves)" : ""
    var own = self
    own.clusters = []
    return rollout.change(
      "stage", "stage \(name) is \(state)\(wave): \(reason)", stage: name, state: "\(state)", reason, own.form)
  }
}

extension FlotillaV1.RolloutCluster {
  fileprivate func change(in stage: String, of rollout: FlotillaV1.Rollout) -> LiveRollout.Change {
    rollout.change(
      "cluster", "\(stage)/\(name) is \(state): \(reason)", stage: stage, cluster: name, state: "\(state)", reason, form
    )
  }
}

extension FlotillaV1.RolloutClusterState {
  /// What is shown first; nil for what need not be shown one by one.
  fileprivate var urgency: Int? {
    switch self {
    case .failed, .timedOut: 0
    case .offline: 2
    case .awaitingExport, .awaitingReport: 3
    case .offered, .pulled, .applying, .progressing, .healthy: 1
    default: nil
    }
  }
}
