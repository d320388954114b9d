import Foundation
import LocalFleet
import Testing
import Wire

@Suite("Of two agents that were given one cluster by mistake one writes, and the other says so", .serialized)
struct TwoAgentsTests {
  @Test("the second one's apps fail with the first one's name, and nothing that it wants is written")
  func second() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1"]) { stage in
      let server = stage.server(of: "dev-1")
      // Another member of the fleet whose agent has the first one's kubeconfig.
      try stage.repository.write(
        SampleFleet().files["clusters/dev-1.yaml"]?.replacingOccurrences(of: "dev-1", with: "dev-2") ?? "",
        to: "clusters/dev-2.yaml")
      try stage.repository.commit("dev-2 joins")
      try await eventually("the hub knows dev-2", within: .seconds(60)) {
        try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters.contains { $0.name == "dev-2" }
      }
      let intruder = stage.fleet.cluster("dev-2")
      try await intruder.makeToken()
      try intruder.startAgent(kubeconfig: server.kubeconfig)
      try await eventually("the second one says who has the cluster", within: .seconds(60)) {
        let shown = try await stage.placement(on: "dev-2")
        return shown?.sync == .failed
          && shown?.reason.contains("another agent works on this cluster: sample/c-") == true
          && shown?.health == .unknown
      }
      #expect(intruder.log.contains("nothing is written"))

      // The first one goes on as if nobody else were there.
      try await server.edit()
      try await eventually("the first one heals", within: .seconds(60)) { try await server.text() == "1.0" }
      let shown = try await stage.placement(on: "dev-1")
      #expect(shown?.sync == .synced && shown?.health == .healthy)
      await intruder.stopAgent()
    }
  }
}

extension LocalCluster {
  fileprivate func stopAgent() async { try? await agent.stop() }
}
