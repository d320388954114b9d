import FleetModel
import HubSite
import LocalFleet
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("A stage that wants a word after it", .timeLimit(.minutes(8)))
struct ApprovalAfterTests {
  @Test("holds the next stage back until somebody has looked at what soaked")
  func waits() async throws {
    try await Site.with { site in
      let fleet = SmallFleet().fleet.replacing(
        "{environment: dev, soak: 0s}", with: "{environment: dev, soak: 0s, approvalAfter: required}")
      try site.repository.write(fleet, to: "fleet.yaml")
      try site.repository.commit("look before it goes on")
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.drive([dev, prod], until: "dev waits for a word on web") {
          try await hub.rollout(of: "web")?.stages.first?.state == .awaitingAfter
        }
        #expect(await dev.digests["web"] != nil)
        #expect(await prod.digests["web"] == nil)

        let rollout = try #require(try await hub.rollout(of: "web"))
        _ = try await hub.operations.approve(
          rollout: rollout.id, stage: "dev", release: rollout.release, comment: "", by: Actor(operator: "ann"))
        try await hub.drive([dev, prod], until: "prod has it") { await prod.digests["web"] != nil }
      }
    }
  }
}
