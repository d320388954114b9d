import Manifests

/// Objects of an app that can be applied at once: what the next stage needs is in an earlier one.
struct ApplyStage {
  var payloads: [ApplyPayload] = []
  /// Whether what is applied here must serve before the next stage.
  var definesKinds = false

  /// Namespaces, then definitions, then everything else, then admission webhooks, which could refuse the rest.
  static func stages(of payloads: [ApplyPayload]) -> [ApplyStage] {
    var stages = [ApplyStage(), ApplyStage(definesKinds: true), ApplyStage(), ApplyStage()]
    for payload in payloads {
      switch payload.id.kind {
      case "Namespace" where payload.id.group.isEmpty: stages[0].payloads.append(payload)
      case "CustomResourceDefinition": stages[1].payloads.append(payload)
      case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration": stages[3].payloads.append(payload)
      default: stages[2].payloads.append(payload)
      }
    }
    return stages.filter { !$0.payloads.isEmpty }
  }
}
