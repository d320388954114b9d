import Foundation
import Manifests

/// Pods: what a kubelet would do with them.
extension ClusterState {
  private enum Fate {
    case running
    case unpullable(String)
    case crashing(String)
  }

  mutating func advancePod(_ key: ObjectKey) {
    guard let pod = objects["pods"]?[key], !pod.isTerminating, pod.phase == "Pending" else { return }
    let fate = fate(of: pod)
    writeStatus(of: pod, fate)
    switch fate {
    case .running:
      if isOfJob(pod) { timers.add(.finishPod(key), at: now.addingTimeInterval(settings.podStartDelay)) }
    case .unpullable(let image):
      warn(pod, "Failed", "Failed to pull image \"\(image)\": manifest unknown")
      warn(pod, "Failed", "Error: ImagePullBackOff")
    case .crashing: warn(pod, "BackOff", "Back-off restarting failed container")
    }
  }

  /// A Pod of a Job ends, well or not.
  mutating func finishPod(_ key: ObjectKey) {
    guard let pod = objects["pods"]?[key], pod.phase == "Running",
      let kind = catalog.kind(apiVersion: "v1", kind: "Pod")
    else { return }
    let fails = images(of: pod).contains { $0.hasSuffix(":failing") }
    amend(pod, kind, by: "kubelet", subresource: "status") { value in
      value = value.setting(fails ? "Failed" : "Succeeded", at: ["status", "phase"])
      value = value.setting(
        [["type": "Ready", "status": "False", "reason": "PodCompleted"]], at: ["status", "conditions"])
    }
  }

  private func images(of pod: StoredObject) -> [String] {
    (pod.value[path: "spec", "containers"]?.array ?? []).compactMap { $0["image"]?.string }
  }

  private func isOfJob(_ pod: StoredObject) -> Bool { pod.value.ownerReferences.contains { $0["kind"] == "Job" } }

  private func fate(of pod: StoredObject) -> Fate {
    for image in images(of: pod) {
      if image.hasSuffix(":broken") { return .unpullable(image) }
      if image.hasSuffix(":crashing") { return .crashing(image) }
    }
    return .running
  }

  private mutating func writeStatus(of pod: StoredObject, _ fate: Fate) {
    guard let kind = catalog.kind(apiVersion: "v1", kind: "Pod") else { return }
    let isReady = if case .running = fate { true } else { false }
    let (time, state) = (timestamp, state(of: fate))
    let containers = (pod.value[path: "spec", "containers"]?.array ?? []).map { container -> Value in
      [
        "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "", "ready": .bool(isReady),
        "started": .bool(isReady), "restartCount": 0, "state": state,
      ]
    }
    let truth = isReady ? "True" : "False"
    let why = isReady ? "" : "ContainersNotReady"
    let conditions = [
      ("PodScheduled", "True", ""), ("Initialized", "True", ""), ("ContainersReady", truth, why), ("Ready", truth, why),
    ]
    let isPulled = if case .unpullable = fate { false } else { true }
    amend(pod, kind, by: "kubelet", subresource: "status") { value in
      value["status"] = [
        "phase": isPulled ? "Running" : "Pending", "qosClass": "BestEffort", "startTime": .string(time),
        "conditions": .array(conditions.map { Self.condition($0.0, $0.2, "", time, status: $0.1) }),
        "containerStatuses": .array(containers),
      ]
    }
  }

  private func state(of fate: Fate) -> Value {
    switch fate {
    case .running: ["running": ["startedAt": .string(timestamp)]]
    case .unpullable(let image):
      [
        "waiting": [
          "reason": "ImagePullBackOff", "message": .string("Back-off pulling image \"\(image)\": manifest unknown"),
        ]
      ]
    case .crashing:
      [
        "waiting": [
          "reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container",
        ]
      ]
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
