internal import FleetModel
internal import Manifests

extension AppPlan {
  /// Refuses what the engine could not hold to.
  func check(app: String) throws(FleetError) {
    if let problem = pipeline.problem {
      throw FleetError(.invalidPipeline, problem, at: .init(field: "pipelines.\(pipeline.name)", app: app))
    }
  }
}

extension Pipeline {
  fileprivate var problem: String? {
    if stages.isEmpty { return "the pipeline has no stages" }
    if Set(stages.map(\.name)).count < stages.count { return "two stages of the pipeline have the same name" }
    if minStageInterval < .zero || minStageInterval > RolloutLimits.longestSpan {
      return "minStageInterval is out of range"
    }
    return stages.lazy.compactMap(\.problem).first
  }
}

extension Stage {
  fileprivate var problem: String? {
    let widths: [(String, Width, least: Int)] =
      waves.map { ("waves", $0, 1) } + [("maxFailures", maxFailures, 0), ("minAvailable", minAvailable, 0)]
      + (maxConcurrent.map { [("maxConcurrent", $0, 1)] } ?? [])
    for (field, width, least) in widths where !width.isValid(least: least) {
      return "\(field) of stage \(name) is out of range"
    }
    let spans = [("pullDeadline", pullDeadline), ("progressDeadline", progressDeadline), ("soak", soak)]
    for (field, span) in spans where span < .zero || span > RolloutLimits.longestSpan {
      return "\(field) of stage \(name) is out of range"
    }
    return nil
  }
}

extension Width {
  fileprivate func isValid(least: Int) -> Bool {
    switch self {
    case .count(let count): count >= least && count <= RolloutLimits.clusters
    case .percent(let percent): (least...100).contains(percent)
    }
  }
}
