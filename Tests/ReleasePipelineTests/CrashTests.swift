import FleetModel
import FleetStore
import Foundation
import HubSite
import ReleasePipeline
import TestSupport
import Testing

@Suite("A hub that is killed goes on where it was", .timeLimit(.minutes(10)))
struct CrashTests {
  /// How many of the writes are tried, spread over all; `FLOTILLA_KILLS` raises it, to every one in the end.
  private static let kills = ProcessInfo.processInfo.environment["FLOTILLA_KILLS"].flatMap { Int($0) } ?? 8

  @Test(
    "at whatever write it dies, the next hub gets everything to the same end", arguments: FaultyStore.Death.allCases)
  func everyWrite(death: FaultyStore.Death) async throws {
    try await Site.with(SmallFleet(approval: true)) { site in
      let expected = try await story(site, "untouched", fatal: .max, death)
      #expect(expected.digests.values.allSatisfy { $0.count == 2 })
      #expect(expected.writes > 40)
      var random = Randomness("writes to die with, \(death)")
      let stride = max(1, expected.writes / CrashTests.kills)
      var killed = 0
      for first in Swift.stride(from: 1, through: expected.writes, by: stride) {
        let fatal = first + Int.random(in: 0..<stride, using: &random)
        let end = try await story(site, "killed-\(fatal)", fatal: fatal, death)
        #expect(end.digests == expected.digests, "killed at write \(fatal)")
        // No two runs have as many writes: the last ones may not be reached.
        killed += end.wasKilled ? 1 : 0
      }
      #expect(killed >= min(CrashTests.kills, expected.writes) / 2)
    }
  }

  private struct End {
    var digests: [String: [String: AppDigest]]
    var wasKilled: Bool
    var writes: Int
  }

  /// From nothing to everything rolled out, with a hub that may die on the way.
  private func story(_ site: Site, _ state: String, fatal: Int, _ death: FaultyStore.Death) async throws -> End {
    let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
    let dying = Dying()
    do {
      try await site.runHub(state: state, wrap: { dying.wrap($0, fatal, death) }, isKilled: { dying.isDead }) { hub in
        try await hub.driveToTheEnd(agents)
      }
    } catch {
      guard dying.isDead else { throw error }
    }
    if dying.isDead {
      try await site.runHub(state: state) { hub in
        for agent in agents { await agent.hubRestarted() }
        try await hub.driveToTheEnd(agents)
      }
    }
    let store = try SQLiteStore(directory: "\(site.directory)/\(state)/store")
    _ = try await store.verifyAudit()
    try await store.close()
    var digests: [String: [String: AppDigest]] = [:]
    for agent in agents { digests[agent.name] = await agent.digests }
    return End(digests: digests, wasKilled: dying.isDead, writes: dying.writes)
  }
}
