public import CoreMetrics
import FleetModel
import FleetStore
import Manifests
public import Prometheus
import RolloutEngine

/// The hub's numbers, made with swift-metrics: whoever makes the factory decides how they are exported.
///
/// Labels have few values, fixed beforehand: none is of a cluster, an app or a person.
public struct HubMetrics: Sendable {
  public typealias Description = MetricDescription

  /// What became of an app when a commit was rendered.
  enum AppOutcome: String, CaseIterable {
    case rendered
    /// Everything it reads was as it had been.
    case cached
    case failed
  }

  /// What became of a report.
  enum ReportOutcome: String, CaseIterable {
    case recorded
    case repeated
    case refused
  }

  /// What became of a request to be let in.
  enum EnrolmentOutcome: String, CaseIterable {
    case accepted
    /// An operator has to approve it.
    case waiting
    case refused
  }

  private let factory: any MetricsFactory

  public init(factory: any MetricsFactory) {
    self.factory = factory
    startAtZero()
  }

  /// What can be counted exists from the start: a rate needs a first value.
  private func startAtZero() {
    for description in HubMetrics.all where description.kind == .counter && description.labels.isEmpty {
      count(description, by: 0)
    }
    for outcome in AppOutcome.allCases { count(.appsRendered, outcome.rawValue, by: 0) }
    for outcome in ReportOutcome.allCases { count(.reports, outcome.rawValue, by: 0) }
    for outcome in EnrolmentOutcome.allCases { count(.enrolments, outcome.rawValue, by: 0) }
  }

  // MARK: Recording

  func count(_ metric: Description, _ labels: String..., by amount: Int = 1) {
    Counter(label: metric.name, dimensions: dimensions(metric, labels), factory: factory).increment(by: amount)
  }

  func took(_ metric: Description, _ time: Duration) {
    let (seconds, attoseconds) = time.components
    let nanoseconds = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !nanoseconds.overflow else { return }
    Timer(label: metric.name, dimensions: [], factory: factory)
      .recordNanoseconds(nanoseconds.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue)
  }

  /// Measures what is done.
  func timing<Result>(
    _ metric: Description, _ body: () throws(FleetError) -> Result
  ) throws(FleetError) -> Result {
    let start = ContinuousClock.now
    defer { took(metric, ContinuousClock.now - start) }
    return try body()
  }

  func show(_ metric: Description, _ labels: String..., is value: Double) {
    Gauge(label: metric.name, dimensions: dimensions(metric, labels), factory: factory).record(value)
  }

  private func dimensions(_ metric: Description, _ values: [String]) -> [(String, String)] {
    Array(zip(metric.labels, values)).map { ($0, $1) }
  }

  // What the hub's doors count.

  /// A call on the gRPC port is over; `status` is gRPC's name for how.
  public func callEnded(_ method: String, _ status: String) { count(.calls, method, status) }

  public func storeTransactionEnded(_ time: Duration) { took(.storeTransaction, time) }

  public func showConnections(_ count: Int) { show(.connections, is: Double(count)) }
}

extension FleetHub {
  /// Brings up to date what is looked at rather than counted; to be called before the numbers are read.
  public func refreshMetrics() async {
    let metrics = parts.metrics
    metrics.show(.sessions, is: Double(sessions.connected.count))
    if let answer = await fleet.sourceView().lastAnswer {
      metrics.show(.syncAge, is: max(0, parts.now().since(answer).seconds))
    }
    for (state, count) in await fleet.rolloutCounts() { metrics.show(.rollouts, state.rawValue, is: Double(count)) }
    // A store that cannot be read leaves the last numbers standing, and says so elsewhere.
    guard let presences = try? await fleet.presenceCounts() else { return }
    for (presence, count) in presences { metrics.show(.clusters, presence.rawValue, is: Double(count)) }
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
