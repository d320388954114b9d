import FleetModel
import Manifests

/// An object as the API server has it, in the words of the health rules. A number that is missing or no integer counts
/// as the given default, text that is missing as empty: what a controller has not written yet is the commonest case.
struct LiveObject {
  let value: Value

  var id: ObjectID {
    ObjectID(
      apiVersion: value["apiVersion"]?.string ?? "", kind: value["kind"]?.string ?? "",
      namespace: value[path: "metadata", "namespace"]?.string ?? "", name: name)
  }

  var name: String { value[path: "metadata", "name"]?.string ?? "" }
  var uid: String { value[path: "metadata", "uid"]?.string ?? "" }
  var spec: Value { value["spec"] ?? .null }
  var status: Value { value["status"] ?? .null }

  func annotation(_ key: String) -> String? { value[path: "metadata", "annotations"]?[key]?.string }

  /// `spec.replicas`, which is 1 when it is missing.
  var wantedReplicas: Int64 { spec["replicas"]?.integer ?? 1 }

  /// A number of the status, 0 when it is missing.
  func count(_ key: String) -> Int64 { status[key]?.integer ?? 0 }

  var conditions: [Condition] {
    (status["conditions"]?.array ?? []).prefix(HealthLimits.conditions).map(Condition.init)
  }

  func condition(_ type: String) -> Condition? { conditions.first { $0.type == type } }
}

/// One entry of `status.conditions`.
struct Condition {
  let type: String
  /// `True`, `False` or `Unknown`.
  let status: String
  let reason: String
  let message: String
  let lastTransition: Timestamp?

  init(_ value: Value) {
    type = value["type"]?.string ?? ""
    status = value["status"]?.string ?? ""
    reason = value["reason"]?.string ?? ""
    message = value["message"]?.string ?? ""
    lastTransition = value["lastTransitionTime"]?.string.flatMap { Timestamp($0) }
  }

  var isTrue: Bool { status == "True" }
  var isFalse: Bool { status == "False" }

  /// Reason and message as far as there are any, else that the condition has this status.
  var words: String {
    let parts = [reason, message].filter { !$0.isEmpty }
    let text = parts.isEmpty ? "\(type) is \(status)" : parts.joined(separator: ": ")
    return text.onOneLine(upTo: HealthLimits.messageCharacters)
  }
}
