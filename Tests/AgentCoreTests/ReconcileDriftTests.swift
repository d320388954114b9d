import FleetModel
import Manifests
import Testing

@testable import AgentCore

@Suite("Drift is healed, or shown where it is not", .timeLimit(.minutes(2)))
struct ReconcileDriftTests {
  private func running(_ apps: [DesiredApp], _ body: (Scene) async throws -> Void) async throws {
    try await Scene.with { scene in
      scene.desire(apps)
      for app in apps { try await scene.until(app.name) { $0.sync == .synced } }
      try await body(scene)
    }
  }

  @Test("what is edited or deleted by hand is as desired again; it is counted and told")
  func healed() async throws {
    try await running([try Fixtures.app("shop", ["a", "b"])]) { scene in
      await scene.target.edit("a")
      await scene.target.remove("b")
      scene.target.tell(.drifted(app: "shop"))
      let report = try await scene.until("shop") { $0.driftHealed == 2 }
      #expect(report.sync == .synced)
      #expect(await scene.target.isAsDesired("a"))
      #expect(await scene.target.isAsDesired("b"))
      try await scene.until { scene.events("DriftHealed").count == 2 }
    }
  }

  @Test("a change that nobody told of is found by the full check")
  func fullCheck() async throws {
    try await running([try Fixtures.app("shop", ["a"])]) { scene in
      await scene.target.edit("a")
      scene.clock.advance(by: .seconds(86_401))
      // Anything that wakes it: the clock of the test does not.
      scene.target.tell(.drifted(app: "nobody"))
      try await scene.until("shop") { $0.driftHealed == 1 }
    }
  }

  @Test("an app that does not heal itself is left as it is and shown as out of sync; its next version is applied")
  func selfHealOff() async throws {
    let policy = AppPolicy(selfHeal: false)
    try await running([try Fixtures.app("shop", ["a", "b"], policy: policy)]) { scene in
      await scene.target.edit("a")
      scene.target.tell(.drifted(app: "shop"))
      let report = try await scene.until("shop") { $0.sync == .outOfSync }
      #expect(report.reason.contains("a differs"))
      #expect(report.objects.synced == 1)
      #expect(report.blocking)
      #expect(await !scene.target.isAsDesired("a"))
      #expect(scene.events("DriftHealed").isEmpty)
      scene.desire([try Fixtures.app("shop", ["a", "b"], text: "two", policy: policy)])
      try await scene.until("shop") { $0.sync == .synced }
      #expect(await scene.target.isAsDesired("a"))
    }
  }

  @Test("while a fight slows healing down the app is out of sync in the report; it said Synced before")
  func fight() async throws {
    try await running([try Fixtures.app("shop", ["a", "b"])]) { scene in
      for round in 1...DriftHistory.correctionsPerWindow + 1 {
        await scene.target.edit("a")
        scene.target.tell(.drifted(app: "shop"))
        try await scene.until("shop") { $0.driftHealed == round }
      }
      try await scene.until { scene.events("DriftFight").count == 1 }
      await scene.target.edit("a")
      scene.target.tell(.drifted(app: "shop"))
      let report = try await scene.until("shop") { $0.sync == .outOfSync }
      #expect(report.reason.contains("a is changed again and again by somebody who is not known, and healed every 10"))
      #expect(report.objects.synced == 1)
      #expect(await !scene.target.isAsDesired("a"))

      scene.clock.advance(by: DriftHistory.pause)
      scene.target.tell(.drifted(app: "shop"))
      try await scene.until("shop") { $0.sync == .synced }
      #expect(await scene.target.isAsDesired("a"))
    }
  }

  @Test("a change of health is looked at without applying anything")
  func health() async throws {
    try await running([try Fixtures.app("shop", ["a"])]) { scene in
      try await scene.until("shop") { $0.health == .healthy }
      await scene.target.forgetCalls()
      await scene.target.set("shop", .degraded)
      scene.target.tell(.healthChanged(app: "shop"))
      let report = try await scene.until("shop") { $0.health == .degraded }
      #expect(report.blocking)
      #expect(await scene.target.calls == [.observe("shop")])
    }
  }
}
