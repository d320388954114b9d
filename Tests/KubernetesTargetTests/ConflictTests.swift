import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Fields that others own are taken over or reported, as the app says")
struct ConflictTests {
  @Test("what Git declares is taken from whoever had it", arguments: Plane.tested)
  func take(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      try await cluster.server.create(Server.configMaps, configMap("settings", ["a": "theirs"]))
      #expect(await cluster.apply(try app([configMap("settings", ["a": "ours"])])) == ["settings": "changed"])
      #expect(try await cluster.object(Server.configMaps, "settings")?[path: "data", "a"] == "ours")
    }
  }

  @Test("a conflict that is only to be reported names the owner and changes nothing", arguments: Plane.tested)
  func report(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      try await cluster.server.create(Server.configMaps, configMap("settings", ["a": "1"]))
      try await cluster.server.patch(Server.configMaps, "settings", ["data": ["a": "theirs"]])
      let objects = try app([configMap("settings", ["a": "ours"])], policy: AppPolicy(conflicts: .report))
      let (error, isTransient) = try await cluster.failure(objects)
      #expect(!isTransient)
      #expect(error.cause.contains("somebody"))
      #expect(try await cluster.object(Server.configMaps, "settings")?[path: "data", "a"] == "theirs")
    }
  }

  @Test(
    "what kubectl applied from its side is taken over, so that a field goes when Git drops it", arguments: Plane.tested)
  func clientSideApply(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      var live = configMap("settings", ["a": "1", "old": "1"])
      live["metadata"]?["annotations"] = ["kubectl.kubernetes.io/last-applied-configuration": "{}"]
      try await cluster.server.create(Server.configMaps, live, manager: "kubectl-client-side-apply")
      await cluster.apply(try app([configMap("settings", ["a": "1"])]))
      #expect(try await cluster.object(Server.configMaps, "settings")?["data"] == ["a": "1"])
      let managers =
        try await cluster.object(Server.configMaps, "settings")?[path: "metadata", "managedFields"]?.array ?? []
      #expect(managers.compactMap { $0["manager"]?.string } == ["flotilla"])
    }
  }
}
