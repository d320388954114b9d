import FleetModel
import HubSite
import LocalFleet
import ReleasePipeline
import RolloutEngine
import Synchronization
import Testing

@Suite("Checks decide after a stage's soak", .timeLimit(.minutes(4)))
struct AnalysisTests {
  /// Answers as a test says, and remembers whom it was asked for.
  private final class Probes: AnalysisProbing {
    let answer = Mutex(AnalysisMeasurement.success("fine"))
    let asked = Mutex(0)

    func measure(_ analysis: Analysis) async -> AnalysisMeasurement {
      asked.withLock { $0 += 1 }
      return answer.withLock { $0 }
    }
  }

  private func withChecks(
    onFailure: String = "halt",
    _ body: @escaping @Sendable (Site, Probes, TestAgent, TestAgent) async throws -> Void
  ) async throws {
    let probes = Probes()
    try await Site.with { original in
      var site = original
      site.probes = probes
      let check = "analysis: [{http: {url: 'http://checks.example.com'}, interval: 100ms, count: 2}]"
      try site.repository.replace(
        "environment: dev, soak: 0s", with: "environment: dev, soak: 0s, \(check)", in: "fleet.yaml")
      try site.repository.replace("stages:", with: "onFailure: \(onFailure)\n      stages:", in: "fleet.yaml")
      try site.repository.commit("checks")
      try await body(site, probes, try TestAgent("dev-1"), try TestAgent("prod-1"))
    }
  }

  @Test("a stage passes once its checks have, and the next begins")
  func passes() async throws {
    try await withChecks { site, probes, dev, prod in
      try await site.runHub { hub in try await hub.driveToTheEnd([dev, prod]) }
      // Two looks for each of the two apps.
      #expect(probes.asked.withLock { $0 } == 4)
    }
  }

  @Test("a check that fails halts the stage and rolls it back, and a hub that starts again asks a check anew")
  func fails() async throws {
    try await withChecks(onFailure: "rollback-all") { site, probes, dev, prod in
      try await site.runHub { hub in try await hub.driveToTheEnd([dev, prod]) }
      probes.answer.withLock { $0 = .error("nobody there") }
      try site.repository.replace("tag:", with: "more: data, tag:", in: SmallFleet.settings(of: "web"))
      try site.repository.commit("another")
      try await site.runHub { hub in
        try await hub.drive([dev, prod], until: "dev is analyzed") {
          try await hub.rollout(of: "web")?.stages.first?.state == .analyzing
        }
      }
      probes.answer.withLock { $0 = .failure("status 500") }
      try await site.runHub { hub in
        try await hub.drive([dev, prod], until: "it is rolled back") {
          try await hub.rollout(of: "web")?.state == .rolledBack
        }
        let rollout = try #require(try await hub.rollout(of: "web"))
        #expect(rollout.reason.contains("its analysis failed: http://checks.example.com: status 500"))
      }
    }
  }
}
