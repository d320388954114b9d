import CoreMetrics
import Testing

@testable import ReleasePipeline
@testable import flotilla_hub

@Suite("Numbers in Prometheus' text format")
struct PrometheusTextTests {
  @Test("a histogram counts every value in all buckets that hold it, and has a sum and a count")
  func histogram() {
    let metrics = PrometheusMetrics([.init("t_seconds", .histogram([0.5, 2]), "Times.")])
    let timer = Timer(label: "t_seconds", dimensions: [], factory: metrics)
    for milliseconds in [250, 500, 1000, 5000] as [Int64] { timer.recordNanoseconds(milliseconds * 1_000_000) }
    #expect(
      metrics.text == """
        # HELP t_seconds Times.
        # TYPE t_seconds histogram
        t_seconds_bucket{le="0.5"} 2
        t_seconds_bucket{le="2"} 3
        t_seconds_bucket{le="+Inf"} 4
        t_seconds_sum 6.75
        t_seconds_count 4

        """)
  }

  @Test("labels and help are escaped, so that nothing can break out of its line")
  func escaping() {
    let metrics = PrometheusMetrics([.init("c_total", .counter, labels: ["l"], "A \\ and\nmore \"x\".")])
    Counter(label: "c_total", dimensions: [("l", "a\"b\\c\nd")], factory: metrics).increment(by: 3)
    #expect(
      metrics.text == #"""
        # HELP c_total A \\ and\nmore "x".
        # TYPE c_total counter
        c_total{l="a\"b\\c\nd"} 3

        """#)
  }

  @Test("what has no description is not exported, however often it is recorded")
  func unknown() {
    let metrics = PrometheusMetrics([.init("g", .gauge, "A gauge.")])
    Counter(label: "other_total", dimensions: [("cluster", "fra-1")], factory: metrics).increment()
    Gauge(label: "g", dimensions: [], factory: metrics).record(1.5)
    Gauge(label: "g", dimensions: [], factory: metrics).record(2)
    #expect(metrics.text == "# HELP g A gauge.\n# TYPE g gauge\ng 2\n")
  }

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
