import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import Rendering
import Synchronization
import Testing

@Suite("Releases of charts", .timeLimit(.minutes(8)))
struct ChartReleasesTests {
  /// Stands in for helm, and counts.
  private final class Inflater: ChartInflater {
    let identity: String
    private let runs = Atomic(0)

    init(_ identity: String) { self.identity = identity }

    var count: Int { runs.load(ordering: .relaxed) }

    func inflate(_ request: ChartRequest, _ pass: ChartPass) throws(FleetError) -> [UInt8] {
      runs.add(1, ordering: .relaxed)
      return Array("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: chart, namespace: default}\n".utf8)
    }
  }

  /// Lets the app `web` be a chart instead of plain objects.
  private func makeChart(of site: Site) throws {
    try site.repository.remove("apps/web/base")
    try site.repository.write("apiVersion: v2\nname: web\nversion: 1.0.0\n", to: "apps/web/base/Chart.yaml")
    try site.repository.commit("Make it a chart")
  }

  private func release(of app: String, on agent: TestAgent, at site: Site) async throws -> Release {
    let bundle = try #require(await agent.bundle?.apps.first { $0.name == app })
    let store = try SQLiteStore(directory: "\(site.directory)/state/store")
    let record = try await store.release(bundle.release)
    try await store.close()
    return try Release(canonicalBytes: try #require(record).canonical, file: "release")
  }

  @Test("name the program that rendered them; it is not run again when the hub starts anew, unless it is another one")
  func named() async throws {
    try await Site.with { plain in
      var site = plain
      let helm = Inflater("helm v1.0.0")
      site.charts = helm
      try makeChart(of: site)
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await site.runHub { try await $0.driveToTheEnd(agents) }
      #expect(try await release(of: "web", on: agents[0], at: site).chartProgram == "helm v1.0.0")
      #expect(try await release(of: "db", on: agents[0], at: site).chartProgram.isEmpty)
      #expect(helm.count == 2)

      try await site.runHub { hub in try await awaited("the commit is in force") { await hub.hasCommit } }
      #expect(helm.count == 2)

      let newer = Inflater("helm v2.0.0")
      site.charts = newer
      try await site.runHub { hub in try await awaited("the chart is rendered anew") { newer.count == 2 } }
    }
  }

  @Test("do not come to be where charts are not enabled: the error shows, and other apps go on")
  func disabled() async throws {
    try await Site.with { site in
      try makeChart(of: site)
      let agents = [try TestAgent("dev-1")]
      try await site.runHub { hub in
        try await hub.drive(agents, until: "the other app is there") {
          await agents[0].bundle?.apps.contains { $0.name == "db" } == true
        }
        let error = try #require(try await hub.fleet.fleet().errors.first { $0.scope.app == "web" }).error
        #expect(error.code == .chartsDisabled)
        #expect(error.address.file == "apps/web/base/Chart.yaml")
        #expect(await agents[0].bundle?.apps.contains { $0.name == "web" } == false)
      }
    }
  }
}
