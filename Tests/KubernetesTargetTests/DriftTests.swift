import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Drift is told by watches, and only what the app declares is drift")
struct DriftTests {
  @Test("an edit is told and undone", arguments: Plane.tested)
  func edit(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      try await cluster.server.patch(deployments, "web", ["spec": ["replicas": 7]])
      try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: Own.name("shop"))) }
      #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "changed"])
      #expect(try await cluster.object(deployments, "web")?[path: "spec", "replicas"] == 2)
    }
  }

  @Test("a deletion is told and undone", arguments: Plane.tested)
  func deletion(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([configMap("settings")])
      await cluster.apply(objects)
      try await cluster.server.delete(Server.configMaps, "settings")
      try await eventually("the deletion is told") { cluster.changes.contains(.drifted(app: Own.name("shop"))) }
      #expect(await cluster.apply(objects) == ["settings": "created"])
    }
  }

  @Test("two at once are both undone", arguments: Plane.tested)
  func twoAtOnce(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([configMap("one"), configMap("two")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "one", ["data": ["a": "9"]])
      try await cluster.server.delete(Server.configMaps, "two")
      try await eventually("both are told") {
        cluster.target.live[try #require(objects.manifests.manifests.last?.id)] == nil
          && cluster.changes.contains(.drifted(app: Own.name("shop")))
      }
      try await eventually("both are undone") {
        await cluster.apply(objects)
        let one = try await cluster.object(Server.configMaps, "one")
        let two = try await cluster.object(Server.configMaps, "two")
        return one?[path: "data", "a"] == "1" && two != nil
      }
    }
  }

  @Test("what others add, and a status, is no drift and costs no request", arguments: Plane.tested)
  func foreignFields(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      cluster.changes.forget()
      try await cluster.server.patch(
        deployments, "web", ["metadata": ["annotations": ["deployment.kubernetes.io/revision": "1"]]])
      try await cluster.server.patch(Server.configMaps, "settings", ["data": ["theirs": "1"]])
      let version = try await cluster.object(Server.configMaps, "settings")?[path: "metadata", "resourceVersion"]?
        .string
      let id = ObjectID(group: "", kind: "ConfigMap", namespace: Own.namespace, name: "settings")
      try await eventually("both are told") { cluster.target.live[id]?.version == version }
      let before = cluster.server.requests()
      #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "unchanged"])
      #expect(cluster.server.requests() == before)
      #expect(!cluster.changes.contains(.drifted(app: objects.name)))
    }
  }

  @Test(
    "an ignored field keeps its live value though it is applied, and goes on being applied", arguments: Plane.tested)
  func ignoredDifference(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let ignore = AppPolicy.IgnoredDifference(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])
      let policy = AppPolicy(ignore: [ignore])
      await cluster.apply(try app([deployment("web")], policy: policy))
      try await cluster.server.patch(deployments, "web", ["spec": ["replicas": 7]])
      try await eventually("the change is told") { cluster.changes.contains(.drifted(app: Own.name("shop"))) }
      #expect(await cluster.apply(try app([deployment("web")], policy: policy)) == ["web": "unchanged"])
      let other = try app([deployment("web", image: "nginx:2")], policy: policy)
      #expect(await cluster.apply(other) == ["web": "changed"])
      #expect(try await cluster.object(deployments, "web")?[path: "spec", "replicas"] == 7)
    }
  }

  @Test("replicas that the manifest leaves out are whoever's scales them", arguments: Plane.tested)
  func scaledByOthers(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let objects = try app([deployment("web", replicas: nil)])
      await cluster.apply(objects)
      try await cluster.server.patch(deployments, "web", ["spec": ["replicas": 7]])
      #expect(await cluster.apply(objects) == ["web": "unchanged"])
      #expect(try await cluster.object(deployments, "web")?[path: "spec", "replicas"] == 7)
    }
  }

  @Test("while nothing can be watched nothing is taken for granted: every object is applied")
  func notWatched() async throws {
    try await Cluster.withDouble { double, cluster in
      double.inject(Fault(.answer(status: 403, text: "no")) { $0.isWatch })
      let objects = try app([configMap("settings")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "settings", ["data": ["a": "9"]])
      #expect(await cluster.apply(objects) == ["settings": "changed"])
      #expect(try await cluster.object(Server.configMaps, "settings")?[path: "data", "a"] == "1")
    }
  }
}
