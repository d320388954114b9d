import FleetModel
import FleetStore
import Manifests
import Testing

@Suite("A step of the rollouts is stored whole or not at all", .timeLimit(.minutes(1)))
struct RolloutTests {
  @Test("log, assignments, listing and events of a step move together", arguments: Backend.all)
  func step(backend: Backend) async throws {
    try await backend.withStore { store in
      let (one, two) = (try await store.register("fra-1"), try await store.register("fra-2"))
      try await store.advanceRollouts(
        RolloutStep(
          entries: [logRecord(1), logRecord(2, rollouts: [])],
          assignments: [
            .assign(assignment(two, "shop")), .assign(assignment(one, "shop")), .assign(assignment(one, "db")),
          ],
          rollouts: [rolloutRecord("r1")], trail: Trail(events: [event("Started")])))
      try await store.advanceRollouts(
        RolloutStep(
          entries: [logRecord(3, rollouts: ["r1", "r2"])],
          assignments: [.assign(assignment(one, "shop", "v2")), .clear(cluster: two, app: "shop")],
          rollouts: [rolloutRecord("r1", status: "Succeeded", at: 3), rolloutRecord("r2", app: "db")]))
    } afterReopening: { store in
      let (one, two) = (try uid("u-fra-1"), try uid("u-fra-2"))
      #expect(try await store.assignments() == [assignment(one, "db"), assignment(one, "shop", "v2")])
      #expect(
        try await store.assignments(of: [one, two]) == [one: [assignment(one, "db"), assignment(one, "shop", "v2")]])
      #expect(try await store.assignments(of: []).isEmpty)
      #expect(try await store.assignments(ofApp: "db") == [assignment(one, "db")])
      #expect(try await store.rolloutLog(after: 0, limit: 9).map(\.number) == [1, 2, 3])
      #expect(try await store.rolloutLog(after: 1, limit: 1) == [logRecord(2, rollouts: [])])
      #expect(try await store.rolloutLog(of: "r1", after: 0, limit: 9).map(\.number) == [1, 3])
      #expect(try await store.rolloutLog(of: "r1", after: 1, limit: 9) == [logRecord(3, rollouts: ["r1", "r2"])])
      #expect(try await store.rolloutLog(of: "r2", after: 0, limit: 9).map(\.number) == [3])
      #expect(try await store.events(EventQuery()).map(\.event.kind) == ["Started"])
    }
  }

  @Test("a rollout keeps its start while its status changes", arguments: Backend.all)
  func listing(backend: Backend) async throws {
    try await backend.withStore { store in
      let first = [rolloutRecord("r1", at: 1), rolloutRecord("r2", app: "db", at: 2)]
      try await store.advanceRollouts(RolloutStep(entries: [logRecord(1)], rollouts: first))
      let ended = rolloutRecord("r1", status: "Failed", at: 5)
      try await store.advanceRollouts(RolloutStep(entries: [logRecord(2)], rollouts: [ended]))
      var expected = ended
      expected.startedAt = at(1)
      #expect(try await store.rollout("r1") == expected)
      #expect(try await store.rollout("r9") == nil)
      #expect(try await store.rollouts(of: nil, limit: 9).map(\.id) == ["r2", "r1"])
      #expect(try await store.rollouts(of: "checkout", limit: 9) == [expected])
      #expect(try await store.rollouts(of: nil, limit: 1).map(\.id) == ["r2"])
    }
  }

  @Test("a log that does not go on where it ended is refused with all that came with it", arguments: Backend.all)
  func gap(backend: Backend) async throws {
    try await backend.withStore { store in
      let cluster = try await store.register("fra-1")
      try await store.advanceRollouts(RolloutStep(entries: [logRecord(1)]))
      for entries in [[logRecord(1)], [logRecord(3)], [logRecord(2), logRecord(2)], [logRecord(2), logRecord(4)]] {
        let step = RolloutStep(
          entries: entries, assignments: [.assign(assignment(cluster, "shop"))], rollouts: [rolloutRecord("r1")],
          trail: Trail(audit: [entry("rollout.approve")], events: [event("Started")]))
        await refuses(.storeConflict) { try await store.advanceRollouts(step) }
      }
      #expect(try await store.rolloutLog(after: 0, limit: 9).map(\.number) == [1])
      #expect(try await store.assignments() == [])
      #expect(try await store.rollout("r1") == nil)
      #expect(try await store.events(EventQuery()).isEmpty)
    }
  }

  @Test("an assignment to an unknown cluster refuses the whole step", arguments: Backend.all)
  func unknownCluster(backend: Backend) async throws {
    try await backend.withStore { store in
      let step = RolloutStep(entries: [logRecord(1)], assignments: [.assign(assignment(try uid("nobody"), "shop"))])
      await refuses(.clusterUnknown) { try await store.advanceRollouts(step) }
      #expect(try await store.rolloutLog(after: 0, limit: 9) == [])
    }
  }

  @Test("of two hubs that write the same entry one is told that the other has moved on", arguments: Backend.all)
  func race(backend: Backend) async throws {
    try await backend.withStore { store async throws in
      for number in Int64(1)...50 {
        let winners = await withTaskGroup(of: Bool.self) { group in
          for _ in 0..<4 {
            group.addTask {
              do {
                try await store.advanceRollouts(RolloutStep(entries: [logRecord(number)]))
                return true
              } catch {
                #expect((error as? FleetError)?.code == .storeConflict)
                return false
              }
            }
          }
          return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(winners == 1)
      }
      #expect(try await store.rolloutLog(after: 0, limit: 99).map(\.number) == Array(1...50))
    }
  }

  @Test("the latest snapshot is the one with the highest number, and few are kept", arguments: Backend.all)
  func snapshots(backend: Backend) async throws {
    try await backend.withStore { store in
      #expect(try await store.latestSnapshot() == nil)
      for number in [Int64(10), 30, 20, 40] {
        try await store.saveSnapshot(
          EngineSnapshot(number: number, time: at(number), bytes: bytes("state \(number)")))
      }
    } afterReopening: { store async throws in
      #expect(
        try await store.latestSnapshot() == EngineSnapshot(number: 40, time: at(40), bytes: bytes("state 40")))
    }
  }
}
