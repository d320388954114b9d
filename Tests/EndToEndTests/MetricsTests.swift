import Foundation
import LocalFleet
import Testing

@Suite("/metrics of a hub that runs", .timeLimit(.minutes(4)))
struct MetricsTests {
  @Test("is what Docs/reference/metrics.md says, name by name, in Prometheus' text format")
  func page() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let answer = try await AdminPort(port: stage.fleet.adminPort).get("metrics")
      #expect(answer.status == 200)
      #expect(answer.type == "text/plain; version=0.0.4; charset=utf-8")
      try MetricsPage(of: "hub").expect(answer.text)
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
