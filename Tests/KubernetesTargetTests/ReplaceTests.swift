import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("A field that cannot be changed is named, and the object is replaced only where Git allows it")
struct ReplaceTests {
  private func replaceable(_ object: Value, _ annotations: Object = Object()) -> Value {
    var marks: Object = ["flotilla.dev/replace": "allowed"]
    for (key, value) in annotations { marks[key] = value }
    return object.setting("metadata", (object["metadata"] ?? .null).setting("annotations", .object(marks)))
  }

  private func uid(_ cluster: Cluster, _ name: String = "web") async throws -> String? {
    try await cluster.object(deployments, name)?[path: "metadata", "uid"]?.string
  }

  @Test("the error names the field and says what to do", arguments: Plane.tested)
  func named(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try app([deployment("web")]))
      let before = try await uid(cluster)
      let (error, isTransient) = try await cluster.failure(try app([deployment("web", label: "other")]))
      #expect(!isTransient)
      #expect(error.code == APIFailure.Kind.immutable([]).code)
      #expect(error.address.field == "spec.selector")
      #expect(error.message == "spec.selector cannot be changed once the object is made")
      #expect(error.cause.contains("field is immutable"))
      #expect(error.nextStep.contains("flotilla.dev/replace: allowed"))
      #expect(try await uid(cluster) == before)
    }
  }

  @Test("with the annotation the object goes with what it owns, and the new one comes", arguments: Plane.tested)
  func replaced(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let old = try app([replaceable(deployment("web")), configMap("settings")])
      await cluster.apply(old)
      try await cluster.waits(for: "Healthy", of: "web", in: old)
      let before = try await uid(cluster)
      let new = try app([replaceable(deployment("web", label: "other")), configMap("settings")])
      // What it owns takes a moment to go, longer than an app waits for it.
      try await eventually("it is replaced") {
        let outcome = await cluster.apply(new)["web"]
        return outcome == "changed" || outcome == "created"
      }
      let after = try await uid(cluster)
      #expect(after != nil && after != before)
      #expect(cluster.server.requests([.delete]) == 1)
      try await cluster.waits(for: "Healthy", of: "web", in: new)
      #expect(await cluster.apply(new) == ["web": "unchanged", "settings": "unchanged"])
    }
  }

  @Test("a Job's new template runs as a new Job", arguments: Plane.tested)
  func job(plane: Plane) async throws {
    try await Cluster.running(plane) { cluster in
      let first = try app([replaceable(KubernetesTargetTests.job("once"))])
      await cluster.apply(first)
      try await cluster.waits(for: "Healthy", of: "once", in: first)
      let second = try app([replaceable(KubernetesTargetTests.job("once", image: "job:2"))])
      #expect(await cluster.apply(second) == ["once": "changed"])
      try await cluster.waits(for: "Healthy", of: "once", in: second)
    }
  }

  @Test("one that takes its time to go is waited for, and made when it is gone", arguments: Plane.tested)
  func finalizer(plane: Plane) async throws {
    try await Cluster.with(plane, deletion: .milliseconds(200)) { cluster in
      await cluster.apply(try app([replaceable(deployment("web"))]))
      try await cluster.server.patch(deployments, "web", ["metadata": ["finalizers": ["example.com/last-words"]]])
      let new = try app([replaceable(deployment("web", label: "other"))])
      let (error, isTransient) = try await cluster.failure(new)
      #expect(isTransient)
      #expect(error.message.contains("example.com/last-words"))
      let empty: Value = .array([])
      try await cluster.server.patch(deployments, "web", ["metadata": ["finalizers": empty]])
      try await eventually("it is gone") { try await cluster.object(deployments, "web") == nil }
      #expect(await cluster.apply(new) == ["web": "created"])
    }
  }

  @Test("what the server would not accept deletes nothing", arguments: Plane.tested)
  func invalid(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      await cluster.apply(try app([replaceable(deployment("web"))]))
      let before = try await uid(cluster)
      var broken = deployment("web", label: "other")
      broken = broken.spec("selector", ["matchLabels": ["app": "nobody"]])
      let (error, isTransient) = try await cluster.failure(try app([replaceable(broken)]))
      #expect(!isTransient)
      #expect(error.cause.contains("does not match template"))
      #expect(try await uid(cluster) == before)
    }
  }

  @Test("an object that was not the app's, or that is kept from pruning, stays", arguments: Plane.tested)
  func notOwned(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      try await cluster.server.create(deployments, deployment("theirs"))
      let theirs = try app([replaceable(deployment("theirs", label: "other"))])
      for _ in 0..<2 {
        let (error, _) = try await cluster.failure(theirs)
        #expect(error.code == APIFailure.Kind.immutable([]).code)
      }
      await cluster.apply(
        try app([replaceable(deployment("kept"), ["flotilla.dev/prune": "disabled"])], named: "other"))
      let next = replaceable(deployment("kept", label: "other"), ["flotilla.dev/prune": "disabled"])
      _ = try await cluster.failure(try app([next], named: "other"))
      #expect(cluster.server.requests([.delete]) == 0)
    }
  }

  @Test("a volume claim is never replaced: its data would not come back", arguments: Plane.tested)
  func guarded(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      func claim(_ mode: String) -> Value {
        replaceable([
          "apiVersion": "v1", "kind": "PersistentVolumeClaim",
          "metadata": ["name": "data", "namespace": .string(Own.namespace)],
          "spec": ["accessModes": [.string(mode)], "resources": ["requests": ["storage": "1Gi"]]],
        ])
      }
      await cluster.apply(try app([claim("ReadWriteOnce")]))
      let (error, _) = try await cluster.failure(try app([claim("ReadWriteMany")]))
      #expect(error.nextStep.contains("can delete its data"))
      #expect(cluster.server.requests([.delete]) == 0)
    }
  }
}
