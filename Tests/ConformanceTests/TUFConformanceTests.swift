import Foundation
import TestSupport
import Testing

@Suite("The metadata client passes TUF's own conformance suite")
struct TUFConformanceTests {
  /// What the suite's `pyproject.toml` asks for.
  private static let python = PythonEnvironment(
    name: "tuf-conformance",
    packages: ["securesystemslib[crypto]==1.4.0", "tuf==7.0.0", "pytest==9.1.1", "pytest-json-report==1.5.0"])

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Conformance")

  /// The tests of the suite that is in the repository.
  private static let count = 113

  @Test(
    "every test passes but those that client.xfails names, and those fail", .timeLimit(.minutes(10)),
    .enabled("pip reaches a package index") { try await python.isAvailable() })
  func suite() async throws {
    try await withTemporaryDirectory { directory in
      let report = "\(directory)/report.json"
      // Throws with the suite's words when a test fails, also when one passes that is expected to fail.
      _ = try await Self.python.run(
        "-B",
        [
          "-m", "pytest", "-q", "-p", "no:cacheprovider", Self.folder.appending(path: "suite/tuf_conformance").path, "--entrypoint",
          Self.folder.appending(path: "client").path, "--json-report", "--json-report-file", report,
        ])
      let summary = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: report))).summary
      #expect((summary.passed ?? 0) + (summary.xfailed ?? 0) == Self.count)
      #expect(summary.total == Self.count)
    }
  }

  private struct Report: Decodable {
    struct Summary: Decodable {
      var passed: Int?
      var xfailed: Int?
      var total: Int
    }
    var summary: Summary
  }
}
