import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests

@testable import KubernetesTarget

/// Starts the Pods of a test's namespace on a real server that has controllers but no nodes, as the double does.
struct Kubelet {
  let server: Server
  private let pods = APIResource(
    group: "", version: "v1", kind: "Pod", name: "pods", isNamespaced: true, verbs: [])
  private let events = APIResource(
    group: "", version: "v1", kind: "Event", name: "events", isNamespaced: true, verbs: [])

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      // What cannot be read or written now is tried again.
      for pod in (try? await waiting()) ?? [] { try? await start(pod) }
      try? await Task.sleep(for: .milliseconds(50))
    }
  }

  private func waiting() async throws -> [Value] {
    let request = APIRequest(.list, kind: "Pod", path: pods.path(namespace: Own.namespace))
    let list = try server.others.value(try await server.others.send(request), of: request)
    return (list["items"]?.array ?? []).filter {
      $0[path: "status", "containerStatuses"] == nil && $0[path: "metadata", "deletionTimestamp"] == nil
        && $0[path: "spec", "schedulerName"]?.string == schedulerOfTests
    }
  }

  private func start(_ pod: Value) async throws {
    let name = pod[path: "metadata", "name"]?.string ?? ""
    let fate = PodFate(of: pod)
    var status = fate.status(of: pod, at: "\(Timestamp.now)")
    if fate == .running, PodFate.isOfJob(pod) {
      for (key, end) in PodFate.end(of: pod).entries { status[key] = end }
      status["containerStatuses"] = []
    }
    try await server.patch(pods, name, ["status": status], subresource: "status", manager: "kubelet")
    for (number, warning) in fate.warnings.enumerated() { try await tell(warning, of: pod, number) }
  }

  private func tell(_ warning: (reason: String, message: String), of pod: Value, _ number: Int) async throws {
    let (name, time) = (pod[path: "metadata", "name"]?.string ?? "", "\(Timestamp.now)")
    let event: Value = [
      "apiVersion": "v1", "kind": "Event",
      "metadata": ["name": .string("\(name).\(number)"), "namespace": .string(Own.namespace)],
      "involvedObject": [
        "apiVersion": "v1", "kind": "Pod", "namespace": .string(Own.namespace), "name": .string(name),
        "uid": pod[path: "metadata", "uid"] ?? "",
      ],
      "reason": .string(warning.reason), "message": .string(warning.message), "type": "Warning", "count": 1,
      "firstTimestamp": .string(time), "lastTimestamp": .string(time), "source": ["component": "kubelet"],
      "reportingComponent": "kubelet", "reportingInstance": "node-1",
    ]
    try await server.create(events, event)
  }
}

/// No scheduler has this name: where there is one, it leaves the Pods of tests alone.
let schedulerOfTests = "flotilla-test"
