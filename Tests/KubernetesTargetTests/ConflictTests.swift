import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Fields that others own are taken over or reported, as the app says")
struct ConflictTests {
  @Test("what Git declares is taken from whoever had it")
  func take() async throws {
    try await Cluster.with { cluster in
      try await cluster.server.create(Server.configMaps, configMap("settings", ["a": "theirs"]))
      #expect(await cluster.apply(try app([configMap("settings", ["a": "ours"])])) == ["settings": "changed"])
      #expect(cluster.object("configmaps", "settings")?[path: "data", "a"] == "ours")
    }
  }

  @Test("a conflict that is only to be reported names the owner and changes nothing")
  func report() async throws {
    try await Cluster.with { cluster in
      try await cluster.server.create(Server.configMaps, configMap("settings", ["a": "1"]))
      try await cluster.server.patch(Server.configMaps, "default", "settings", ["data": ["a": "theirs"]])
      let objects = try app([configMap("settings", ["a": "ours"])], policy: AppPolicy(conflicts: .report))
      let (error, isTransient) = try await cluster.failure(objects)
      #expect(!isTransient)
      #expect(error.cause.contains("somebody"))
      #expect(cluster.object("configmaps", "settings")?[path: "data", "a"] == "theirs")
    }
  }

  @Test("what kubectl applied from its side is taken over, so that a field goes when Git drops it")
  func clientSideApply() async throws {
    try await Cluster.with { cluster in
      var live = configMap("settings", ["a": "1", "old": "1"])
      live["metadata"]?["annotations"] = ["kubectl.kubernetes.io/last-applied-configuration": "{}"]
      var request = APIRequest(
        .create, kind: "ConfigMap", path: Server.configMaps.path(namespace: "default"))
      request.query = [("fieldManager", "kubectl-client-side-apply")]
      request.body = JSON.compact(live)
      _ = try await cluster.server.client.send(request)
      await cluster.apply(try app([configMap("settings", ["a": "1"])]))
      #expect(cluster.object("configmaps", "settings")?["data"] == ["a": "1"])
      let managers = cluster.object("configmaps", "settings")?[path: "metadata", "managedFields"]?.array ?? []
      #expect(managers.compactMap { $0["manager"]?.string } == ["flotilla"])
    }
  }
}
