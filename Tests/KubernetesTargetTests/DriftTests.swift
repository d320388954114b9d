import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Drift is told by watches, and only what the app declares is drift")
struct DriftTests {
  @Test("an edit is told and undone")
  func edit() async throws {
    try await Cluster.with { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      try await cluster.server.patch(deployments, "default", "web", ["spec": ["replicas": 7]])
      try await eventually("the edit is told") { cluster.changes.contains(.drifted(app: "shop")) }
      #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "changed"])
      #expect(cluster.object("deployments.apps", "web")?[path: "spec", "replicas"] == 2)
    }
  }

  @Test("a deletion is told and undone")
  func deletion() async throws {
    try await Cluster.with { cluster in
      let objects = try app([configMap("settings")])
      await cluster.apply(objects)
      try await cluster.server.delete(Server.configMaps, "default", "settings")
      try await eventually("the deletion is told") { cluster.changes.contains(.drifted(app: "shop")) }
      #expect(await cluster.apply(objects) == ["settings": "created"])
    }
  }

  @Test("two at once are both undone")
  func twoAtOnce() async throws {
    try await Cluster.with { cluster in
      let objects = try app([configMap("one"), configMap("two")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "default", "one", ["data": ["a": "9"]])
      try await cluster.server.delete(Server.configMaps, "default", "two")
      try await eventually("both are told") {
        cluster.target.live[try #require(objects.manifests.manifests.last?.id)] == nil
          && cluster.changes.contains(.drifted(app: "shop"))
      }
      try await eventually("both are undone") {
        await cluster.apply(objects)
        return cluster.object("configmaps", "one")?[path: "data", "a"] == "1"
          && cluster.object("configmaps", "two") != nil
      }
    }
  }

  @Test("what others add, and a status, is no drift and costs no request")
  func foreignFields() async throws {
    try await Cluster.with { cluster in
      let objects = try app([configMap("settings"), deployment("web")])
      await cluster.apply(objects)
      cluster.changes.forget()
      try await cluster.server.patch(
        deployments, "default", "web", ["metadata": ["annotations": ["deployment.kubernetes.io/revision": "1"]]])
      try await cluster.server.patch(Server.configMaps, "default", "settings", ["data": ["theirs": "1"]])
      let version = cluster.object("configmaps", "settings")?[path: "metadata", "resourceVersion"]?.string
      let id = ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: "settings")
      try await eventually("both are told") { cluster.target.live[id]?.version == version }
      cluster.server.double.forgetRequests()
      #expect(await cluster.apply(objects) == ["settings": "unchanged", "web": "unchanged"])
      #expect(cluster.server.double.requests.isEmpty)
      #expect(cluster.changes.isEmpty)
    }
  }

  @Test("an ignored field keeps its live value though it is applied, and goes on being applied")
  func ignoredDifference() async throws {
    try await Cluster.with { cluster in
      let ignore = AppPolicy.IgnoredDifference(group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"])
      let policy = AppPolicy(ignore: [ignore])
      await cluster.apply(try app([deployment("web")], policy: policy))
      try await cluster.server.patch(deployments, "default", "web", ["spec": ["replicas": 7]])
      try await eventually("the change is told") { cluster.changes.contains(.drifted(app: "shop")) }
      #expect(await cluster.apply(try app([deployment("web")], policy: policy)) == ["web": "unchanged"])
      let other = try app([deployment("web", image: "nginx:2")], policy: policy)
      #expect(await cluster.apply(other) == ["web": "changed"])
      #expect(cluster.object("deployments.apps", "web")?[path: "spec", "replicas"] == 7)
    }
  }

  @Test("replicas that the manifest leaves out are whoever's scales them")
  func scaledByOthers() async throws {
    try await Cluster.with { cluster in
      let objects = try app([deployment("web", replicas: nil)])
      await cluster.apply(objects)
      try await cluster.server.patch(deployments, "default", "web", ["spec": ["replicas": 7]])
      #expect(await cluster.apply(objects) == ["web": "unchanged"])
      #expect(cluster.object("deployments.apps", "web")?[path: "spec", "replicas"] == 7)
    }
  }

  @Test("while nothing can be watched nothing is taken for granted: every object is applied")
  func notWatched() async throws {
    try await Cluster.with { cluster in
      cluster.server.double.inject(Fault(.answer(status: 403, text: "no")) { $0.isWatch })
      let objects = try app([configMap("settings")])
      await cluster.apply(objects)
      try await cluster.server.patch(Server.configMaps, "default", "settings", ["data": ["a": "9"]])
      #expect(await cluster.apply(objects) == ["settings": "changed"])
      #expect(cluster.object("configmaps", "settings")?[path: "data", "a"] == "1")
    }
  }
}
