import Digests
import Foundation
import Manifests

/// What workloads lead to: ReplicaSets, Pods that start after a moment or do not, and statuses that say so.
///
/// Simpler than a real cluster: a rollout adds all new Pods at once and takes the old ones when the new are ready.
/// An image's tag decides what its containers do: `broken` cannot be pulled, `crashing` exits again and again,
/// `failing` ends with an error in a Job; every other one runs, and ends well in a Job.
extension ClusterState {
  mutating func workloadChanged(_ event: ChangeEvent) {
    guard settings.runsWorkloads else { return }
    let object = event.object
    if event.resource == "pods" {
      if event.kind == .added {
        timers.add(.advancePod(object.key), at: now.addingTimeInterval(settings.podStartDelay))
      }
      return reconcileController(of: object)
    }
    guard event.kind != .deleted else { return reconcileController(of: object) }
    reconcile(event.resource, object.key)
    if event.resource == "replicasets.apps" { reconcileController(of: object) }
  }

  mutating func reconcile(_ resource: String, _ key: ObjectKey) {
    guard let object = objects[resource]?[key], !object.isTerminating else { return }
    switch resource {
    case "deployments.apps": reconcileDeployment(object)
    case "replicasets.apps": reconcileReplicaSet(object)
    case "statefulsets.apps": reconcileStatefulSet(object)
    case "daemonsets.apps": reconcileDaemonSet(object)
    case "jobs.batch": reconcileJob(object)
    case "persistentvolumeclaims": bind(object)
    case "horizontalpodautoscalers.autoscaling": reconcileAutoscaler(object)
    default: break
    }
  }

  private mutating func reconcileController(of object: StoredObject) {
    for reference in object.value.ownerReferences where reference["controller"]?.bool == true {
      guard let apiVersion = reference["apiVersion"]?.string, let kind = reference["kind"]?.string,
        let resource = catalog.kind(apiVersion: apiVersion, kind: kind)?.resource
      else { continue }
      reconcile(resource, ObjectKey(namespace: object.namespace, name: reference["name"]?.string ?? ""))
    }
  }

  /// The objects of a resource that an object controls, by name.
  func controlled(_ resource: String, by owner: StoredObject) -> [StoredObject] {
    all(resource).filter { object in
      object.namespace == owner.namespace
        && object.value.ownerReferences.contains {
          $0["controller"]?.bool == true && $0["uid"]?.string == owner.uid
        }
    }
  }

  /// Makes an object as a controller does.
  @discardableResult
  mutating func make(_ value: Value, _ kind: ResourceKind, ownedBy owner: StoredObject) -> StoredObject {
    var value = Defaults.filled(value, kind)
    let reference: Value = [
      "apiVersion": owner.value["apiVersion"] ?? "", "kind": owner.value["kind"] ?? "", "name": .string(owner.name),
      "uid": .string(owner.uid), "controller": true, "blockOwnerDeletion": true,
    ]
    value.updateMetadata { metadata in
      metadata["namespace"] = .string(owner.namespace)
      metadata["uid"] = .string(identities.next())
      metadata["creationTimestamp"] = .string(timestamp)
      metadata["generation"] = 1
      metadata["ownerReferences"] = [reference]
    }
    let manager = ManagedFields.Manager(
      name: "kube-controller-manager", operation: .update, apiVersion: kind.apiVersion, subresource: "")
    var managed = ManagedFields()
    let fields = TypedReading(value, kind.schema).fields.withParents.withoutRoot
    managed.set(manager, fields.removingBranches([["status"]]), time: timestamp)
    return store(value, managed, kind, previous: nil)
  }

  mutating func makePod(
    _ name: String, for owner: StoredObject, _ template: Value?, labels more: Object
  ) {
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Pod") else { return }
    var labels = template?[path: "metadata", "labels"]?.object ?? Object()
    for (key, value) in more { labels[key] = value }
    var metadata: Object = ["name": .string(name), "labels": .object(labels)]
    metadata["annotations"] = template?[path: "metadata", "annotations"]
    make(
      [
        "apiVersion": "v1", "kind": "Pod", "metadata": .object(metadata), "spec": template?["spec"] ?? [:],
        "status": ["phase": "Pending", "qosClass": "BestEffort"],
      ], kind, ownedBy: owner)
  }

  mutating func deletePods(_ pods: some Sequence<StoredObject>) {
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Pod") else { return }
    for pod in pods where !pod.isTerminating { delete(pod, kind, DeleteOptions(propagation: "Background")) }
  }

  /// Writes a status, if it is another.
  mutating func setStatus(_ object: StoredObject, _ status: Object) {
    guard let apiVersion = object.value["apiVersion"]?.string, let name = object.value["kind"]?.string,
      let kind = catalog.kind(apiVersion: apiVersion, kind: name)
    else { return }
    let conditions = keepingTimes(status["conditions"], of: object)
    amend(object, kind, by: "kube-controller-manager", subresource: "status") { value in
      var status = status
      status["conditions"] = conditions
      value["status"] = .object(status)
    }
  }

  /// A condition that says what it said before began when it did then.
  private func keepingTimes(_ conditions: Value?, of object: StoredObject) -> Value? {
    guard let conditions = conditions?.array else { return nil }
    let before = object.value[path: "status", "conditions"]?.array ?? []
    return .array(
      conditions.map { condition in
        var dated = condition
        let old = before.first { $0["type"] == condition["type"] && $0["status"] == condition["status"] }
        dated["lastTransitionTime"] = old?["lastTransitionTime"] ?? .string(timestamp)
        return dated
      })
  }

  /// What tells one state of a template from another.
  static func hash(_ template: Value?) -> String {
    String(Digest(of: JSON.canonical(template ?? .null)).hex.prefix(10))
  }
}

extension StoredObject {
  /// The number at a path of its spec.
  func count(_ path: String..., default number: Int = 1) -> Int {
    value.value(at: path)?.integer.map(Int.init) ?? number
  }

  var isReadyPod: Bool {
    !isTerminating
      && (value[path: "status", "conditions"]?.array ?? []).contains { $0["type"] == "Ready" && $0["status"] == "True" }
  }

  var phase: String { value[path: "status", "phase"]?.string ?? "" }
}
