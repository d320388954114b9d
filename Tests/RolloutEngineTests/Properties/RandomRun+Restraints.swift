import FleetModel
import Manifests

@testable import RolloutEngine

// Holds, freezes, suspensions, checks and the ways back.

extension RandomRun {
  mutating func restrain(_ kind: Command.Kind, _ app: String, _ rollout: RolloutStatus, _ pick: UInt64) throws {
    switch kind {
    case .windows: try tellWindows(pick)
    case .override:
      if let stage = rollout.stages.picked(by: pick >> 2)?.name {
        try act(.freezeOverridden(rollout: rollout.id, stage: stage))
      }
    case .analysis: try finishAnalyses(pick)
    case .hold: try holdSomething(app, rollout, pick >> 2)
    case .lift:
      if let hold = engine.status(ofApp: app)?.holds.picked(by: pick >> 2) {
        try act(.holdLifted(app: app, hold: hold.number))
      }
    case .rollBack:
      let stage = pick & 4 == 0 ? nil : Self.environments.picked(by: pick >> 3)
      let width = [nil, Width.count(1), .count(2)].picked(by: pick >> 6) ?? nil
      try act(.rolledBack(app: app, stage: stage, width: width))
    case .promote: try promote(app, pick >> 2)
    case .suspend: if let scope = scope(pick >> 2) { try act(.suspended(scope)) }
    case .unsuspend:
      if let scope = engine.suspensions.picked(by: pick >> 2)?.scope { try act(.unsuspended(scope)) }
    default: break
    }
  }

  /// Where the windows stand that anything goes by, and those of the plans that the next commits bring.
  mutating func tellWindows(_ pick: UInt64, areAllOpen: Bool = false) throws {
    let all = engine.freezesInUse.union(plans.values.flatMap(\.freezes)).sorted { $0.reason < $1.reason }
    var random = Randomness(seed: pick)
    try hand(
      .freezesChanged(
        all.map { freeze in
          let isOpen = areAllOpen ? freeze.kind == .allow : random.next() % 2 == 0
          return FreezeWindow(freeze: freeze, isOpen: isOpen, until: isOpen ? now + .seconds(600) : nil)
        }))
  }

  /// Answers a check, mostly that all is well; sometimes one that nobody waits for any longer.
  mutating func finishAnalyses(_ pick: UInt64, isGood: Bool = false) throws {
    for case .startAnalysis(let rollout, let stage, let number, _) in engine.pendingAnalyses {
      let outcomes: [AnalysisResult.Outcome] = [.passed, .passed, .passed, .failed, .inconclusive]
      let outcome = isGood ? .passed : outcomes.picked(by: pick) ?? .passed
      let old = !isGood && (pick >> 8) % 4 == 0 ? 1 : 0
      try hand(
        .analysisFinished(
          AnalysisResult(
            rollout: rollout, stage: stage, number: number - old, outcome: outcome, reason: "2 of 40 failed")))
    }
  }

  private mutating func holdSomething(_ app: String, _ rollout: RolloutStatus, _ pick: UInt64) throws {
    let asked = Set(rollout.stages.flatMap(\.clusters).map(\.target)).sorted { "\($0)" < "\($1)" }
    guard let digest = asked.picked(by: pick) else { return }
    let stage = Self.environments.picked(by: pick >> 8)
    try act(.held(app: app, digests: [digest], stages: pick & 16 == 0 ? [] : stage.map { [$0] } ?? []))
  }

  private mutating func promote(_ app: String, _ pick: UInt64) throws {
    guard let release = releases.filter({ $0.app == app }).picked(by: pick),
      let stage = Self.environments.picked(by: pick >> 12)
    else { return }
    let promoted = PromotedRelease(release: release, guardedDeletions: guardedDeletions(app, release))
    try act(.promoted(promoted, stage: stage))
  }

  private func scope(_ pick: UInt64) -> SuspensionScope? {
    switch pick % 4 {
    case 0: Self.apps.picked(by: pick >> 4).map { .app($0) }
    case 1: Self.environments.picked(by: pick >> 4).map { .environment($0) }
    default: cluster(pick >> 4).map { .cluster($0) }
    }
  }

  static let freezes = [
    Freeze(
      environments: ["prod"], schedule: "0 18 * * FRI", duration: .seconds(3600), timeZone: "UTC", reason: "weekend"),
    Freeze(
      environments: ["dev", "prod"], schedule: "0 0 24 12 *", duration: .seconds(3600), timeZone: "UTC",
      reason: "holidays"),
    Freeze(
      kind: .allow, environments: ["staging"], schedule: "0 9 * * *", duration: .seconds(3600), timeZone: "UTC",
      reason: "office hours"),
  ]

  static let analyses = [
    Analysis(name: "errors", probe: .http(url: "http://127.0.0.1/errors")),
    Analysis(name: "latency", probe: .http(url: "http://127.0.0.1/latency")),
  ]
}
