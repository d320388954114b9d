import AgentCore
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The load on an API server is bounded and known")
struct LoadTests {
  @Test("a thousand objects cost one write each and a few requests more; again, and by an agent anew, no write")
  func thousandObjects() async throws {
    try await Server.with { server in
      let objects = try app((0..<1_000).map { configMap("c\($0)") })
      try await Cluster.with(server) { cluster in
        server.double.forgetRequests()
        _ = await cluster.target.apply(objects, .enforce)
        #expect(server.double.requests.count { $0.isApply && !$0.path.contains("flotilla-") } == 1_000)
        #expect(server.double.requests.count < 1_015)
      }
      try await Cluster.with(server) { cluster in
        server.double.forgetRequests()
        let outcomes = await cluster.target.apply(objects, .enforce)
        #expect(outcomes.count { $0.result.word == "unchanged" } == 1_000)
        #expect(cluster.writes == 0)
        #expect(server.double.requests.count < 10)
      }
    }
  }
}
