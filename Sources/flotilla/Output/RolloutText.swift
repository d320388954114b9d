import FleetModel
import Wire

// A rollout for people: what it is, then each stage with its clusters.

extension FlotillaV1.RolloutDetail {
  func text(wide: Bool) -> String {
    guard let rollout else { return "" }
    var lines = [rollout.title]
    if !rollout.reason.isEmpty { lines.append("  \(rollout.reason)") }
    for stage in stages { lines += ["", stage.title] + stage.notes.map { "  \($0)" } + stage.table(wide: wide) }
    lines += table(of: beside)
    if !holds.isEmpty || queued != nil {
      lines.append("")
      lines += holds.map(\.line)
      if let queued { lines.append("commit \(queued.commit.prefix(8)) waits: \(queued.reason)") }
    }
    if !unmatched.isEmpty {
      lines += ["", "matched by no stage, and rolled out nothing: \(unmatched.joined(separator: ", "))"]
    }
    return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
      .map { Terminal.harmless(String($0)) + "\n" }.joined()
  }

  private func table(of beside: [FlotillaV1.LooseCluster]) -> [String] {
    guard !beside.isEmpty else { return [] }
    var table = Table("  CLUSTER", "ROLLOUT", "WHY", "STATE", "REASON")
    for loose in beside {
      let cluster = loose.cluster ?? .init()
      table.add(
        "  \(cluster.name)", loose.rollout,
        loose.rollingBack ? "goes back" : loose.catchingUp ? "catches up" : "settles", "\(cluster.state)",
        cluster.reason)
    }
    return ["", "beside it"] + table.lines
  }
}

extension FlotillaV1.Rollout {
  var title: String {
    let subject = commit?.subject ?? ""
    return ["\(app)", id, "commit \((commit?.id ?? "").prefix(8))", "\(state)"].joined(separator: "  ")
      + (subject.isEmpty ? "" : "\n  \"\(subject)\" by \(commit?.committer ?? "")")
      + (unverified ? "\n  its gate asks for sync only: nothing here says that the app works" : "")
  }
}

extension FlotillaV1.RolloutStage {
  var title: String {
    let parts = ["\(name)", "\(state)", isBetweenWaves ? "wave \(wave) of \(waves)" : "", counts?.text ?? ""]
    return parts.filter { !$0.isEmpty }.joined(separator: "  ")
  }

  /// Whether it matters which wave it is in.
  var isBetweenWaves: Bool { wave > 0 && state != .succeeded }

  /// What else there is to say of the stage.
  var notes: [String] {
    var notes = reason.isEmpty ? [] : [reason]
    if let approval, !approval.actor.isEmpty {
      notes.append("approved by \(approval.actor) \(age(approval.timeUnixMs)) ago")
    }
    if let deletions, !deletions.actor.isEmpty { notes.append("deletions confirmed by \(deletions.actor)") }
    if nextDeadlineUnixMs > 0, state != .succeeded {
      notes.append("something changes by itself \(due(nextDeadlineUnixMs))")
    }
    if supersededWhileWaiting > 0 {
      notes.append("\(counted(Int(clamping: supersededWhileWaiting), "release")) superseded while waiting here")
    }
    return notes
  }

  fileprivate func table(wide: Bool) -> [String] {
    guard !clusters.isEmpty else { return [] }
    var table = Table(
      ["  CLUSTER", "STATE", "SINCE"] + (wide ? ["DUE", "SOAKS BROKEN", "TARGET", "ASSIGNED"] : []) + ["REASON"])
    for cluster in clusters {
      let more = [
        cluster.deadlineUnixMs > 0 ? due(cluster.deadlineUnixMs) : "-", "\(cluster.soakRestarts)",
        String(hex(cluster.target).prefix(12)),
        cluster.assigned.isEmpty ? "-" : String(hex(cluster.assigned).prefix(12)),
      ]
      table.add(
        ["  \(cluster.name)", "\(cluster.state)", age(cluster.changedUnixMs)] + (wide ? more : []) + [cluster.reason])
    }
    return table.lines
  }
}

extension FlotillaV1.StageCounts {
  /// How many clusters stand where, those states left out that nobody is in.
  var text: String {
    [
      (soaked, "soaked"), (inFlight, "in flight"), (pending, "pending"), (failed, "failed"), (offline, "offline"),
      (excluded, "excluded"), (held, "held"), (unchanged, "unchanged"), (outside, "air-gapped"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
