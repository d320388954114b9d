import Prometheus
import Testing

@testable import ReleasePipeline

@Suite("The hub's numbers")
struct HubMetricsTests {
  @Test("every number of the hub has a help, a name that says its unit, and is there from the start if it is counted")
  func descriptions() {
    let metrics = PrometheusMetrics(HubMetrics.all)
    _ = HubMetrics(factory: metrics)
    for description in HubMetrics.all {
      #expect(description.help.hasSuffix(".") && !description.help.contains("|"))
      #expect(description.name.hasPrefix("flotilla_"))
      switch description.kind {
      case .counter: #expect(description.name.hasSuffix("_total"))
      case .histogram(let bounds): #expect(description.name.hasSuffix("_seconds") && bounds == bounds.sorted())
      case .gauge: #expect(!description.name.hasSuffix("_total"))
      }
    }
    #expect(metrics.text.contains("\nflotilla_bundles_published_total 0\n"))
    #expect(metrics.text.contains("\nflotilla_enrolments_total{outcome=\"refused\"} 0\n"))
  }
}
