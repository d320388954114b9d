import CoreMetrics
import ReleasePipeline
import Synchronization

/// swift-metrics' numbers in Prometheus' text format, version 0.0.4.
///
/// Only numbers with a description are kept: what libraries would add of their own accord has no documented labels.
final class PrometheusMetrics: MetricsFactory {
  typealias Description = HubMetrics.Description

  /// The media type of `text`.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// One line's labels, as they are written.
  private typealias Labels = String

  private struct Histogram {
    /// Of values up to each bound, each value counted once; the last is of those above all.
    var counts: [UInt64]
    var sum = 0.0
  }

  private struct State {
    var numbers: [String: [Labels: Double]] = [:]
    var histograms: [String: Histogram] = [:]
  }

  private let descriptions: [Description]
  private let byName: [String: Description]
  private let state = Mutex(State())

  init(_ descriptions: [Description]) {
    self.descriptions = descriptions
    byName = Dictionary(descriptions.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  // MARK: Writing

  /// Every number, with what it is.
  var text: String {
    let (numbers, histograms) = state.withLock { ($0.numbers, $0.histograms) }
    var lines: [String] = []
    for description in descriptions {
      let name = description.name
      lines.append("# HELP \(name) \(PrometheusMetrics.escape(description.help))")
      lines.append("# TYPE \(name) \(description.kind.name)")
      if case .histogram(let bounds) = description.kind {
        lines += PrometheusMetrics.lines(name, bounds, histograms[name])
      } else {
        lines += (numbers[name] ?? [:]).sorted { $0.key < $1.key }
          .map { "\(name)\($0.key) \(PrometheusMetrics.number($0.value))" }
      }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  private static func lines(_ name: String, _ bounds: [Double], _ histogram: Histogram?) -> [String] {
    let counts = histogram?.counts ?? Array(repeating: 0, count: bounds.count + 1)
    var lines: [String] = []
    var total: UInt64 = 0
    for (bound, count) in zip(bounds + [.infinity], counts) {
      total += count
      lines.append("\(name)_bucket{le=\"\(number(bound))\"} \(total)")
    }
    return lines + ["\(name)_sum \(number(histogram?.sum ?? 0))", "\(name)_count \(total)"]
  }

  /// As Prometheus reads numbers: whole ones without a fraction.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  private static func escape(_ text: String, quotes: Bool = false) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  private static func labels(_ dimensions: [(String, String)]) -> Labels {
    guard !dimensions.isEmpty else { return "" }
    return "{" + dimensions.map { "\($0.0)=\"\(escape($0.1, quotes: true))\"" }.joined(separator: ",") + "}"
  }

  // MARK: Recording

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    guard byName[label] != nil else { return NOOPMetricsHandler.instance }
    return Counter(metrics: self, name: label, labels: PrometheusMetrics.labels(dimensions))
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard let description = byName[label] else { return NOOPMetricsHandler.instance }
    return Recorder(metrics: self, description: description, labels: PrometheusMetrics.labels(dimensions))
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    guard let description = byName[label] else { return NOOPMetricsHandler.instance }
    return Recorder(metrics: self, description: description, labels: PrometheusMetrics.labels(dimensions))
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  private func add(_ amount: Double, to name: String, _ labels: Labels) {
    state.withLock { $0.numbers[name, default: [:]][labels, default: 0] += amount }
  }

  private func set(_ value: Double, of name: String, _ labels: Labels) {
    state.withLock { $0.numbers[name, default: [:]][labels] = value }
  }

  private func observe(_ value: Double, of name: String, _ bounds: [Double]) {
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      var histogram = state.histograms[name] ?? Histogram(counts: Array(repeating: 0, count: bounds.count + 1))
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
    private let description: Description
    private let labels: Labels

    init(metrics: PrometheusMetrics, description: Description, labels: Labels) {
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

extension HubMetrics.Description.Kind {
  fileprivate var name: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}
