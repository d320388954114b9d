import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("A commit travels to the clusters", .timeLimit(.minutes(8)))
struct CommitToBundleTests {
  @Test("it is rendered, rolled out stage by stage on what agents report, and published so that they can verify it")
  func travels() async throws {
    try await Site.with { site in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.driveToTheEnd([dev, prod])
        let first = await prod.digests
        let commit = try site.change(SmallFleet(tag: "2.0"), of: ["web"])
        try await hub.driveToTheEnd([dev, prod], commit: nil)
        try await hub.drive([dev, prod], until: "prod has the commit") {
          await prod.bundle?.apps.first { $0.name == "web" }?.commit == commit
        }
        #expect(await prod.digests["web"] != first["web"])
        #expect(await prod.digests["db"] == first["db"])
        #expect(await prod.bundle?.apps.first { $0.name == "web" }?.committer == "Ada Deployer <ada@acme.test>")
      }
    }
  }

  @Test("what fails in dev never reaches prod, and the commit that mends it does")
  func stopsInDev() async throws {
    try await Site.with { site in
      let (dev, prod) = (try TestAgent("dev-1"), try TestAgent("prod-1"))
      try await site.runHub { hub in
        try await hub.driveToTheEnd([dev, prod])
        let good = await prod.digests
        await dev.set(degraded: ["web"])
        try site.change(SmallFleet(tag: "broken"), of: ["web"])
        try await hub.drive([dev, prod], until: "dev has it") { await dev.digests["web"] != good["web"] }
        try await hub.drive([dev, prod], until: "its failure is known") {
          try await hub.fleet.apps().first { $0.name == "web" }?.clusters.contains {
            $0.evidence?.health == .degraded
          } == true
        }
        try site.change(SmallFleet(tag: "2.0"), of: ["db"])
        try await hub.drive([dev, prod], until: "the other app goes on, and the broken one has failed") {
          // A little at a time: agents that are not heard of for long would stop the clock of the rollout.
          site.clock.advance(by: .seconds(5))
          let web = try await hub.rollout(of: "web")
          return await prod.digests["db"] != good["db"] && web?.state == .failed
        }
        #expect(await prod.digests["web"] == good["web"])

        await dev.set(degraded: [])
        let commit = try site.change(SmallFleet(tag: "3.0"), of: ["web"])
        try await hub.drive([dev, prod], until: "the mended app is in prod") {
          await prod.bundle?.apps.first { $0.name == "web" }?.commit == commit
        }
      }
    }
  }

  @Test("a restart renders nothing anew, publishes nothing, and tells of no commit twice")
  func restart() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { try await $0.driveToTheEnd(agents) }
      let before = await agents[1].bundle?.bundleSeq
      let store = RecordingStores()
      try await site.runHub(wrap: { store.wrap($0) }) { hub in
        for agent in agents { await agent.hubRestarted() }
        try await awaited("the commit is in force") { try await hub.fleet.fleet().source.inForce != nil }
        try await hub.driveToTheEnd(agents)
        #expect(await agents[1].bundle?.bundleSeq == before)
        let events = try await hub.fleet.events(EventQuery(kind: "CommitObserved", limit: 10))
        #expect(events.count == 1)
      }
      #expect(store.calls["saveRenders"] == nil)
      #expect(store.calls["publish"] == nil)
      #expect(store.calls["recordObservation"] != nil)
    }
  }
}

extension Site {
  /// Commits what apps are in another fleet; returns the commit.
  @discardableResult
  func change(_ fleet: SmallFleet, of apps: [String]) throws -> String {
    for app in apps { try repository.write(fleet.settings(of: app), to: SmallFleet.settings(of: app)) }
    return try repository.commit("Change \(apps.joined(separator: ", "))")
  }
}
