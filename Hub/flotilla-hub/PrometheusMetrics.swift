import CoreMetrics
import Synchronization

/// swift-metrics' numbers in Prometheus' text format, version 0.0.4.
final class PrometheusMetrics: MetricsFactory {
  private struct Name: Hashable {
    var label: String
    var dimensions: [String]
  }

  private struct State {
    var counters: [Name: Double] = [:]
    var gauges: [Name: Double] = [:]
    /// Count and sum of what was recorded.
    var summaries: [Name: (count: Double, sum: Double)] = [:]
  }

  private let state = Mutex(State())

  /// Sets a gauge of the program's own.
  func set(_ label: String, _ value: Double) {
    state.withLock { $0.gauges[Name(label: label, dimensions: [])] = value }
  }

  /// All numbers, one a line.
  var text: String {
    let (counters, gauges, summaries) = state.withLock { ($0.counters, $0.gauges, $0.summaries) }
    var lines = counters.map { "\(line($0.key)) \($0.value)" } + gauges.map { "\(line($0.key)) \($0.value)" }
    for (name, summary) in summaries {
      lines.append("\(line(name, suffix: "_count")) \(summary.count)")
      lines.append("\(line(name, suffix: "_sum")) \(summary.sum)")
    }
    return lines.sorted().joined(separator: "\n") + "\n"
  }

  private func line(_ name: Name, suffix: String = "") -> String {
    let label = String(name.label.map { $0.isLetter || $0.isNumber ? $0 : "_" }) + suffix
    return name.dimensions.isEmpty ? label : "\(label){\(name.dimensions.joined(separator: ","))}"
  }

  private func name(_ label: String, _ dimensions: [(String, String)]) -> Name {
    Name(label: label, dimensions: dimensions.map { "\($0.0)=\"\($0.1)\"" })
  }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    let name = name(label, dimensions)
    return Handler(
      add: { amount in self.state.withLock { $0.counters[name, default: 0] += Double(amount) } },
      zero: { self.state.withLock { $0.counters[name] = 0 } })
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    let name = name(label, dimensions)
    return Recorder { value in
      self.state.withLock { state in
        guard aggregate else {
          state.gauges[name] = value
          return
        }
        let before = state.summaries[name] ?? (0, 0)
        state.summaries[name] = (before.count + 1, before.sum + value)
      }
    }
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    let recorder = makeRecorder(label: label + "_seconds", dimensions: dimensions, aggregate: true)
    return Timer { recorder.record(Double($0) / 1e9) }
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  private final class Handler: CounterHandler {
    private let add: @Sendable (Int64) -> Void
    private let zero: @Sendable () -> Void

    init(add: @escaping @Sendable (Int64) -> Void, zero: @escaping @Sendable () -> Void) {
      self.add = add
      self.zero = zero
    }

    func increment(by amount: Int64) { add(amount) }
    func reset() { zero() }
  }

  private final class Recorder: RecorderHandler {
    private let take: @Sendable (Double) -> Void
    init(take: @escaping @Sendable (Double) -> Void) { self.take = take }
    func record(_ value: Int64) { take(Double(value)) }
    func record(_ value: Double) { take(value) }
  }

  private final class Timer: TimerHandler {
    private let take: @Sendable (Int64) -> Void
    init(take: @escaping @Sendable (Int64) -> Void) { self.take = take }
    func recordNanoseconds(_ duration: Int64) { take(duration) }
  }
}
