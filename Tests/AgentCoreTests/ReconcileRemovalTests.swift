import FleetModel
import Manifests
import Testing

@testable import AgentCore

@Suite("What leaves the bundle leaves the target as the bundle says", .timeLimit(.minutes(2)))
struct ReconcileRemovalTests {
  @Test("an app that is absent is deleted, last made first, and then reported as done")
  func prune() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a", "b"])
      scene.desire([], removals: [Fixtures.removal("old", .prune)])
      let report = try await scene.until("old") { $0.sync == .synced }
      #expect(report.objects.total == 0)
      #expect(!report.blocking)
      #expect(await scene.target.names.isEmpty)
      #expect(await scene.target.count(.delete(["b", "a"])) == 1)
      try await scene.until { scene.events("Pruned").count == 2 }
    }
  }

  @Test("a deletion that fails is shown with its error, and tried again until it succeeds")
  func failedDeletion() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a", "b"])
      await scene.target.fail("a", isTransient: true)
      scene.desire([], removals: [Fixtures.removal("old", .prune)])
      let report = try await scene.until("old") { $0.sync == .failed }
      #expect(report.reason.contains("the disk is full"))
      #expect(report.blocking)
      #expect(await !scene.target.names.contains("b"))
      await scene.target.mend()
      try await scene.untilInTime { await scene.report("old")?.sync == .synced }
      #expect(await scene.target.names.isEmpty)
    }
  }

  @Test("an app that is orphaned stays where it is, and is nobody's")
  func orphan() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a", "b"])
      scene.desire([], removals: [Fixtures.removal("old", .orphan)])
      try await scene.until("old") { $0.sync == .synced }
      #expect(await scene.target.names == ["a", "b"])
      #expect(await scene.target.ownership.isEmpty)
    }
  }

  @Test("an object that cannot be let go is shown as failed, and tried again; it was reported as done before")
  func failedDisowning() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a", "b"])
      await scene.target.fail("b", isTransient: true)
      scene.desire([], removals: [Fixtures.removal("old", .orphan)])
      let report = try await scene.until("old") { $0.sync != .applying }
      #expect(report.sync == .failed)
      #expect(report.reason.contains("the disk is full"))
      await scene.target.mend()
      try await scene.untilInTime { await scene.report("old")?.sync == .synced }
      #expect(await scene.target.ownership.isEmpty)
    }
  }

  @Test("what somebody else saw to meanwhile is no failure any longer")
  func goneByItself() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a"])
      await scene.target.fail("a", isTransient: false)
      scene.desire([], removals: [Fixtures.removal("old", .prune)])
      try await scene.until("old") { $0.sync == .failed }
      _ = await scene.target.mend()
      _ = await scene.target.disown(Fixtures.owned("old", ["a"]))
      scene.target.tell(.everything)
      try await scene.until("old") { $0.sync == .synced }
    }
  }

  @Test("an app that the bundle neither has nor removes is left alone")
  func unmentioned() async throws {
    try await Scene.with { scene in
      await scene.target.own("stranger", ["x"])
      scene.desire([try Fixtures.app("shop", ["a"])], removals: [Fixtures.removal("old", .prune)])
      try await scene.until("old") { $0.sync == .synced }
      try await scene.until("shop") { $0.sync == .synced }
      #expect(await scene.target.names == ["a", "x"])
    }
  }

  @Test("what a release drops goes only once all of the release is there")
  func dropped() async throws {
    try await Scene.with { scene in
      await scene.target.own("shop", ["old"])
      await scene.target.fail("b", isTransient: true)
      scene.desire([try Fixtures.app("shop", ["a", "b"])])
      try await scene.until("shop") { $0.sync == .failed }
      #expect(await scene.target.names.contains("old"))
      await scene.target.mend()
      scene.target.tell(.drifted(app: "shop"))
      try await scene.until { await scene.target.names == ["a", "b"] }
    }
  }

  @Test("without prune it stays")
  func noPrune() async throws {
    try await Scene.with { scene in
      await scene.target.own("shop", ["old"])
      scene.desire(
        [try Fixtures.app("shop", ["a"], policy: AppPolicy(prune: false))], removals: [Fixtures.removal("gone", .prune)]
      )
      try await scene.until("gone") { $0.sync == .synced }
      try await scene.until("shop") { $0.sync == .synced }
      #expect(await scene.target.names == ["a", "old"])
    }
  }

  @Test("a mass deletion waits for an operator's word, and what it waits for is in the report")
  func held() async throws {
    let names = Fixtures.names(40)
    let leaving = Array(names.dropFirst(10))
    try await Scene.with { scene in
      await scene.target.own("shop", names)
      scene.desire([try Fixtures.app("shop", Array(names.prefix(10)))])
      let report = try await scene.until("shop") { $0.sync == .outOfSync }
      #expect(report.reason.hasPrefix("30 deletions wait for a confirmation"))
      #expect(await scene.target.names == Set(names))
      let confirmed = Set(leaving.map { Fixtures.id($0).description })
      scene.desire([try Fixtures.app("shop", Array(names.prefix(10)), confirmed: confirmed)])
      try await scene.until("shop") { $0.sync == .synced }
      #expect(await scene.target.names == Set(names.prefix(10)))
    }
  }

  @Test("an object that moves to another app is handed over, and never deleted in between")
  func handedOver() async throws {
    try await Scene.with { scene in
      scene.desire([try Fixtures.app("shop", ["a", "b"])])
      try await scene.until("shop") { $0.sync == .synced }
      await scene.target.forgetCalls()
      scene.desire([try Fixtures.app("shop", ["a"]), try Fixtures.app("cart", ["b"], order: 1)])
      try await scene.until("cart") { $0.sync == .synced }
      try await scene.until {
        await Set(scene.target.ownership) == Set(Fixtures.owned("shop", ["a"]) + Fixtures.owned("cart", ["b"]))
      }
      #expect(await !scene.target.calls.contains { if case .delete = $0 { true } else { false } })
    }
  }

  @Test("an inventory that cannot be read deletes nothing; it is told, and looked at again later")
  func unreadable() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["a"])
      await scene.target.failInventory()
      scene.desire([], removals: [Fixtures.removal("old", .prune)])
      try await scene.until { scene.events("InventoryUnreadable").first?.contains("is damaged") == true }
      #expect(await scene.report("old")?.sync == .applying)
      #expect(await scene.target.names == ["a"])
      await scene.target.mend()
      try await scene.untilInTime { await scene.report("old")?.sync == .synced }
      #expect(await scene.target.names.isEmpty)
    }
  }
}
