import Digests
import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import RolloutEngine
import TestSupport
import Testing

@testable import HubAPI
@testable import Wire

@Suite("A rollout is watched as it goes", .timeLimit(.minutes(8)))
struct WatchTests {
  @Test("first whole, then what changes, until it has ended")
  func watch() async throws {
    try await OpenHub.with(SmallFleet(approval: true)) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.drive(agents, until: "prod waits for an approval") {
        try await hub.hub.rollout(of: "web")?.stages.last?.state == .awaitingBefore(.approval)
      }
      let rollout = try #require(try await hub.hub.rollout(of: "web"))
      let seen = Heard<FlotillaV1.RolloutChange>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await hub.ask(as: .viewer) { client in
            try await client.watchRollout(.init(which: .app("web"))) { changes in
              for try await change in changes { seen.hear(change) }
            }
          }
        }
        try await awaited("the rollout is seen") { !seen.all.isEmpty }
        _ = try await hub.ask(as: .deployer) {
          try await $0.approveRollout(.init(id: rollout.id, stage: "prod", release: rollout.release.digest.bytes))
        }
        try await hub.hub.drive(agents, until: "the rollout succeeds") {
          try await hub.hub.rollout(of: "web")?.state == .succeeded
        }
        try await group.waitForAll()
      }
      let changes = seen.all
      let first = try #require(changes.first?.rollout)
      #expect(
        first.rollout?.id == rollout.id && first.stages.map { $0.clusters.map(\.name) } == [["dev-1"], ["prod-1"]])
      let rest = changes.dropFirst().compactMap(\.rollout)
      #expect(!rest.isEmpty && rest.allSatisfy { $0.stages.first?.clusters.isEmpty == true }, "dev-1 did not change")
      #expect(changes.last?.rollout?.rollout?.state == .succeeded)
      #expect(changes.last?.rollout?.stages.last?.clusters.last?.state == .soaked)
    }
  }

  @Test("of what does not exist there is nothing to watch, and the error says what there is")
  func unknown() async throws {
    try await OpenHub.with { hub in
      let error = try await refusal {
        try await hub.ask { client in
          try await client.watchRollout(.init(which: .id("web-99"))) { for try await _ in $0 {} }
        }
      }
      #expect(error?.code == .rolloutUnknown && error?.nextStep.isEmpty == false)
    }
  }

  private func detail(_ reasons: [String], _ state: FlotillaV1.RolloutClusterState) -> FlotillaV1.RolloutDetail {
    let clusters = reasons.enumerated().map { number, reason in
      FlotillaV1.RolloutCluster(name: "c-\(number)", state: state, reason: reason)
    }
    return .init(rollout: .init(id: "web-1"), stages: [.init(name: "dev", clusters: clusters)])
  }

  @Test("only clusters of which something is new are told again, in messages of bounded size")
  func news() {
    var news = RolloutNews()
    let count = RolloutNews.clustersPerMessage + 5
    let pending = detail(Array(repeating: "waits", count: count), .pending)
    let first = news.changes(pending, at: Timestamp(seconds: 1))
    #expect(first.map { $0.rollout?.stages.first?.clusters.count } == [RolloutNews.clustersPerMessage, 5])
    #expect(first.map(\.more) == [true, false])
    #expect(news.changes(pending, at: Timestamp(seconds: 2)).isEmpty)
    // What is pending waits in other words with every step of its stage.
    let later = detail(Array(repeating: "waits still", count: count), .pending)
    #expect(news.changes(later, at: Timestamp(seconds: 3)).isEmpty)
    var moved = later
    moved.stages[0].clusters[7].state = .offered
    let change = news.changes(moved, at: Timestamp(seconds: 4))
    #expect(change.count == 1 && change.first?.rollout?.stages.first?.clusters.map(\.name) == ["c-7"])
  }
}
