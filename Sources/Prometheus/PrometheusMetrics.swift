public import CoreMetrics
import Synchronization

/// swift-metrics' numbers in Prometheus' text format, version 0.0.4.
///
/// Only numbers with a description are kept: what libraries would add of their own accord has no documented labels.
public final class PrometheusMetrics: MetricsFactory {
  /// One line's labels, as they are written.
  private typealias Labels = String

  private struct Histogram {
    /// Of values up to each bound, each value counted once; the last is of those above all.
    var counts: [UInt64]
    var sum = 0.0

    init(_ bounds: [Double]) { counts = Array(repeating: 0, count: bounds.count + 1) }
  }

  private struct State {
    var numbers: [String: [Labels: Double]] = [:]
    var histograms: [String: Histogram] = [:]
  }

  private let descriptions: [MetricDescription]
  private let byName: [String: MetricDescription]
  private let state = Mutex(State())

  public init(_ descriptions: [MetricDescription]) {
    self.descriptions = descriptions
    byName = Dictionary(descriptions.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  // MARK: Writing

  /// Every number, with what it is.
  public var text: String {
    let (numbers, histograms) = state.withLock { ($0.numbers, $0.histograms) }
    var text = PrometheusText()
    for description in descriptions {
      if case .histogram(let bounds) = description.kind {
        let histogram = histograms[description.name] ?? Histogram(bounds)
        text.add(description, bounds, histogram.counts, sum: histogram.sum)
      } else {
        text.add(description, numbers[description.name] ?? [:])
      }
    }
    return text.text
  }

  // MARK: Recording

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    guard byName[label] != nil else { return NOOPMetricsHandler.instance }
    return Counter(metrics: self, name: label, labels: PrometheusText.labels(dimensions))
  }

  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard let description = byName[label] else { return NOOPMetricsHandler.instance }
    return Recorder(metrics: self, description: description, labels: PrometheusText.labels(dimensions))
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    guard let description = byName[label] else { return NOOPMetricsHandler.instance }
    return Recorder(metrics: self, description: description, labels: PrometheusText.labels(dimensions))
  }

  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func add(_ amount: Double, to name: String, _ labels: Labels) {
    state.withLock { $0.numbers[name, default: [:]][labels, default: 0] += amount }
  }

  private func set(_ value: Double, of name: String, _ labels: Labels) {
    state.withLock { $0.numbers[name, default: [:]][labels] = value }
  }

  private func observe(_ value: Double, of name: String, _ bounds: [Double]) {
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      var histogram = state.histograms[name] ?? Histogram(bounds)
      histogram.counts[place] += 1
      histogram.sum += value
      state.histograms[name] = histogram
    }
  }

  private final class Counter: CounterHandler {
    private let metrics: PrometheusMetrics
    private let name: String
    private let labels: Labels

    init(metrics: PrometheusMetrics, name: String, labels: Labels) {
      self.metrics = metrics
      self.name = name
      self.labels = labels
    }

    func increment(by amount: Int64) { metrics.add(Double(amount), to: name, labels) }
    func reset() { metrics.set(0, of: name, labels) }
  }

  private final class Recorder: RecorderHandler, TimerHandler {
    private let metrics: PrometheusMetrics
    private let description: MetricDescription
    private let labels: Labels

    init(metrics: PrometheusMetrics, description: MetricDescription, labels: Labels) {
      self.metrics = metrics
      self.description = description
      self.labels = labels
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
      switch description.kind {
      case .histogram(let bounds): metrics.observe(value, of: description.name, bounds)
      case .counter, .gauge: metrics.set(value, of: description.name, labels)
      }
    }
  }
}
