public import FleetModel
import Logging
import RolloutEngine

/// Asks one check once.
public protocol AnalysisProbing: Sendable {
  /// What came of it. Never throws: that nobody answers is an answer.
  func measure(_ analysis: Analysis) async -> AnalysisMeasurement
}

/// The checks of a stage that have to be run.
struct AnalysisOrder: Hashable, Sendable {
  var rollout: String
  var stage: String
  /// Goes back with the result.
  var number: Int
  var checks: [Analysis]

  init(rollout: String, stage: String, number: Int, checks: [Analysis]) {
    self.rollout = rollout
    self.stage = stage
    self.number = number
    self.checks = checks
  }

  /// nil for an action that asks for something else.
  init?(action: RolloutAction) {
    guard case .startAnalysis(let rollout, let stage, let number, let checks) = action else { return nil }
    self.init(rollout: rollout, stage: stage, number: number, checks: checks)
  }
}

/// Runs the checks that rollouts ask for, and hands the results back.
///
/// What runs is held nowhere: a hub that starts again begins what the engine still waits for anew.
actor AnalysisKeeper {
  private struct Place: Hashable {
    var rollout: String
    var stage: String
  }

  private struct Run {
    var number: Int
    var task: Task<Void, Never>
  }

  private let rollouts: RolloutAdvancer
  private let orders: AsyncStream<AnalysisOrder>
  private let probes: any AnalysisProbing
  private let logger: Logger
  private var running: [Place: Run] = [:]

  init(
    rollouts: RolloutAdvancer, orders: AsyncStream<AnalysisOrder>, probes: any AnalysisProbing, logger: Logger
  ) {
    self.rollouts = rollouts
    self.orders = orders
    self.probes = probes
    self.logger = logger
  }

  /// What the engine waits for since before this hub started.
  func pending() async -> [AnalysisOrder] {
    await rollouts.read { $0.pendingAnalyses }.compactMap(AnalysisOrder.init(action:))
  }

  /// Takes orders until the task is cancelled; then nothing runs any longer.
  func run() async {
    for await order in orders { start(order) }
    for run in running.values { run.task.cancel() }
    for run in running.values { await run.task.value }
  }

  /// Begins the checks of a stage; those of an earlier order for it end.
  func start(_ order: AnalysisOrder) {
    let place = Place(rollout: order.rollout, stage: order.stage)
    running[place]?.task.cancel()
    running[place] = Run(
      number: order.number, task: Task { await self.end(order, place, with: await self.result(of: order)) })
  }

  private func end(_ order: AnalysisOrder, _ place: Place, with result: AnalysisResult?) async {
    // A later order may have the place by now.
    guard !Task.isCancelled, running[place]?.number == order.number else { return }
    running[place] = nil
    guard let result else { return }
    logger.info(
      "analysis ended",
      metadata: [
        "rollout": "\(result.rollout)", "stage": "\(result.stage)", "outcome": "\(result.outcome.rawValue)",
        "reason": "\(result.reason)",
      ])
    await rollouts.submit(.analysisFinished(result))
  }

  /// What the checks make of the release together: the first that does not pass decides. nil when nobody waits for it any
  /// longer.
  private nonisolated func result(of order: AnalysisOrder) async -> AnalysisResult? {
    await withTaskGroup(of: AnalysisTally.Verdict?.self) { group in
      for check in order.checks { group.addTask { await self.verdict(of: check, order) } }
      var passed: [String] = []
      var unsure: AnalysisTally.Verdict?
      for await verdict in group {
        guard let verdict else {
          group.cancelAll()
          return nil
        }
        switch verdict.outcome {
        case .failed:
          group.cancelAll()
          return order.result(verdict)
        case .inconclusive: unsure = unsure ?? verdict
        case .passed: passed.append(verdict.reason)
        }
      }
      return order.result(
        unsure ?? AnalysisTally.Verdict(outcome: .passed, reason: passed.sorted().joined(separator: "; ")))
    }
  }

  private nonisolated func verdict(of check: Analysis, _ order: AnalysisOrder) async -> AnalysisTally.Verdict? {
    var tally = AnalysisTally(check)
    while !Task.isCancelled, await isWanted(order) {
      if let verdict = tally.record(await probes.measure(check)) { return verdict }
      try? await Task.sleep(for: check.interval)
    }
    return nil
  }

  /// Whether the engine still waits for this: a newer release, or a person, may have ended the rollout.
  private nonisolated func isWanted(_ order: AnalysisOrder) async -> Bool {
    await rollouts.read { $0.pendingAnalyses }.contains { AnalysisOrder(action: $0) == order }
  }
}

extension AnalysisOrder {
  fileprivate func result(_ verdict: AnalysisTally.Verdict) -> AnalysisResult {
    AnalysisResult(rollout: rollout, stage: stage, number: number, outcome: verdict.outcome, reason: verdict.reason)
  }
}
