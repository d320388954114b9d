import CoreMetrics
import Prometheus
import Testing

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

  @Test("numbers that were looked at are written with their labels' values in order")
  func samples() {
    var text = PrometheusText()
    text.add(.init("a", .gauge, labels: ["x", "y"], "A."), [(["2", "b"], 1), (["1", "a"], 2.5)])
    text.add(.init("b_total", .counter, "B."), 7)
    #expect(
      text.text == """
        # HELP a A.
        # TYPE a gauge
        a{x="1",y="a"} 2.5
        a{x="2",y="b"} 1
        # HELP b_total B.
        # TYPE b_total counter
        b_total 7

        """)
  }
}
