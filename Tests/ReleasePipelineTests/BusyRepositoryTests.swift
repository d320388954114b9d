import FleetModel
import HubSite
import LocalFleet
import ReleasePipeline
import Testing

@Suite("A repository that gets one commit after the other", .timeLimit(.minutes(8)))
struct BusyRepositoryTests {
  @Test("is rendered to its newest commit, also when that cannot be taken")
  func newest() async throws {
    try await Site.with { site in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { hub in
        try await hub.driveToTheEnd(agents)
        var good = ""
        for number in 0..<12 { good = try site.change(SmallFleet(tag: "2.\(number)"), of: ["web"]) }
        let last = good
        try await hub.drive(agents, until: "the newest is everywhere") {
          for agent in agents {
            guard await agent.bundle?.apps.first(where: { $0.name == "web" })?.commit == last else { return false }
          }
          return true
        }
        try site.change(SmallFleet(tag: "3.0"), of: ["web"])
        try site.repository.replace("environments: [dev, prod]", with: "environments: [dev", in: "fleet.yaml")
        try site.repository.commit("Break the fleet")
        // Whether the hub sees the good one by itself is chance: what it has seen, it renders.
        try await awaited("the error shows") { try await !hub.fleet.fleet().errors.isEmpty }
        try site.repository.git("revert", "--no-edit", "HEAD")
        try await hub.drive(agents, until: "what was good is everywhere") {
          for agent in agents {
            let web = await agent.bundle?.apps.first { $0.name == "web" }
            guard let web, web.commit != last else { return false }
          }
          return true
        }
      }
    }
  }
}
