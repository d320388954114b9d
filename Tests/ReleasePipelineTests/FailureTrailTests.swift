import FleetModel
import FleetStore
import HubSite
import LocalFleet
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("What is told of a failure", .timeLimit(.minutes(8)))
struct FailureTrailTests {
  /// A fleet in which a release of `web` breaks dev, once its rollout has failed.
  private func withBrokenRelease(
    onDisk wrap: @escaping @Sendable (any HubStore) -> any HubStore = { $0 },
    _ body: @escaping @Sendable (FleetHub, Site) async throws -> Void
  ) async throws {
    try await Site.with { site in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub(wrap: wrap) { hub in
        try await hub.driveToTheEnd([dev, prod])
        await dev.set(degraded: ["web"])
        try site.repository.write(SmallFleet(tag: "broken").settings(of: "web"), to: SmallFleet.settings(of: "web"))
        try site.repository.commit("break it")
        try await hub.drive([dev, prod], until: "the rollout has failed") {
          // A little at a time: agents that are not heard of for long would stop the clock of the rollout.
          site.clock.advance(by: .seconds(5))
          return try await hub.rollout(of: "web")?.state == .failed
        }
        try await body(hub, site)
      }
    }
  }

  @Test("one event for the cluster that failed, and one for the stage that it halted")
  func oneEventEach() async throws {
    try await withBrokenRelease { hub, _ in
      let events = try await hub.fleet.events(EventQuery(limit: 1000)).map(\.event)
      let failed = events.filter { $0.kind == "ClusterFailed" }
      #expect(failed.count == 1)
      #expect(failed.first?.cluster == "dev-1" && failed.first?.app == "web")
      #expect(failed.first?.message.contains("it crashes") == true)
      let halted = events.filter { $0.kind == "StageHalted" }
      #expect(halted.count == 1)
      #expect(halted.first?.message.hasPrefix("dev: ") == true)
      #expect(events.count { $0.kind == "RolloutFailed" } == 1)
    }
  }

  @Test("whoever sees that a rollout failed finds the events of it, however slow the disk is")
  func shownIsStored() async throws {
    let slow: @Sendable (any HubStore) -> any HubStore = { store in
      FaultyStore(store, fatal: .max, .before) { call in
        if call == "advanceRollouts" { try? await Task.sleep(for: .milliseconds(50)) }
      }
    }
    try await withBrokenRelease(onDisk: slow) { hub, _ in
      let kinds = try await hub.fleet.events(EventQuery(limit: 1000)).map(\.event.kind)
      #expect(Set(kinds).isSuperset(of: ["ClusterFailed", "StageHalted", "RolloutFailed"]))
    }
  }

  @Test("the log names the cluster, the stage and the app as their files do, and shows no form of the program's own")
  func readableLog() async throws {
    try await withBrokenRelease { _, site in
      let lines = site.log.lines.filter { $0.message == "rollout" }
      #expect(lines.contains { $0.metadata["cluster"] == "dev-1" && $0.metadata["to"] == "Failed" })
      #expect(lines.contains { $0.metadata["stage"] == "dev" && $0.metadata["to"] == "Halted" })
      for (name, text) in site.log.lines.flatMap(\.metadata) {
        #expect(!text.contains("RolloutEngine.") && !text.contains("cluster("), "\(name)=\(text)")
      }
    }
  }

  @Test("the audit log does neither")
  func readableAudit() async throws {
    try await Site.with { site in
      let dev = try TestAgent("dev-1")
      try await site.runHub { hub in
        try await hub.drive([dev], until: "both apps are rolled out") {
          try await hub.fleet.rollouts(of: nil, limit: 10).count { $0.stages.first?.state == .succeeded } == 2
        }
      }
      let records = try await site.audit()
      #expect(records.contains { $0.action.hasPrefix("rollout.") })
      for record in records {
        for text in [record.actor, record.action, record.subject, record.reason] {
          #expect(!text.contains("(\"") && !text.contains("rollout:"), "\(text)")
        }
      }
    }
  }
}
