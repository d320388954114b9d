import Foundation
import Manifests

/// Pods: what a kubelet would do with them.
extension ClusterState {
  mutating func advancePod(_ key: ObjectKey) {
    guard let pod = objects["pods"]?[key], !pod.isTerminating, pod.phase == "Pending" else { return }
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Pod") else { return }
    let fate = PodFate(of: pod.value)
    let status = fate.status(of: pod.value, at: timestamp)
    amend(pod, kind, by: "kubelet", subresource: "status") { $0["status"] = status }
    for warning in fate.warnings { warn(pod, warning.reason, warning.message) }
    if fate == .running, PodFate.isOfJob(pod.value) {
      timers.add(.finishPod(key), at: now.addingTimeInterval(settings.podStartDelay))
    }
  }

  /// A Pod of a Job ends, well or not.
  mutating func finishPod(_ key: ObjectKey) {
    guard let pod = objects["pods"]?[key], pod.phase == "Running",
      let kind = catalog.kind(apiVersion: "v1", kind: "Pod")
    else { return }
    amend(pod, kind, by: "kubelet", subresource: "status") { value in
      for (key, end) in PodFate.end(of: pod.value).entries { value = value.setting(end, at: ["status", key]) }
    }
  }

  /// Records a warning about an object.
  mutating func warn(_ object: StoredObject, _ reason: String, _ message: String) {
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Event") else { return }
    let about: Value = [
      "apiVersion": object.value["apiVersion"] ?? "", "kind": object.value["kind"] ?? "",
      "namespace": .string(object.namespace), "name": .string(object.name), "uid": .string(object.uid),
      "resourceVersion": .string(String(object.resourceVersion)),
    ]
    let value: Value = [
      "apiVersion": "v1", "kind": "Event",
      "metadata": [
        "name": .string("\(object.name).\(identities.nameSuffix())"), "namespace": .string(object.namespace),
        "uid": .string(identities.next()), "creationTimestamp": .string(timestamp),
      ],
      "involvedObject": about, "reason": .string(reason), "message": .string(message), "type": "Warning", "count": 1,
      "firstTimestamp": .string(timestamp), "lastTimestamp": .string(timestamp), "source": ["component": "kubelet"],
      "reportingComponent": "kubelet", "reportingInstance": "node-1",
    ]
    store(value, ManagedFields(), kind, previous: nil)
  }
}
