import LocalFleet
import Testing

@Suite("A hub that is told to forget soon", .timeLimit(.minutes(4)))
struct RetentionTests {
  @Test("removes the blobs of old releases while it goes on rolling out")
  func forgets() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    let arguments = [
      "--retention-interval", "1s", "--retention-age", "1s", "--retention-releases", "1",
      "--retention-history", "1s",
    ]
    try await Stage.with(sample, hubArguments: arguments) { stage in
      let admin = AdminPort(port: stage.fleet.adminPort)
      try await stage.startClusters()
      var number = 1
      try await eventually("blobs are collected", within: .seconds(120)) {
        number += 1
        try await stage.succeeded(try stage.release("\(number).0"))
        return try await admin.sample("flotilla_blobs_collected_total") ?? 0 > 0
      }
      try await stage.succeeded(try stage.release("last"))
      #expect(stage.tag(on: "dev-1") == "last")
      try await eventually("rollouts are forgotten", within: .seconds(120)) {
        try await admin.sample("flotilla_rollouts_forgotten_total") ?? 0 > 0
      }
      #expect(try await admin.sample("flotilla_blob_bytes_collected_total") ?? 0 > 0)
    }
  }
}
