import FleetModel
import HubSite
import LocalFleet
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("Freezes keep something new from an environment", .timeLimit(.minutes(4)))
struct FreezeTests {
  private func withFreeze(
    _ schedule: String, _ body: @escaping @Sendable (Site, TestAgent, TestAgent) async throws -> Void
  ) async throws {
    try await Site.with { site in
      let freeze =
        "{environments: [prod], schedule: '\(schedule)', duration: 5m, timeZone: Europe/Berlin, reason: audit}"
      try site.repository.replace("  pipelines:", with: "  freezes: [\(freeze)]\n  pipelines:", in: "fleet.yaml")
      try site.repository.commit("a freeze")
      try await body(site, try TestAgent("dev-1"), try TestAgent("prod-1"))
    }
  }

  private func isFrozen(_ hub: FleetHub) async throws -> Bool {
    try await hub.rollout(of: "web")?.stages.last?.state == .awaitingBefore(.freeze)
  }

  @Test("a stage waits while a window is open, also after the hub started again, until somebody overrides it")
  func overridden() async throws {
    try await withFreeze("* * * * *") { site, dev, prod in
      try await site.runHub { hub in
        try await hub.drive([dev, prod], until: "prod is frozen") { try await isFrozen(hub) }
        #expect(try await hub.rollout(of: "web")?.stages.last?.reason == "frozen: audit")
      }
      try await site.runHub { hub in
        try await hub.drive([dev, prod], until: "the windows are known again") {
          try await hub.rollout(of: "web")?.stages.last?.reason == "frozen: audit"
        }
        for app in ["db", "web"] {
          let rollout = try #require(try await hub.rollout(of: app))
          _ = try await hub.operations.operate(
            .overrideFreeze(stage: "prod"), on: rollout.id, reason: "a fix", by: Actor(operator: "ann"))
        }
        try await hub.driveToTheEnd([dev, prod])
      }
    }
  }

  @Test("a window that is closed keeps nothing back, not even for the moment that a hub starts")
  func closed() async throws {
    try await withFreeze("0 0 29 2 *") { site, dev, prod in
      try await site.runHub { hub in try await hub.driveToTheEnd([dev, prod]) }
    }
  }
}
