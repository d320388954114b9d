import Foundation
import LocalFleet
import Testing

@Suite("/metrics of a hub that runs", .timeLimit(.minutes(4)))
struct MetricsTests {
  private struct Description: Hashable {
    var name: String
    var type: String
    var help: String
  }

  private func describe(_ metrics: String) -> Set<Description> {
    let lines = metrics.split(separator: "\n")
    func comments(_ kind: String) -> [String: String] {
      Dictionary(
        lines.filter { $0.hasPrefix("# \(kind) ") }.compactMap { line in
          let words = line.split(separator: " ", maxSplits: 3)
          return words.count == 4 ? (String(words[2]), String(words[3])) : nil
        }, uniquingKeysWith: { $1 })
    }
    let types = comments("TYPE")
    return Set(comments("HELP").map { Description(name: $0.key, type: types[$0.key] ?? "", help: $0.value) })
  }

  private func describePage() throws -> (Set<Description>, labels: [String: Set<String>]) {
    let page = try String(contentsOfFile: "\(Stage.project)/Docs/reference/metrics.md", encoding: .utf8)
    var labels: [String: Set<String>] = [:]
    let rows = page.split(separator: "\n").compactMap { line -> Description? in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[0].hasPrefix("`flotilla_") else { return nil }
      let name = cells[0].trimmingCharacters(in: ["`"])
      labels[name] = Set(cells[2].matches(of: /`(\w+)`/).map { String($0.1) })
      return Description(name: name, type: cells[1], help: cells[3])
    }
    return (Set(rows), labels)
  }

  @Test("is what Docs/reference/metrics.md says, name by name, in Prometheus' text format")
  func page() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let answer = try await AdminPort(port: stage.fleet.adminPort).get("metrics")
      #expect(answer.status == 200)
      #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
      let (page, labels) = try describePage()
      #expect(page.count > 10)
      #expect(describe(answer.text) == page)
      #expect(answer.text.hasSuffix("\n"))
      for line in answer.text.split(separator: "\n") where !line.hasPrefix("#") {
        let sample = try #require(
          line.wholeMatch(of: /(\w+)(\{(\w+="[^"\\]*"(,\w+="[^"\\]*")*)\})? ([-+.eE0-9]+|\+Inf|NaN)/), "\(line)")
        let histogram = String(sample.1).replacing(/_(bucket|sum|count)$/, with: "")
        let name = labels[String(sample.1)] == nil ? histogram : String(sample.1)
        let known = try #require(labels[name], "\(line)")
        let used = Set(String(sample.2 ?? "").matches(of: /(\w+)="/).map { String($0.1) })
        #expect(used == (sample.1.hasSuffix("_bucket") ? known.union(["le"]) : known), "\(line)")
      }
    }
  }

  @Test("counts what the fleet does, and names no cluster and no app")
  func numbers() async throws {
    try await Stage.with { stage in
      let admin = AdminPort(port: stage.fleet.adminPort)
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      try await eventually("both sessions show", within: .seconds(60)) {
        try await admin.sample("flotilla_clusters{presence=\"online\"}") == 2
      }
      #expect(try await admin.sample("flotilla_agent_sessions") == 2)
      #expect(try await admin.sample("flotilla_enrolments_total{outcome=\"accepted\"}") == 2)
      #expect(try await admin.sample("flotilla_enrolments_total{outcome=\"refused\"}") == 0)
      #expect(try await admin.sample("flotilla_commits_synced_total") == 1)
      #expect(try await admin.sample("flotilla_rollouts{state=\"Succeeded\"}") == 1)
      for name in [
        "flotilla_apps_rendered_total{outcome=\"rendered\"}", "flotilla_bundles_published_total",
        "flotilla_bundle_sign_seconds_count", "flotilla_bundle_sign_seconds_bucket{le=\"+Inf\"}",
        "flotilla_blobs_served_total", "flotilla_blob_bytes_served_total", "flotilla_render_seconds_count",
        "flotilla_store_transaction_seconds_count", "flotilla_reports_total{outcome=\"recorded\"}",
        "flotilla_grpc_calls_total{method=\"flotilla.v1.Enrollment/Enroll\",status=\"OK\"}", "flotilla_connections",
      ] {
        #expect(try await admin.sample(name) ?? 0 > 0, "\(name)")
      }
      #expect(try await admin.sample("flotilla_sync_age_seconds") ?? -1 >= 0)
      let text = try await admin.get("metrics").text
      for name in stage.sample.clusters.map(\.name) + ["\"web\""] { #expect(!text.contains(name)) }
    }
  }
}
