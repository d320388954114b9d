import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Synchronization
import Testing

@testable import KubernetesTarget

/// Watching what a target says of health.
extension Cluster {
  /// With controllers that make Pods of workloads, and Pods that run; not where nobody makes Pods.
  static func running(_ plane: Plane, _ body: (Cluster) async throws -> Void) async throws {
    try await with(plane, workloads) { cluster in
      guard cluster.server.cluster.plane.runsControllers else { return }
      try await withKubelet(cluster.server) { try await body(cluster) }
    }
  }

  /// Starts Pods where nobody else does.
  static func withKubelet(_ server: Server, _ body: () async throws -> Void) async throws {
    guard server.cluster.plane.outlivesTests else { return try await body() }
    let kubelet = Task { await Kubelet(server: server).run() }
    do {
      try await body()
    } catch {
      kubelet.cancel()
      throw error
    }
    kubelet.cancel()
    await kubelet.value
  }

  static var workloads: DoubleSettings {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    return settings
  }

  /// State, gate and words of one object: `Progressing! 1 of 3 available`; the mark stands for blocking.
  func health(of name: String, in app: DesiredApp) async -> String {
    let observation = await target.observe(app)
    if let overall = observation.overall { return overall.health.rawValue + (overall.isBlocking ? "!" : "") }
    guard let object = observation.objects.first(where: { $0.id.name == name }) else { return "not observed" }
    let state = object.health.rawValue + (object.isBlocking ? "!" : "")
    return object.reason.isEmpty ? state : "\(state) \(object.reason)"
  }

  /// The kind as the server offers it.
  func configMaps() async throws -> APIResource? {
    try await target.discovery.catalog().resource(group: "", version: "v1", kind: "ConfigMap")
  }

  /// Waits until an object's health reads so.
  func waits(
    for text: String, of name: String, in app: DesiredApp, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await waits(for: "\(text)", of: name, in: app, sourceLocation: sourceLocation) { $0 == text }
  }

  func waits(
    for what: Comment, of name: String, in app: DesiredApp, sourceLocation: SourceLocation = #_sourceLocation,
    _ holds: (String) -> Bool
  ) async throws {
    var last = ""
    let end = ContinuousClock.now + .seconds(60)
    repeat {
      last = await health(of: name, in: app)
      if holds(last) { return }
      try await Task.sleep(for: .milliseconds(5))
    } while ContinuousClock.now < end
    Issue.record("\(what); last: \(last)", sourceLocation: sourceLocation)
  }
}

func workload(_ kind: String, _ name: String, replicas: Int64? = 2, image: String = "nginx:1") -> Value {
  deployment(name, replicas: replicas, image: image).setting("kind", .string(kind))
}

func job(_ name: String, image: String = "job:1", more: Object = Object()) -> Value {
  var spec: Object = [
    "backoffLimit": 0,
    "template": [
      "spec": [
        "restartPolicy": "Never", "schedulerName": .string(schedulerOfTests),
        "containers": [["name": "job", "image": .string(image)]],
      ]
    ],
  ]
  for (key, value) in more { spec[key] = value }
  return [
    "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name), "namespace": .string(Own.namespace)],
    "spec": .object(spec),
  ]
}

extension Value {
  func setting(_ key: String, _ value: Value) -> Value {
    var object = self.object ?? Object()
    object[key] = value
    return .object(object)
  }

  /// With another entry of its spec.
  func spec(_ key: String, _ value: Value) -> Value {
    setting("spec", (self["spec"] ?? .null).setting(key, value))
  }
}

/// The host's clock, set forward by hand.
final class HandClock: Sendable {
  private let ahead = Mutex(Duration.zero)
  var now: Timestamp { .now + ahead.withLock { $0 } }
  func advance(_ span: Duration) { ahead.withLock { $0 += span } }
}
