import FleetModel
import RolloutEngine

/// What one look at a check came to.
public enum AnalysisMeasurement: Hashable, Sendable {
  /// A clause that says what was seen.
  case success(String)
  case failure(String)
  /// Neither: the answer does not say.
  case inconclusive(String)
  /// No answer, or one that cannot be understood.
  case error(String)
}

/// Counts the measurements of one check against its limits, as Argo Rollouts does.
struct AnalysisTally {
  struct Verdict: Hashable, Sendable {
    var outcome: AnalysisResult.Outcome
    var reason: String
  }

  private let analysis: Analysis
  private var measured = 0
  private var failures = 0
  private var inconclusive = 0
  private var errorsInARow = 0

  init(_ analysis: Analysis) { self.analysis = analysis }

  /// Takes in a measurement; answers once the check is decided.
  mutating func record(_ measurement: AnalysisMeasurement) -> Verdict? {
    switch measurement {
    case .error(let reason):
      errorsInARow += 1
      return errorsInARow > analysis.errorLimit ? verdict(.failed, "\(counted(errorsInARow, "error")): \(reason)") : nil
    case .failure(let reason):
      failures += 1
      if failures > analysis.failureLimit { return verdict(.failed, reason) }
    case .inconclusive(let reason):
      inconclusive += 1
      if inconclusive > analysis.inconclusiveLimit { return verdict(.inconclusive, reason) }
    case .success(let reason):
      if measured + 1 >= analysis.count { return verdict(.passed, reason) }
    }
    errorsInARow = 0
    measured += 1
    return measured >= analysis.count ? verdict(.passed, "within its limits") : nil
  }

  private func verdict(_ outcome: AnalysisResult.Outcome, _ reason: String) -> Verdict {
    Verdict(outcome: outcome, reason: "\(analysis.name): \(reason)")
  }
}
