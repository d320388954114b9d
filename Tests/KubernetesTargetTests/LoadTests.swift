import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The load on an API server is bounded and known")
struct LoadTests {
  @Test(
    "a thousand objects cost one write each and a few requests more; again, and by an agent anew, no write",
    arguments: Plane.tested)
  func thousandObjects(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let objects = try app((0..<1_000).map { configMap("c\($0)") })
      try await Cluster.with(server) { cluster in
        _ = await cluster.target.apply(objects, .enforce)
        #expect(server.requests([.apply]) <= 1_002, "one each, and the inventory")
        #expect(server.requests() < 1_015)
      }
      try await Cluster.with(server) { cluster in
        let (requests, writes) = (server.requests(), cluster.writes)
        let outcomes = await cluster.target.apply(objects, .enforce)
        #expect(outcomes.count { $0.result.word == "unchanged" } == 1_000)
        #expect(cluster.writes == writes)
        #expect(server.requests() - requests < 10)
      }
    }
  }

  @Test("a server that stops answering is left alone soon, and what was not tried says why")
  func silence() async throws {
    var settings = APIClient.Settings()
    settings.requestDeadline = .milliseconds(300)
    try await Server.withDouble(client: settings) { double, server in
      try await Cluster.with(server) { cluster in
        let names = (0..<1_000).map { "c\($0)" }
        double.inject(Fault(.hang) { $0.isApply && !$0.path.contains("flotilla-") })
        let outcomes = await cluster.target.apply(try app(names.map { configMap($0) }), .enforce)
        #expect(outcomes.count == names.count)
        #expect(outcomes.allSatisfy { $0.result.word == "failed: api-deadline" })
        #expect(double.requests.count { $0.isApply } <= Silence.limit + 2 * ApplyStage.objectsAtOnce)
      }
    }
  }

  @Test("a failure here and there is no silence: everything else is tried")
  func noSilence() throws {
    let lost = APIFailure(.unreachable, FleetError(APIFailure.Kind.unreachable.code, "no connection"))
    var silence = Silence()
    for round in 0..<(Silence.limit * 3) {
      silence.heard(round % Silence.limit == 0 ? Result<Void, APIFailure>.success(()) : .failure(lost))
    }
    #expect(silence.failure == nil)
    silence.heard(Result<Void, APIFailure>.failure(lost))
    #expect(silence.failure != nil)
  }
}
