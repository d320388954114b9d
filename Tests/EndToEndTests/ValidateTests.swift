import LocalFleet
import TestSupport
import Testing

@Suite("flotilla validate")
struct ValidateTests {
  /// What it says of a fleet with so many clusters and apps.
  private func output(clusters: Int, apps: Int) async throws -> String {
    var sample = SampleFleet()
    sample.hasNamespaces = true
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

  /// A fleet of two apps that have a ConfigMap each, in a namespace that neither makes.
  private func withDoubtfulFleet<Result>(
    web: String = "web", _ body: (WorkingRepository) async throws -> Result
  ) async throws -> Result {
    var files = SampleFleet().files.filter { !$0.key.hasPrefix("apps/") }
    for (app, name) in [("db", "db"), ("web", web)] {
      files["apps/\(app)/app.yaml"] = """
        {apiVersion: flotilla.dev/v1alpha1, kind: App, metadata: {name: \(app)}, spec: {overlays: [base]}}

        """
      files["apps/\(app)/base/a.yaml"] = """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), namespace: shop}}

        """
    }
    return try await withTemporaryDirectory { folder in
      try await body(try WorkingRepository(files: files, in: folder))
    }
  }

  @Test("warns of a namespace that nobody declares, and takes the warning for an error when it is told to")
  func undeclaredNamespaces() async throws {
    try await withDoubtfulFleet { repository in
      let arguments = ["validate", "--repo", repository.folder]
      let flotilla = "\(Stage.programs)/flotilla"
      #expect(try LocalProcess.run(flotilla, arguments) == "2 clusters, 2 apps: no errors, 2 warnings\n")
      #expect(throws: (any Error).self) { try LocalProcess.run(flotilla, arguments + ["--strict"]) }
      let fleet = SampleFleet().files["fleet.yaml"] ?? ""
      try repository.write(fleet + "  namespaces: {existing: [shop], undeclared: refuse}\n", to: "fleet.yaml")
      #expect(try LocalProcess.run(flotilla, arguments + ["--strict"]) == "2 clusters, 2 apps: no errors\n")
    }
  }

  @Test("refuses two apps that claim one object, naming both")
  func conflictingClaims() async throws {
    try await withDoubtfulFleet(web: "db") { repository in
      let error = try #require(throws: (any Error).self) {
        try LocalProcess.run("\(Stage.programs)/flotilla", ["validate", "--repo", repository.folder])
      }
      #expect("\(error)".contains("the apps web and db both claim ConfigMap shop/db: db has it from apps/db/base"))
    }
  }
}
