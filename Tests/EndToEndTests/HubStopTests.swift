import FleetStore
import LocalFleet
import TestSupport
import Testing

@Suite("A hub that is told to stop", .timeLimit(.minutes(8)))
struct HubStopTests {
  @Test("stores where all its rollouts stand, for the next one whatever its version")
  func stopped() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try await stage.fleet.hub.stop()
      let store = try SQLiteStore(directory: "\(stage.machine.directory)/hub/store")
      let state = try #require(try await store.latestSnapshot())
      #expect(try await store.rolloutLog(after: state.number - 1, limit: 10).map(\.number) == [state.number])
      try await store.close()
    }
  }
}
