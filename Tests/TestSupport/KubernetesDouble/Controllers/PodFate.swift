public import Manifests

/// What a kubelet makes of a Pod, which the tags of its images decide: `broken` cannot be pulled, `crashing` exits again
/// and again, `failing` ends with an error in a Job; every other one runs, and ends well in a Job.
public enum PodFate: Equatable, Sendable {
  case running
  case unpullable(String)
  case crashing

  public init(of pod: Value) {
    self = .running
    for image in Self.images(of: pod) {
      if image.hasSuffix(":broken") { self = .unpullable(image) }
      if image.hasSuffix(":crashing") { self = .crashing }
    }
  }

  public static func isOfJob(_ pod: Value) -> Bool {
    (pod[path: "metadata", "ownerReferences"]?.array ?? []).contains { $0["kind"] == "Job" }
  }

  /// The status of the Pod once it was tried to start it.
  public func status(of pod: Value, at time: String) -> Value {
    let isReady = self == .running
    let containers = (pod[path: "spec", "containers"]?.array ?? []).map { container -> Value in
      [
        "name": container["name"] ?? "", "image": container["image"] ?? "", "imageID": "", "ready": .bool(isReady),
        "started": .bool(isReady), "restartCount": 0, "state": state(at: time),
      ]
    }
    let truth = isReady ? "True" : "False"
    let why = isReady ? "" : "ContainersNotReady"
    let conditions = [
      ("PodScheduled", "True", ""), ("Initialized", "True", ""), ("ContainersReady", truth, why), ("Ready", truth, why),
    ]
    let isPulled = if case .unpullable = self { false } else { true }
    return [
      "phase": isPulled ? "Running" : "Pending", "qosClass": "BestEffort", "startTime": .string(time),
      "conditions": .array(conditions.map { ClusterState.condition($0.0, $0.2, "", time, status: $0.1) }),
      "containerStatuses": .array(containers),
    ]
  }

  /// What of the status changes when the Pod of a Job ends, well or not.
  public static func end(of pod: Value) -> Object {
    let fails = images(of: pod).contains { $0.hasSuffix(":failing") }
    return [
      "phase": fails ? "Failed" : "Succeeded",
      "conditions": [["type": "Ready", "status": "False", "reason": "PodCompleted"]],
    ]
  }

  /// What is said of it in events.
  public var warnings: [(reason: String, message: String)] {
    switch self {
    case .running: []
    case .unpullable(let image):
      [
        ("Failed", "Failed to pull image \"\(image)\": manifest unknown"), ("Failed", "Error: ImagePullBackOff"),
      ]
    case .crashing: [("BackOff", "Back-off restarting failed container")]
    }
  }

  private static func images(of pod: Value) -> [String] {
    (pod[path: "spec", "containers"]?.array ?? []).compactMap { $0["image"]?.string }
  }

  private func state(at time: String) -> Value {
    switch self {
    case .running: ["running": ["startedAt": .string(time)]]
    case .unpullable(let image):
      [
        "waiting": [
          "reason": "ImagePullBackOff", "message": .string("Back-off pulling image \"\(image)\": manifest unknown"),
        ]
      ]
    case .crashing:
      ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"]]
    }
  }
}
