import FleetModel
import Manifests
import TestSupport
import Testing

@testable import FleetStore

@Suite("A full disk loses nothing", .timeLimit(.minutes(1)))
struct FullDiskTests {
  @Test("writes that find no room fail as such, what was stored stays, and small writes go on when there is room")
  func full() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory, pageLimit: 200)
      let uid = try await store.register("fra-1")
      var stored: Int64 = 0
      var failure: FleetError?
      while failure == nil, stored < 1000 {
        var entry = logRecord(stored + 1)
        entry.event = [UInt8](repeating: 7, count: 20_000)
        do throws(FleetError) {
          try await store.advanceRollouts(
            RolloutStep(entries: [entry], assignments: [.assign(assignment(uid, "app \(stored)"))]))
          stored += 1
        } catch {
          failure = error
        }
      }
      #expect(failure?.code == .storeFull)
      #expect(failure?.address.file == directory + "/store.sqlite")
      #expect(try await store.rolloutLog(after: 0, limit: 1000).count == Int(stored))
      #expect(try await store.assignments().count == Int(stored))
      try await store.close()

      let roomier = try SQLiteStore(directory: directory, pageLimit: 400)
      try await roomier.advanceRollouts(RolloutStep(entries: [logRecord(stored + 1)]))
      #expect(try await roomier.rolloutLog(after: 0, limit: 1000).count == Int(stored) + 1)
      try await roomier.close()
    }
  }
}
