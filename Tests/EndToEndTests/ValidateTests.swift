import LocalFleet
import TestSupport
import Testing

@Suite("flotilla validate")
struct ValidateTests {
  /// What it says of a fleet with so many clusters and apps.
  private func output(clusters: Int, apps: Int) async throws -> String {
    var sample = SampleFleet()
    sample.clusters = (1...clusters).map { ("dev-\($0)", "dev") }
    sample.otherApps = (1..<apps).map { "app-\($0)" }
    return try await withTemporaryDirectory { folder in
      _ = try WorkingRepository(files: sample.files, in: folder)
      return try LocalProcess.run("\(Stage.programs)/flotilla", ["validate", "--repo", folder])
    }
  }

  @Test("counts what it has found, one as one and several as several", .timeLimit(.minutes(2)))
  func counts() async throws {
    #expect(try await output(clusters: 1, apps: 1) == "1 cluster, 1 app: no errors\n")
    #expect(try await output(clusters: 2, apps: 3) == "2 clusters, 3 apps: no errors\n")
  }
}
