import LocalFleet
import Testing
import Wire

@Suite("Edge clusters are away as they please", .serialized, .timeLimit(.minutes(10)))
struct EdgeClusterTests {
  static let edge = ["dev-2", "dev-3", "dev-4"]

  private var sample: SampleFleet {
    var sample = SampleFleet()
    sample.clusters = (["dev-1"] + Self.edge).map { ($0, "dev") } + [("prod-1", "prod")]
    sample.givenFiles["fleet.yaml"] = sample.files["fleet.yaml"]?.replacing(
      "pullDeadline: 20s", with: "pullDeadline: 20s, minAvailable: 0")
    for name in Self.edge {
      sample.givenFiles["clusters/\(name).yaml"] = sample.files["clusters/\(name).yaml"]?.replacing(
        "spec: {", with: "spec: {connectivity: edge, ")
    }
    return sample
  }

  @Test("when most of a fleet is away at once no rollout stands still, and who comes back catches up")
  func away() async throws {
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      for name in Self.edge { try await stage.fleet.cluster(name).agent.stop() }
      try await eventually("they are offline, and shown as edge clusters") {
        let clusters = try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters
        return clusters.filter { $0.link == .offline && $0.connectivity == .edge }.map(\.name).sorted() == Self.edge
      }

      try await stage.succeeded(try stage.release("2.0"))
      #expect(stage.tag(on: "dev-1") == "2.0" && stage.tag(on: "prod-1") == "2.0")
      for name in Self.edge { #expect(stage.tag(on: name) == "1.0") }
      let events = try await stage.fleet.ask { try await $0.listEvents(.init(page: .init(size: 500))) }.events
      #expect(!events.isEmpty && !events.contains { ["MassSilence", "RolloutPaused"].contains($0.action) })

      for name in Self.edge { try stage.fleet.cluster(name).startAgent() }
      try await eventually("they have caught up") { Self.edge.allSatisfy { stage.tag(on: $0) == "2.0" } }
    }
  }
}
