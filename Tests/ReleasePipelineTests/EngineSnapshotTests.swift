import FleetModel
import FleetStore
import GRDB
import HubSite
import Manifests
import ReleasePipeline
import RolloutEngine
import Synchronization
import TestSupport
import Testing

@Suite("The engine's state is stored whole now and then, and a restart goes on from there", .timeLimit(.minutes(8)))
struct EngineSnapshotTests {
  /// What another version of the hub might have decided.
  private func decideOtherwise(_ site: Site, _ more: String = "") async throws {
    let queue = try DatabaseQueue(path: "\(site.directory)/state/store/store.sqlite")
    try await queue.write { database in
      try database.execute(
        sql: "UPDATE rollout_log SET transitions = (SELECT transitions FROM rollout_log LIMIT 1); \(more)")
    }
    try queue.close()
  }

  @Test("and when the hub stops: another version need not decide again what this one decided")
  func stop() async throws {
    try await Site.with { site in
      try await site.runHub { hub in try await hub.driveToTheEnd([try TestAgent("dev-1"), try TestAgent("prod-1")]) }
      let store = try SQLiteStore(directory: "\(site.directory)/state/store")
      let snapshot = try #require(try await store.latestSnapshot())
      let last = try #require(try await store.rolloutLog(after: snapshot.number - 1, limit: 10).last)
      try await store.close()
      #expect(snapshot.number == last.number)

      try await decideOtherwise(site)
      let actor = Actor(operator: "ada")
      try await site.runHub { hub in
        try await hub.operations.suspend(.app("web"), reason: "to see that it goes on", by: actor)
      }
      // Without what it leaves when it stops.
      try await decideOtherwise(site, "DELETE FROM snapshots")
      let refused = try await refusal { try await site.runHub { _ in } }
      #expect(refused?.code == .logBroken && refused?.nextStep.contains("stop it") == true)
    }
  }

  @Test("after a thousand entries, beside what goes on; nothing is lost that came after it")
  func snapshot() async throws {
    try await Site.with { site in
      let opened = Mutex<SQLiteStore?>(nil)
      let actor = Actor(operator: "ada")
      try await site.runHub(wrap: { store in
        opened.withLock { $0 = store }
        return store
      }) { hub in
        let store = try #require(opened.withLock { $0 })
        try await hub.driveToTheEnd([try TestAgent("dev-1"), try TestAgent("prod-1")])
        for number in 1...505 {
          try await hub.operations.suspend(.app("web"), reason: "\(number)", by: actor)
          try await hub.operations.unsuspend(.app("web"), reason: "\(number)", by: actor)
        }
        try await hub.operations.suspend(.app("web"), reason: "the last", by: actor)
        let snapshot = try await awaited("a snapshot") { try await store.latestSnapshot() }
        #expect(snapshot.number >= 1000)
        let entries = try await store.rolloutLog(after: 0, limit: 5000)
        #expect(try #require(entries.last).number >= snapshot.number)
      }
      try await site.runHub { hub in
        try await hub.operations.unsuspend(.app("web"), reason: "it was", by: actor)
        let refused = try await refusal {
          try await hub.operations.unsuspend(.app("web"), reason: "it is not any longer", by: actor)
        }
        #expect(refused != nil)
      }
    }
  }
}
