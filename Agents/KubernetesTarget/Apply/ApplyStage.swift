import Manifests

/// Objects of an app that can be applied at once: what the next stage needs is in an earlier one.
struct ApplyStage {
  var payloads: [ApplyPayload] = []
  /// Whether what is applied here must serve before the next stage.
  var definesKinds = false

  /// Namespaces, then definitions, then everything else, then admission webhooks, which could refuse the rest.
  static func stages(of payloads: [ApplyPayload]) -> [ApplyStage] {
    var stages = (0...3).map { ApplyStage(definesKinds: $0 == 1) }
    for payload in payloads { stages[rank(of: payload.id)].payloads.append(payload) }
    return stages.filter { !$0.payloads.isEmpty }
  }

  /// Which of the stages an object belongs to, from 0 to 3.
  static func rank(of id: ObjectID) -> Int {
    switch id.kind {
    case "Namespace" where id.group.isEmpty: 0
    case "CustomResourceDefinition": 1
    case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration": 3
    default: 2
    }
  }
}
