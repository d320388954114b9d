internal import FleetModel

/// An app on an air-gapped cluster: it stands outside the gates of its stage, and is assigned what that verified.
///
/// Everything here is by Docs/rollouts.md, "Air-gapped clusters".
struct Outsider: Hashable {
  /// What its stage verified for it, while something keeps it from being assigned that.
  struct Due: Hashable {
    var assignment: Assignment
    var stage: String
  }

  struct Refusal: Hashable {
    var digest: AppDigest
    var reason: String
  }

  let name: String
  /// The stage that it was given what it is assigned in.
  var stage: String
  /// The rollout whose release it was assigned last; empty before the first.
  var rollout = ""
  var due: Due?
  /// What it was assigned when it pulled last.
  var pulled: Assignment?
  var refusal: Refusal?
  var state = ClusterState.pending
  var reason = "is assigned nothing yet"
  var changedAt: Timestamp

  init(name: String, stage: String, at now: Timestamp) {
    self.name = name
    self.stage = stage
    changedAt = now
  }
}

extension ClusterState {
  /// Those of an app on an air-gapped cluster. Any may follow any other: what the cluster tells may be long past.
  static let outside: Set<ClusterState> = [
    .pending, .awaitingExport, .awaitingReport, .applying, .progressing, .healthy, .failed,
  ]
}

extension Outsider {
  /// Where it stands, by what it is assigned, what it pulled and what it says of that.
  func standing(_ assigned: Assignment?, _ verdict: Verdict) -> Move {
    guard let assigned else { return Move(.pending, "is assigned nothing yet") }
    if refusal?.digest == assigned.digest, let refusal {
      return Move(.failed, "refused what it was offered: \(refusal.reason)")
    }
    guard pulled?.digest == assigned.digest else {
      return Move(.awaitingExport, "has not pulled what \(assigned.rollout) gives it")
    }
    switch verdict {
    case .none:
      return Move(.awaitingReport, "pulled what \(assigned.rollout) gives it; no report of that has come back")
    case .passes: return Move(.healthy, "reports that it meets the gate")
    case .applying(let reason): return Move(.applying, reason)
    case .waiting(let reason): return Move(.progressing, reason)
    case .degraded(let reason): return Move(.failed, reason)
    }
  }
}

extension StageTrack {
  /// Whether the gates of the stage are passed for those outside alone: nobody else is changed, or was to be. Once it was
  /// offered to anybody, only how that went counts.
  var speaksForOutside: Bool {
    guard lane.counts.changed == 0, !hasOffered, held.isEmpty, !outsideToCome.isEmpty else { return false }
    return lane.tracks.values.allSatisfy { $0.state == .skipped(.noChange) || $0.state == .skipped(.removed) }
  }

  /// Whether the stage has nothing to do, for nobody.
  var changesNothing: Bool { lane.counts.changed == 0 && !speaksForOutside }

  /// What is to be approved, for people.
  var approvalWish: String { "changes \(extent) and waits for an approval" }

  /// How much the stage changes, for people.
  var extent: String {
    let changed = lane.counts.changed
    let outside = "\(outsideToCome.count) air-gapped"
    if outsideToCome.isEmpty { return counted(changed, "cluster") }
    return changed == 0
      ? "\(outside) \(outsideToCome.count == 1 ? "cluster" : "clusters")"
      : "\(counted(changed, "cluster")) and \(outside)"
  }
}
