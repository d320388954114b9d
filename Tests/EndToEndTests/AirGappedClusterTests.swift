import LocalFleet
import Testing
import Wire

@Suite("Air-gapped clusters stand outside the gates", .serialized, .timeLimit(.minutes(10)))
struct AirGappedClusterTests {
  static let outside = "dev-2"

  private var sample: SampleFleet {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev"), (Self.outside, "dev"), ("prod-1", "prod")]
    sample.givenFiles["clusters/\(Self.outside).yaml"] = sample.files["clusters/\(Self.outside).yaml"]?.replacing(
      "spec: {", with: "spec: {connectivity: airgapped, ")
    return sample
  }

  @Test("a rollout goes on without one, which takes what its stage verified when it has a link for a while")
  func linkForAWhile() async throws {
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try await eventually("it has what its stage verified") {
        let told = try await told(stage)
        return stage.tag(on: Self.outside) == "1.0" && told.state == .healthy
      }
      try await stage.fleet.cluster(Self.outside).agent.stop()
      try await eventually("nothing is to be carried to it") { try await told(stage).link == .reported }

      let commit = try stage.release("2.0")
      try await stage.succeeded(commit)
      #expect(stage.tag(on: "dev-1") == "2.0" && stage.tag(on: "prod-1") == "2.0")
      #expect(stage.tag(on: Self.outside) == "1.0")
      let waiting = try await told(stage)
      #expect(waiting.link == .awaitingExport && waiting.state == .awaitingExport)
      #expect(waiting.reason.contains("has not pulled what web-"))
      #expect(waiting.isOutside && waiting.counts?.outside == 1 && waiting.counts?.soaked == 1)
      #expect(try flotilla(stage, "get", "clusters").contains(/dev-2 .* awaitingExport/))
      let shown = try flotilla(stage, "tree", "app", "web")
      #expect(shown.contains("AwaitingExport") && shown.contains("has not pulled what web-"))
      let released = try flotilla(stage, "wait", "--for", "released", "--timeout", "60s")
      #expect(released.contains("is rolled out"))

      try stage.fleet.cluster(Self.outside).startAgent()
      try await eventually("it has pulled and reported while it has a link") {
        let told = try await told(stage)
        return stage.tag(on: Self.outside) == "2.0" && told.state == .healthy && told.link == .online
      }
      try await stage.fleet.cluster(Self.outside).agent.stop()
      try await eventually("what it said stays") {
        let told = try await told(stage)
        return told.link == .reported && told.state == .healthy
      }
      let healthy = try flotilla(stage, "wait", "--for", "healthy", Self.outside, "--timeout", "60s")
      #expect(healthy.contains("1 of 1 app healthy"))
      let events = try await stage.fleet.ask { try await $0.listEvents(.init(page: .init(size: 500))) }.events
      #expect(
        !events.isEmpty && !events.contains { ["MassSilence", "RolloutPaused", "ClusterFailed"].contains($0.action) })
    }
  }

  private func flotilla(_ stage: Stage, _ arguments: String...) throws -> String {
    try LocalProcess.run("\(Stage.programs)/flotilla", arguments + ["--operator", stage.fleet.operatorFile])
  }

  /// What the hub tells of the air-gapped cluster.
  private struct Told {
    var link = FlotillaV1.Link.unspecified
    var state = FlotillaV1.RolloutClusterState.unspecified
    var reason = ""
    var isOutside = false
    var counts: FlotillaV1.StageCounts?
  }

  private func told(_ stage: Stage) async throws -> Told {
    var told = Told()
    let clusters = try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters
    told.link = clusters.first { $0.name == Self.outside }?.link ?? .unspecified
    let dev = try await stage.rollout()?.stages.first { $0.name == "dev" }
    told.counts = dev?.counts
    guard let cluster = dev?.clusters.first(where: { $0.name == Self.outside }) else { return told }
    (told.state, told.reason, told.isOutside) = (cluster.state, cluster.reason, cluster.outside)
    return told
  }
}
