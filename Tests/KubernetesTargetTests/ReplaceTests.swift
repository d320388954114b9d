import AgentCore
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

  private func uid(_ cluster: Cluster, _ name: String = "web") -> String? {
    cluster.object("deployments.apps", name)?[path: "metadata", "uid"]?.string
  }

  @Test("the error names the field and says what to do")
  func named() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try app([deployment("web")]))
      let before = uid(cluster)
      let (error, isTransient) = try await cluster.failure(try app([deployment("web", label: "other")]))
      #expect(!isTransient)
      #expect(error.code == APIFailure.Kind.immutable([]).code)
      #expect(error.address.field == "spec.selector")
      #expect(error.message == "spec.selector cannot be changed once the object is made")
      #expect(error.cause.contains("field is immutable"))
      #expect(error.nextStep.contains("flotilla.dev/replace: allowed"))
      #expect(uid(cluster) == before)
    }
  }

  @Test("with the annotation the object goes with what it owns, and the new one comes")
  func replaced() async throws {
    try await Cluster.running { cluster in
      let old = try app([replaceable(deployment("web")), configMap("settings")])
      await cluster.apply(old)
      try await cluster.waits(for: "Healthy", of: "web", in: old)
      let before = uid(cluster)
      let new = try app([replaceable(deployment("web", label: "other")), configMap("settings")])
      let outcomes = await cluster.apply(new)
      #expect(outcomes == ["web": "changed", "settings": "unchanged"])
      #expect(uid(cluster) != nil && uid(cluster) != before)
      let deletion = cluster.server.double.requests.filter { $0.method == "DELETE" }
      #expect(deletion.map(\.path) == ["/apis/apps/v1/namespaces/default/deployments/web"])
      try await cluster.waits(for: "Healthy", of: "web", in: new)
      #expect(await cluster.apply(new) == ["web": "unchanged", "settings": "unchanged"])
    }
  }

  @Test("a Job's new template runs as a new Job")
  func job() async throws {
    try await Cluster.running { cluster in
      let first = try app([replaceable(KubernetesTargetTests.job("once"))])
      await cluster.apply(first)
      try await cluster.waits(for: "Healthy", of: "once", in: first)
      let second = try app([replaceable(KubernetesTargetTests.job("once", image: "job:2"))])
      #expect(await cluster.apply(second) == ["once": "changed"])
      try await cluster.waits(for: "Healthy", of: "once", in: second)
    }
  }

  @Test("one that takes its time to go is waited for, and made when it is gone")
  func finalizer() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try app([replaceable(deployment("web"))]))
      try await cluster.server.patch(
        deployments, "default", "web", ["metadata": ["finalizers": ["example.com/last-words"]]])
      let new = try app([replaceable(deployment("web", label: "other"))])
      let (error, isTransient) = try await cluster.failure(new)
      #expect(isTransient)
      #expect(error.message.contains("example.com/last-words"))
      let empty: Value = .array([])
      try await cluster.server.patch(deployments, "default", "web", ["metadata": ["finalizers": empty]])
      try await eventually("it is gone") { cluster.object("deployments.apps", "web") == nil }
      #expect(await cluster.apply(new) == ["web": "created"])
    }
  }

  @Test("what the server would not accept deletes nothing")
  func invalid() async throws {
    try await Cluster.with { cluster in
      await cluster.apply(try app([replaceable(deployment("web"))]))
      let before = uid(cluster)
      var broken = deployment("web", label: "other")
      broken = broken.spec("selector", ["matchLabels": ["app": "nobody"]])
      let (error, isTransient) = try await cluster.failure(try app([replaceable(broken)]))
      #expect(!isTransient)
      #expect(error.cause.contains("does not match template"))
      #expect(uid(cluster) == before)
    }
  }

  @Test("an object that was not the app's, or that is kept from pruning, stays")
  func notOwned() async throws {
    try await Cluster.with { cluster in
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
      #expect(!cluster.server.double.requests.contains { $0.method == "DELETE" })
    }
  }

  @Test("a volume claim is never replaced: its data would not come back")
  func guarded() async throws {
    try await Cluster.with { cluster in
      func claim(_ mode: String) -> Value {
        replaceable([
          "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "data", "namespace": "default"],
          "spec": ["accessModes": [.string(mode)], "resources": ["requests": ["storage": "1Gi"]]],
        ])
      }
      await cluster.apply(try app([claim("ReadWriteOnce")]))
      let (error, _) = try await cluster.failure(try app([claim("ReadWriteMany")]))
      #expect(error.nextStep.contains("can delete its data"))
      #expect(!cluster.server.double.requests.contains { $0.method == "DELETE" })
    }
  }
}
