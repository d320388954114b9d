import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import Testing

@Suite("What is broken in the repository holds back nothing else", .timeLimit(.minutes(8)))
struct BrokenRepositoryTests {
  @Test("an app that does not render keeps its release and shows why, while another goes on")
  func renderError() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { hub in
        try await hub.driveToTheEnd(agents)
        let good = await agents[1].digests
        let file = SmallFleet.settings(of: "web")
        try site.repository.replace("${cluster.name}", with: "${cluster.nam}", in: file)
        let commit = try site.change(SmallFleet(tag: "2.0"), of: ["db"])
        try await hub.drive(agents, until: "the other app is in prod") {
          await agents[1].bundle?.apps.first { $0.name == "db" }?.commit == commit
        }
        #expect(await agents[1].digests["web"] == good["web"])
        let errors = try await hub.fleet.fleet().errors.filter { $0.scope.app == "web" }
        #expect(errors.first?.error.address.file == file)
        #expect(errors.first?.error.address.line != nil)

        try site.repository.replace("${cluster.nam}", with: "${cluster.name}", in: file)
        try site.repository.commit("Mend it")
        try await hub.drive(agents, until: "the error is gone") { try await hub.fleet.fleet().errors.isEmpty }
        #expect(await agents[1].digests["web"] == good["web"])
      }
    }
  }

  @Test("two apps that claim one object both keep their releases, until one lets go of it")
  func claimedTwice() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { hub in
        try await hub.driveToTheEnd(agents)
        let good = await agents[0].digests
        try site.repository.replace("name: db-settings", with: "name: web-settings", in: SmallFleet.settings(of: "db"))
        try site.repository.commit("Claim what web has")
        try await awaited("both apps have the error") {
          let errors = try await hub.fleet.fleet().errors.filter { $0.error.code.rawValue == "conflicting-claims" }
          return Set(errors.compactMap(\.scope.app)) == ["db", "web"]
        }
        for _ in 0..<5 { for agent in agents { try await agent.step(hub) } }
        #expect(await agents[0].digests == good)
        try site.repository.replace("name: web-settings", with: "name: db", in: SmallFleet.settings(of: "db"))
        try site.repository.commit("Let go of it")
        try await hub.drive(agents, until: "the app is rolled out") {
          await agents[1].digests["db"] != good["db"]
        }
      }
    }
  }

  @Test("an object in a namespace that nobody makes is told of, and refused where the fleet wants that")
  func undeclaredNamespace() async throws {
    try await Site.with { site in
      try await site.runHub { hub in
        try site.repository.replace("namespace: default", with: "namespace: shop", in: SmallFleet.settings(of: "db"))
        try site.repository.commit("Move it")
        try await awaited("the warning is logged") {
          site.log.lines.contains { $0.message == "app renders with a warning" && $0.metadata["app"] == "db" }
        }
        #expect(try await hub.fleet.fleet().errors.isEmpty)
        try site.repository.write(SmallFleet().fleet + "  namespaces: {undeclared: refuse}\n", to: "fleet.yaml")
        try site.repository.commit("Be strict")
        try await awaited("the error shows") {
          try await hub.fleet.fleet().errors.first?.error.code.rawValue == "undeclared-namespace"
        }
      }
    }
  }

  @Test("the error of an app that is taken out of the repository goes with it")
  func removedWithItsError() async throws {
    try await Site.with { site in
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        try site.repository.replace("kind: ConfigMap", with: "kind: [", in: SmallFleet.settings(of: "web"))
        try site.repository.commit("Break it")
        try await awaited("the error shows") { try await hub.fleet.fleet().errors.first?.scope.app == "web" }
        try site.repository.remove("apps/web")
        try site.repository.commit("Take it out")
        try await awaited("the error is gone") { try await hub.fleet.fleet().errors.isEmpty }
      }
    }
  }

  @Test("a broken fleet.yaml leaves the last good commit in force, also for a hub that starts then")
  func brokenFleet() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { hub in
        try await hub.driveToTheEnd(agents)
        try site.repository.replace("environments: [dev, prod]", with: "environments: [dev", in: "fleet.yaml")
        try site.repository.commit("Break the fleet")
        try await awaited("the error shows") {
          try await hub.fleet.fleet().errors.contains { $0.error.address.file == "fleet.yaml" }
        }
      }
      let good = await agents[1].digests
      try await site.runHub { hub in
        try await awaited("the hub is ready") { await hub.hasCommit }
        let fleet = try await hub.fleet.fleet()
        #expect(fleet.source.inForce?.summary == "The fleet as it begins")
        #expect(fleet.source.observed?.summary == "Break the fleet")
        #expect(fleet.errors.contains { $0.error.address.file == "fleet.yaml" && $0.error.address.line != nil })
        #expect(try await hub.fleet.clusters().map(\.name) == ["dev-1", "prod-1"])

        try site.repository.write(SmallFleet().fleet, to: "fleet.yaml")
        let commit = try site.change(SmallFleet(tag: "2.0"), of: ["web"])
        for agent in agents { await agent.hubRestarted() }
        try await hub.drive(agents, until: "the mended fleet goes on") {
          await agents[1].bundle?.apps.first { $0.name == "web" }?.commit == commit
        }
        #expect(await agents[1].digests["db"] == good["db"])
        #expect(try await hub.fleet.fleet().errors.isEmpty)
      }
    }
  }

  @Test("a broken cluster file counts as it was, and a missing one leaves its cluster departed with what it runs")
  func brokenCluster() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { hub in
        try await hub.driveToTheEnd(agents)
        try site.repository.replace("environment: prod", with: "environmen: prod", in: "clusters/prod-1.yaml")
        let commit = try site.change(SmallFleet(tag: "2.0"), of: ["web"])
        try await hub.drive(agents, until: "the commit is in prod all the same") {
          await agents[1].bundle?.apps.first { $0.name == "web" }?.commit == commit
        }
        try site.repository.remove("clusters/prod-1.yaml")
        let last = try site.change(SmallFleet(tag: "3.0"), of: ["web"])
        try await hub.drive(agents, until: "the next one is in dev") {
          await agents[0].bundle?.apps.first { $0.name == "web" }?.commit == last
        }
        #expect(try await hub.fleet.cluster(named: "prod-1").record?.state == .departed)
        #expect(await agents[1].bundle?.apps.map(\.name) == ["db", "web"])
        #expect(await agents[1].bundle?.apps.first { $0.name == "web" }?.commit == commit)
      }
    }
  }
}
