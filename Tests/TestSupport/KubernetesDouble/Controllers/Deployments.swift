import Foundation
import Manifests

/// Deployments and ReplicaSets.
extension ClusterState {
  mutating func reconcileDeployment(_ deployment: StoredObject) {
    let template = deployment.value[path: "spec", "template"]
    let name = "\(deployment.name)-\(Self.hash(template))"
    let desired = deployment.count("spec", "replicas")
    let isPaused = deployment.value[path: "spec", "paused"]?.bool == true
    guard object("replicasets.apps", deployment.namespace, name) != nil || isPaused else {
      // Its creation comes back here.
      return makeReplicaSet(name, for: deployment, template, desired)
    }
    let sets = controlled("replicasets.apps", by: deployment)
    let current = sets.first { $0.name == name }
    if let current, !isPaused { scale(current, to: desired) }
    let isComplete = current.map { $0.count("status", "availableReplicas", default: 0) >= desired } ?? false
    if isComplete { for old in sets where old.name != name { scale(old, to: 0) } }
    report(deployment, controlled("replicasets.apps", by: deployment), name, desired)
  }

  private mutating func makeReplicaSet(
    _ name: String, for deployment: StoredObject, _ template: Value?, _ replicas: Int
  ) {
    guard let kind = catalog.kind(apiVersion: "apps/v1", kind: "ReplicaSet"), var template else { return }
    let hash = Value.string(Self.hash(template))
    template = template.setting(hash, at: ["metadata", "labels", "pod-template-hash"])
    var selector = deployment.value[path: "spec", "selector"] ?? [:]
    selector = selector.setting(hash, at: ["matchLabels", "pod-template-hash"])
    let revision = controlled("replicasets.apps", by: deployment).count + 1
    make(
      [
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": [
          "name": .string(name), "labels": template[path: "metadata", "labels"] ?? [:],
          "annotations": ["deployment.kubernetes.io/revision": .string(String(revision))],
        ],
        "spec": ["replicas": .integer(Int64(replicas)), "selector": selector, "template": template],
      ], kind, ownedBy: deployment)
  }

  private mutating func scale(_ set: StoredObject, to replicas: Int) {
    guard let kind = catalog.kind(apiVersion: "apps/v1", kind: "ReplicaSet"),
      set.count("spec", "replicas") != replicas
    else { return }
    amend(set, kind, by: "kube-controller-manager") { value in
      value = value.setting(.integer(Int64(replicas)), at: ["spec", "replicas"])
      value.updateMetadata { $0["generation"] = .integer(($0["generation"]?.integer ?? 0) + 1) }
    }
  }

  private mutating func report(_ deployment: StoredObject, _ sets: [StoredObject], _ current: String, _ desired: Int) {
    func sum(_ field: String) -> Int { sets.reduce(0) { $0 + $1.count("status", field, default: 0) } }
    let updated = sets.first { $0.name == current }?.count("status", "replicas", default: 0) ?? 0
    let (total, ready, available) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"))
    let ofNew = sets.first { $0.name == current }?.count("status", "availableReplicas", default: 0) ?? 0
    // A quarter may be missing, as the default strategy has it.
    let isAvailable = available >= desired - desired / 4
    var status: Object = ["observedGeneration": deployment.metadata["generation"] ?? 1]
    let numbers = [
      ("replicas", total), ("updatedReplicas", updated), ("readyReplicas", ready), ("availableReplicas", available),
      ("unavailableReplicas", max(0, desired - available)),
    ]
    for (field, number) in numbers where number > 0 { status[field] = .integer(Int64(number)) }
    status["conditions"] = [
      Self.condition(
        "Available", isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
        "Deployment \(isAvailable ? "has" : "does not have") minimum availability.", timestamp,
        status: isAvailable ? "True" : "False"),
      progress(deployment, sets.first { $0.name == current }, isDone: ofNew >= desired && total == desired),
    ]
    setStatus(deployment, status)
  }

  private mutating func progress(_ deployment: StoredObject, _ set: StoredObject?, isDone: Bool) -> Value {
    let name = set?.name ?? ""
    if isDone {
      return Self.condition(
        "Progressing", "NewReplicaSetAvailable", "ReplicaSet \"\(name)\" has successfully progressed.", timestamp)
    }
    let begin = set?.metadata["creationTimestamp"]?.string.flatMap { try? Date($0, strategy: .iso8601) } ?? now
    let deadline = begin.addingTimeInterval(Double(deployment.count("spec", "progressDeadlineSeconds", default: 600)))
    if now >= deadline {
      return Self.condition(
        "Progressing", "ProgressDeadlineExceeded", "ReplicaSet \"\(name)\" has timed out progressing.", timestamp,
        status: "False")
    }
    timers.add(.reconcile("deployments.apps", deployment.key), at: deadline)
    return Self.condition(
      "Progressing", "ReplicaSetUpdated", "ReplicaSet \"\(name)\" is progressing.", timestamp)
  }

  mutating func reconcileReplicaSet(_ set: StoredObject) {
    let desired = set.count("spec", "replicas")
    let pods = controlled("pods", by: set).filter { !$0.isTerminating }
    if pods.count > desired { return deletePods(pods.suffix(pods.count - desired)) }
    for _ in pods.count..<max(pods.count, desired) {
      makePod("\(set.name)-\(identities.nameSuffix())", for: set, set.value[path: "spec", "template"], labels: [:])
    }
    let (total, ready) = (max(pods.count, desired), pods.count(where: \.isReadyPod))
    var status: Object = [
      "replicas": .integer(Int64(total)), "observedGeneration": set.metadata["generation"] ?? 1,
    ]
    if total > 0 { status["fullyLabeledReplicas"] = .integer(Int64(total)) }
    if ready > 0 {
      status["readyReplicas"] = .integer(Int64(ready))
      status["availableReplicas"] = .integer(Int64(ready))
    }
    setStatus(set, status)
  }
}
