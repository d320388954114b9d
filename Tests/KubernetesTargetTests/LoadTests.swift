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

  @Test("a server that stops answering is left alone soon, and what was not tried says why")
  func silence() async throws {
    var settings = APIClient.Settings()
    settings.requestDeadline = .milliseconds(300)
    try await Server.with(client: settings) { server in
      try await Cluster.with(server) { cluster in
        let names = (0..<1_000).map { "c\($0)" }
        server.double.inject(Fault(.hang) { $0.isApply && !$0.path.contains("flotilla-") })
        let outcomes = await cluster.target.apply(try app(names.map { configMap($0) }), .enforce)
        #expect(outcomes.count == names.count)
        #expect(outcomes.allSatisfy { $0.result.word == "failed: api-deadline" })
        #expect(server.double.requests.count { $0.isApply } <= Silence.limit + 2 * ApplyStage.objectsAtOnce)
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
