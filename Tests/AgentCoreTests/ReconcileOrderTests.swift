import FleetModel
import Manifests
import Testing

@testable import AgentCore

@Suite("Apps are applied in their order, and none stands in another's way", .timeLimit(.minutes(2)))
struct ReconcileOrderTests {
  /// The apps that were applied, in order.
  private func applied(_ scene: Scene) async -> [String] {
    await scene.target.calls.compactMap { if case .apply(let app, _) = $0 { app } else { nil } }
  }

  @Test("what others depend on comes first; what is deleted goes when everything was applied")
  func order() async throws {
    try await Scene.with { scene in
      await scene.target.own("old", ["x"])
      scene.desire(
        [
          try Fixtures.app("shop", ["c"], policy: AppPolicy(dependsOn: ["certs"]), order: 2),
          try Fixtures.app("certs", ["b"], policy: AppPolicy(dependsOn: ["network"]), order: 1),
          try Fixtures.app("network", ["a"]),
        ], removals: [Fixtures.removal("old", .prune)])
      try await scene.until("old") { $0.sync == .synced }
      #expect(await applied(scene) == ["network", "certs", "shop"])
      let calls = await scene.target.calls
      let deleted = try #require(calls.firstIndex(of: .delete(["x"])))
      #expect(try deleted > #require(calls.firstIndex(of: .apply("shop", .enforce))))
    }
  }

  @Test("an app that fails keeps neither the apps after it from being applied nor its own other objects")
  func failure() async throws {
    try await Scene.with { scene in
      await scene.target.fail("b", isTransient: false)
      scene.desire([try Fixtures.app("first", ["a", "b", "c"]), try Fixtures.app("second", ["d"], order: 1)])
      try await scene.until("second") { $0.sync == .synced }
      let report = try await scene.until("first") { $0.sync == .failed }
      #expect(report.reason.hasPrefix(Fixtures.id("b").displayName))
      #expect(report.reason.contains("the disk is full"))
      #expect(report.blocking)
      #expect(await scene.target.names == ["a", "c", "d"])
    }
  }

  @Test("what failed for now is tried again until it succeeds, and the others are left in peace")
  func retried() async throws {
    try await Scene.with { scene in
      await scene.target.fail("b", isTransient: true)
      scene.desire([try Fixtures.app("first", ["a", "b"]), try Fixtures.app("second", ["d"])])
      try await scene.until("second") { $0.sync == .synced }
      for round in 2...5 {
        try await scene.untilInTime { await scene.target.count(.apply("first", .enforce)) >= round }
      }
      await scene.target.mend()
      try await scene.untilInTime { await scene.report("first")?.sync == .synced }
      #expect(await scene.target.count(.apply("second", .enforce)) == 1)
    }
  }

  @Test("what cannot succeed is not tried again before something changes")
  func lasting() async throws {
    try await Scene.with { scene in
      await scene.target.fail("b", isTransient: false)
      scene.desire([try Fixtures.app("first", ["b"]), try Fixtures.app("second", ["d"])])
      try await scene.until("first") { $0.sync == .failed }
      try await scene.until("second") { $0.sync == .synced }
      scene.clock.advance(by: .seconds(3600))
      await scene.target.edit("d")
      scene.target.tell(.drifted(app: "second"))
      try await scene.until("second") { $0.driftHealed == 1 }
      #expect(await scene.target.count(.apply("first", .enforce)) == 1)
      await scene.target.mend()
      scene.target.tell(.everything)
      try await scene.until("first") { $0.sync == .synced }
    }
  }

  @Test("an object that two apps claim is the first one's; the other says whose it is")
  func contested() async throws {
    try await Scene.with { scene in
      scene.desire([try Fixtures.app("first", ["a"]), try Fixtures.app("second", ["a", "b"], order: 1)])
      let report = try await scene.until("second") { $0.sync == .failed }
      #expect(report.reason.contains("is also claimed by app first"))
      try await scene.until("first") { $0.sync == .synced }
      #expect(await scene.target.names == ["a"])
    }
  }

  @Test("a target is told which apps there are with every bundle")
  func kept() async throws {
    try await Scene.with { scene in
      scene.desire([try Fixtures.app("first", ["a"]), try Fixtures.app("second", ["b"])])
      try await scene.until { await scene.target.count(.keep(["first", "second"])) == 1 }
      scene.desire([try Fixtures.app("second", ["b"])], removals: [Fixtures.removal("first", .prune)])
      try await scene.until { await scene.target.count(.keep(["second"])) == 1 }
    }
  }
}
