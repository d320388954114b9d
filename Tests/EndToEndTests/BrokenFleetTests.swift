import LocalFleet
import Testing
import Wire

@Suite("What is broken in Git stops what it belongs to, and nothing else", .serialized)
struct BrokenFleetTests {
  private var sample: SampleFleet {
    var sample = SampleFleet()
    sample.otherApps = ["api"]
    return sample
  }

  private func status(_ stage: Stage) async throws -> FlotillaV1.GetFleetStatusResponse {
    try await stage.fleet.ask { try await $0.getFleetStatus(.init()) }
  }

  @Test("an app that does not render keeps what runs and says why, while another one rolls out")
  func renderError() async throws {
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      for app in ["web", "api"] { try await stage.succeeded(try stage.head(), app: app) }

      try stage.repository.write(
        "resources: [deployment.yaml, missing.yaml]\n", to: "apps/web/base/kustomization.yaml")
      try await stage.succeeded(try stage.release("2.0", app: "api"), app: "api")
      for cluster in ["dev-1", "prod-1"] {
        #expect(stage.tag(on: cluster, app: "api") == "2.0")
        #expect(stage.tag(on: cluster) == "1.0")
      }
      let error = try await status(stage).appErrors.first { $0.app == "web" }?.error
      #expect(error?.message.contains("missing.yaml") == true, "\(error.map { "\($0)" } ?? "no error of web")")

      // Mended, it goes on by itself.
      try await stage.succeeded(try stage.release("3.0"))
      #expect(stage.tag(on: "prod-1") == "3.0")
      #expect(try await status(stage).appErrors.isEmpty)
    }
  }

  @Test("a fleet.yaml that cannot be read leaves the last good commit in force, and the error shows file and line")
  func malformedFleet() async throws {
    try await Stage.with(sample) { stage in
      try await stage.startClusters(["dev-1"])
      let good = try stage.head()
      try await eventually("dev-1 runs the app") { stage.tag(on: "dev-1") == "1.0" }
      try stage.repository.replace("environments: [dev, prod]", with: "environments: [dev, prod", in: "fleet.yaml")
      let bad = try stage.release("2.0")
      try await eventually("the hub shows the error") { try await !status(stage).fleetErrors.isEmpty }
      let shown = try await status(stage)
      #expect(shown.source?.observed?.id == bad)
      #expect(shown.source?.inForce?.id == good)
      #expect(shown.fleetErrors.first?.address?.file == "fleet.yaml")
      #expect((shown.fleetErrors.first?.address?.line ?? 0) > 0)
      #expect(stage.tag(on: "dev-1") == "1.0")

      try stage.repository.replace("environments: [dev, prod", with: "environments: [dev, prod]", in: "fleet.yaml")
      try stage.repository.commit("mended")
      try await eventually("dev-1 goes on") { stage.tag(on: "dev-1") == "2.0" }
      #expect(try await status(stage).fleetErrors.isEmpty)
    }
  }

  @Test("a cluster whose file breaks keeps what it runs; an app whose file vanishes from Git leaves when confirmed")
  func malformedClusterAndRemovedApp() async throws {
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      for app in ["web", "api"] { try await stage.succeeded(try stage.head(), app: app) }
      try stage.repository.write("spec: {environment: [prod}\n", to: "clusters/prod-1.yaml")
      try stage.repository.commit("break prod-1")
      try await eventually("the hub shows the error") {
        try await status(stage).fleetErrors.contains { $0.address?.file == "clusters/prod-1.yaml" }
      }
      #expect(stage.tag(on: "prod-1") == "1.0")
      try stage.repository.write(stage.sample.files["clusters/prod-1.yaml"] ?? "", to: "clusters/prod-1.yaml")
      try stage.repository.remove("apps/api")
      try stage.repository.commit("mend prod-1, and remove api")
      for name in ["dev", "prod"] {
        try await eventually("stage \(name) asks whether api may go") { try await stage.confirm("api", name) != nil }
      }
      try await eventually("api is gone from both clusters", within: .seconds(60)) {
        ["dev-1", "prod-1"].allSatisfy { stage.tag(on: $0, app: "api") == nil && stage.tag(on: $0) == "1.0" }
      }
    }
  }
}
