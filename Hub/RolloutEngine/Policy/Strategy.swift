public import FleetModel

/// What a rollout goes by from its start to its end: the stages' rules, the gate, and what follows a breach.
public struct Strategy: Hashable, Sendable {
  /// In the order of promotion.
  public var stages: [StageRules]
  public var gate: AppDeclaration.Gate
  public var onFailure: Pipeline.OnFailure

  /// The strategy of one plan.
  public init(_ plan: AppPlan) {
    stages = plan.pipeline.stages.map { StageRules($0, freezes: plan.freezes) }
    gate = plan.gate
    onFailure = plan.pipeline.onFailure
  }

  /// The strategy of the commit that changes a plan: of each field the stricter, and the previous list of stages where
  /// the lists differ.
  public init(previous: AppPlan, next: AppPlan) {
    self.init(previous)
    if next.gate == .healthy { gate = .healthy }
    for index in stages.indices {
      if let edited = next.pipeline.stages.first(where: { $0.name == stages[index].name }) {
        stages[index] = stages[index].stricter(with: edited)
      }
      stages[index].add(next.freezes)
    }
  }

  init(stages: [StageRules], gate: AppDeclaration.Gate, onFailure: Pipeline.OnFailure) {
    self.stages = stages
    self.gate = gate
    self.onFailure = onFailure
  }

  /// The first stage that matches a cluster; nil when none does.
  func stage(of member: FleetMember) -> Int? { stages.firstIndex { $0.matches(member) } }

  func stage(named name: String) -> Int? { stages.firstIndex { $0.name == name } }
}
