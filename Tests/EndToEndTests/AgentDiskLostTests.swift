import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

@Suite("An agent whose disk is lost goes on from what the cluster has", .serialized)
struct AgentDiskLostTests {
  @Test("enrolled again it makes nothing anew, forgets nothing of what it owns, and prunes what leaves Git meanwhile")
  func lost() async throws {
    var sample = SampleFleet()
    sample.extraObjects = 4
    try await Stage.withServers(sample, ["dev-1"]) { stage in
      let (server, cluster) = (stage.server(of: "dev-1"), stage.fleet.cluster("dev-1"))
      try await server.send(
        "POST", "/api/v1/namespaces/web/configmaps",
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "of-others"], "data": ["text": "theirs"]])
      let before = try await server.configMaps()
      let owned = try await server.inventory()
      #expect(owned.count == 6)

      try await cluster.agent.stop()
      try FileManager.default.removeItem(atPath: cluster.state)
      try stage.repository.write(SampleFleet.settings(count: 3, text: "1.0"), to: "apps/web/base/settings.yaml")
      let commit = try stage.repository.commit("one less while nobody looks")
      try await server.forgetRequests()
      try await cluster.makeToken()
      try stage.startAgent(of: "dev-1")
      try await stage.succeeded(commit)
      try await eventually("what left Git is gone", within: .seconds(60)) { try await server.text("settings-4") == nil }

      let after = try await server.configMaps()
      #expect(after.mapValues(\.uid) == before.filter { $0.key != "settings-4" }.mapValues(\.uid))
      #expect(try await server.inventory() == owned.filter { !$0.hasSuffix("/settings-4") })
      // One deletion and the inventory without it: what was as desired was found so without a write.
      let writes = try await server.agentWrites().compactMap { $0["path"]?.string }
      #expect(writes.filter { !$0.contains("flotilla-inventory") } == ["/api/v1/namespaces/web/configmaps/settings-4"])
    }
  }
}
