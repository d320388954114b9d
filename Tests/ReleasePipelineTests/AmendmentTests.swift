import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import RolloutEngine
import Testing

@Suite("A cluster that joins gets what its stage runs", .timeLimit(.minutes(8)))
struct AmendmentTests {
  /// A cluster of dev, with the value that the app `web` wants of it or without.
  private static func cluster(_ name: String, domain: String?) -> String {
    """
    apiVersion: flotilla.dev/v1alpha1
    kind: Cluster
    metadata: {name: \(name)}
    spec: {environment: dev\(domain.map { ", values: {domain: \($0)}" } ?? "")}

    """
  }

  /// A hub that has rolled out to dev-1 an app that wants a value of its cluster.
  private func withRolledOut(
    _ body: @escaping @Sendable (FleetHub, Site, _ agents: [TestAgent]) async throws -> Void
  ) async throws {
    try await Site.with { site in
      var app = SmallFleet().settings(of: "web")
      app.replace("${cluster.name}", with: "${cluster.values.domain}")
      try site.repository.write(app, to: SmallFleet.settings(of: "web"))
      for (name, environment) in SmallFleet().clusters where environment == "dev" {
        try site.repository.write(AmendmentTests.cluster(name, domain: "a.example"), to: "clusters/\(name).yaml")
      }
      try site.repository.git("rm", "-q", "clusters/prod-1.yaml")
      try site.repository.commit("want a domain")
      let dev = try TestAgent("dev-1")
      try await site.runHub { hub in
        try await hub.drive([dev], until: "dev-1 runs both apps") { await dev.digests.count == 2 }
        try await hub.drive([dev], until: "both are rolled out") {
          try await hub.fleet.rollouts(of: nil, limit: 10).allSatisfy { $0.stages.first?.state == .succeeded }
        }
        try await body(hub, site, [dev])
      }
    }
  }

  private func add(_ name: String, domain: String?, _ site: Site) throws -> String {
    try site.repository.write(AmendmentTests.cluster(name, domain: domain), to: "clusters/\(name).yaml")
    return try site.repository.commit("\(name) with \(domain ?? "nothing")")
  }

  private func inForce(_ commit: String, _ hub: FleetHub) async throws {
    try await awaited("the commit is in force") { try await hub.fleet.fleet().source.inForce?.id == commit }
  }

  private func errors(_ hub: FleetHub) async throws -> [StandingError] {
    try await hub.fleet.fleet().errors.filter { $0.scope.step == "amendment" }
  }

  @Test("what does not render for it is an error and one event, is tried again, and goes when it is mended")
  func failing() async throws {
    try await withRolledOut { hub, site, agents in
      try await inForce(try add("dev-2", domain: nil, site), hub)
      let joining = try TestAgent("dev-2")
      try await hub.drive(agents + [joining], until: "the failure shows") { try await !errors(hub).isEmpty }
      let error = try await errors(hub).first
      #expect(error?.error.address.cluster == "dev-2" && error?.error.address.app == "web")
      #expect(error?.error.message.contains("domain") == true)
      try await hub.drive(agents + [joining], until: "it was tried again, and again") {
        site.log.lines.count { $0.message == "an app does not render for a cluster that joined" } > 3
      }
      let events = try await hub.fleet.events(EventQuery(limit: 1000)).map(\.event)
      #expect(events.count { $0.kind == "AmendmentFailed" && $0.cluster == "dev-2" && $0.app == "web" } == 1)
      #expect(await joining.digests["web"] == nil)

      try await inForce(try add("dev-2", domain: "b.example", site), hub)
      try await hub.drive(agents + [joining], until: "dev-2 runs it") { await joining.digests["web"] != nil }
      #expect(try await errors(hub).isEmpty)
    }
  }

  @Test("nothing is rendered anew for it that was rendered before")
  func fromMemory() async throws {
    try await withRolledOut { hub, site, agents in
      try await inForce(try add("dev-2", domain: "b.example", site), hub)
      let joining = try TestAgent("dev-2")
      try await hub.drive(agents + [joining], until: "dev-2 runs both apps") { await joining.digests.count == 2 }
      let rendered = site.log.lines.filter { $0.message == "joining clusters rendered" }
      #expect(!rendered.isEmpty)
      #expect(rendered.allSatisfy { $0.metadata["made"] == "0" })
    }
  }
}
