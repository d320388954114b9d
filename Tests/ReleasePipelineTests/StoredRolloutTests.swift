import FleetModel
import FleetStore
import HubSite
import LocalFleet
import ReleasePipeline
import RolloutEngine
import Synchronization
import Testing

@Suite("What is stored of a rollout grows with what happens, not with the fleet", .timeLimit(.minutes(8)))
struct StoredRolloutTests {
  @Test("where each cluster stands is asked of the engine while it holds the rollout, and stored when it lets go")
  func clusters() async throws {
    try await Site.with { site in
      let opened = Mutex<SQLiteStore?>(nil)
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub(wrap: { store in
        opened.withLock { $0 = store }
        return store
      }) { hub in
        try await hub.driveToTheEnd(agents)
        let store = try #require(opened.withLock { $0 })
        let first = try #require(try await hub.rollout(of: "web"))
        #expect(first.stages.flatMap(\.clusters).count == 2)
        #expect(try await listsClusters(first.id, store) == false)

        try site.repository.write(SmallFleet(tag: "2.0").settings(of: "web"), to: SmallFleet.settings(of: "web"))
        let commit = try site.repository.commit("web 2.0")
        try await hub.drive(agents, until: "the next rollout begins") {
          try await hub.rollout(of: "web")?.commit == commit
        }
        #expect(try await listsClusters(first.id, store))
        #expect(try await hub.fleet.rollout(first.id).stages.flatMap(\.clusters).map(\.name) == ["dev-1", "prod-1"])
      }
    }
  }

  /// Whether what is stored of a rollout says where a cluster stands.
  private func listsClusters(_ id: String, _ store: SQLiteStore) async throws -> Bool {
    let record = try #require(try await store.rollout(id))
    return String(decoding: record.detail, as: UTF8.self).contains("dev-1")
  }
}
