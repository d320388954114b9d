import FleetModel
import Manifests

/// An app's own rule for one kind, compiled: tried in the order in progress, failed, healthy.
struct HealthExpressions: Sendable {
  let group: String
  let kind: String
  private let inProgress: HealthExpression?
  private let failed: HealthExpression?
  private let healthy: HealthExpression

  /// Compiles a rule of an app's policy.
  init(_ rule: AppPolicy.HealthRule) throws(FleetError) {
    group = rule.group
    kind = rule.kind
    inProgress = rule.inProgress.isEmpty ? nil : try HealthExpression(rule.inProgress)
    failed = rule.failed.isEmpty ? nil : try HealthExpression(rule.failed)
    healthy = try HealthExpression(rule.healthy)
  }

  /// An expression that asks for a field which is not there does not hold; one that cannot be answered makes the
  /// object Unknown, for nothing was observed.
  func verdict(of object: LiveObject) -> HealthVerdict {
    if let inProgress {
      switch inProgress.outcome(for: object.value) {
      case .holds: return .progressing(words("is in progress by its app's rule", object))
      case .failed(let reason): return .unknown("its app's rule inProgress: \(reason)")
      case .doesNotHold, .missing: break
      }
    }
    if let failed {
      switch failed.outcome(for: object.value) {
      case .holds: return .degraded(words("has failed by its app's rule", object))
      case .failed(let reason): return .unknown("its app's rule failed: \(reason)")
      case .doesNotHold, .missing: break
      }
    }
    switch healthy.outcome(for: object.value) {
    case .holds: return .healthy
    case .failed(let reason): return .unknown("its app's rule healthy: \(reason)")
    case .missing(let field): return .progressing("has no \(field) yet")
    case .doesNotHold: return .progressing(words("not healthy by its app's rule", object))
    }
  }

  /// What the object says of itself where it follows the conventions, beside what the rule says.
  private func words(_ verdict: String, _ object: LiveObject) -> String {
    if let ready = object.condition("Ready"), !ready.isTrue { return "\(verdict): \(ready.words)" }
    return verdict
  }
}
