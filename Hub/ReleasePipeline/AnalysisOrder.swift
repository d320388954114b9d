import FleetModel

/// The checks of a stage that have to be run.
struct AnalysisOrder: Hashable, Sendable {
  var rollout: String
  var stage: String
  /// Goes back with the result.
  var number: Int
  var checks: [Analysis]
}
