import Manifests

/// The rules of what extends or steers the API server.
enum PlatformHealth {
  static func customResourceDefinition(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    if let names = object.condition("NamesAccepted"), names.isFalse { return .degraded(names.words) }
    guard let established = object.condition("Established") else { return .progressing("not established yet") }
    if established.isTrue { return .healthy }
    if established.isFalse && established.reason != "Installing" { return .degraded(established.words) }
    return .progressing(established.words)
  }

  static func apiService(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    guard let available = object.condition("Available") else { return .progressing("not available yet") }
    return available.isTrue ? .healthy : .progressing(available.words)
  }

  private static let failures: [String: Set<String>] = [
    "AbleToScale": ["FailedGetScale", "FailedUpdateScale"],
    "ScalingActive": [
      "FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric",
      "FailedComputeMetricsReplicas", "InvalidSelector",
    ],
  ]

  static func autoscaler(_ object: LiveObject, _ context: HealthAssessment.Context) -> HealthVerdict {
    let conditions = autoscalerConditions(object)
    if let failed = conditions.first(where: { failures[$0.type]?.contains($0.reason) == true }) {
      return .degraded(failed.words)
    }
    let works = conditions.contains { ["AbleToScale", "ScalingLimited"].contains($0.type) && $0.isTrue }
    return works ? .healthy : .progressing("its controller has not begun to scale")
  }

  /// `autoscaling/v1` has no field for conditions and keeps them in an annotation.
  private static func autoscalerConditions(_ object: LiveObject) -> [Condition] {
    guard let text = object.annotation("autoscaling.alpha.kubernetes.io/conditions") else { return object.conditions }
    let parsed = try? JSON.parse(Array(text.utf8), file: "conditions of a HorizontalPodAutoscaler")
    return (parsed?.array ?? []).prefix(HealthLimits.conditions).map(Condition.init)
  }
}
