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

  /// A checkout of github.com/theupdateframework/tuf-conformance.
  private static let checkout: String? = ProcessInfo.processInfo.environment["FLOTILLA_TUF_CONFORMANCE"]

  @Test(
    "every test passes but those that client.xfails names, and those fail", .timeLimit(.minutes(10)),
    .enabled(
      if: checkout != nil, "FLOTILLA_TUF_CONFORMANCE names no checkout of the suite"))
  func suite() async throws {
    let checkout = try #require(Self.checkout)
    try await withTemporaryDirectory { directory in
      let report = "\(directory)/report.json"
      // Throws with the suite's words when a test fails, also when one passes that is expected to fail.
      _ = try await Self.python.run(
        "-B",
        [
          "-m", "pytest", "-q", "-p", "no:cacheprovider", "\(checkout)/tuf_conformance", "--entrypoint",
          Self.folder.appending(path: "client").path, "--json-report", "--json-report-file", report,
        ])
      let summary = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(filePath: report))).summary
      #expect((summary.passed ?? 0) + (summary.xfailed ?? 0) == summary.total)
      #expect((summary.passed ?? 0) >= 85)
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
