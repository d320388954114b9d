import AgentCore
import FleetModel
import KubernetesTarget
import Prometheus

/// The agent's numbers; Docs/reference/metrics.md says what to do with them.
enum AgentMetrics {
  static let info = MetricDescription(
    "flotilla_agent_info", .gauge, labels: ["version", "target"], "Always 1: what this agent is.")
  static let apps = MetricDescription(
    "flotilla_agent_apps", .gauge, labels: ["sync", "health"], "Apps of the accepted bundle by how they are.")
  static let corrections = MetricDescription(
    "flotilla_agent_corrections_total", .counter,
    "Objects that somebody else had changed or deleted and that were put right.")
  static let bundleSequence = MetricDescription(
    "flotilla_agent_bundle_sequence", .gauge, "Number of the bundle that was accepted last; 0 before the first.")
  static let connected = MetricDescription(
    "flotilla_agent_connected", .gauge, "Whether a session with the hub is open: 1 or 0.")
  static let lastSession = MetricDescription(
    "flotilla_agent_last_session_timestamp_seconds", .gauge,
    "When the hub last took up a session, in Unix time; 0 before the first.")
  static let lastPull = MetricDescription(
    "flotilla_agent_last_pull_timestamp_seconds", .gauge,
    "When the hub was last asked for a bundle and nothing was refused, in Unix time; 0 before the first.")
  static let requests = MetricDescription(
    "flotilla_agent_api_requests_total", .counter, labels: ["verb", "kind"], "Requests to the API server.")
  static let failures = MetricDescription(
    "flotilla_agent_api_request_failures_total", .counter, labels: ["verb", "kind"],
    "Requests to the API server that came to nothing.")
  static let watches = MetricDescription(
    "flotilla_agent_watches", .gauge, labels: ["state"], "Kinds of objects that are watched, or should be.")

  /// Every number that the agent exports, in the order in which they are shown.
  static let all = [
    info, apps, corrections, bundleSequence, connected, lastSession, lastPull, requests, failures, watches,
  ]

  /// All of them as they are now.
  static func text(version: String, targetKind: String, _ status: AgentStatus?, _ target: KubernetesTarget?) -> String {
    var text = PrometheusText()
    text.add(info, [([version, targetKind], 1)])
    text.add(apps, appSamples(status?.apps ?? []))
    text.add(corrections, Double(status?.corrections ?? 0))
    text.add(bundleSequence, Double(status?.bundleSeq ?? 0))
    text.add(connected, status?.isConnected == true ? 1 : 0)
    text.add(lastSession, seconds(status?.lastWelcome))
    text.add(lastPull, seconds(status?.lastPull))
    let counts = target?.client.counter.snapshot ?? [:]
    text.add(requests, counts.map { (labels($0.key), Double($0.value.requests)) })
    text.add(failures, counts.map { (labels($0.key), Double($0.value.failures)) })
    let (open, interrupted) = target?.watchCounts ?? (0, 0)
    text.add(watches, [(["open"], Double(open)), (["interrupted"], Double(interrupted))])
    return text.text
  }

  /// A sample for every state there can be: what is no longer so shows as 0.
  private static func appSamples(_ apps: [AgentStatus.App]) -> [(labels: [String], value: Double)] {
    let counts = Dictionary(apps.map { ($0, 1) }, uniquingKeysWith: +)
    return Sync.allCases.flatMap { sync in
      Health.allCases.map { health in
        ([sync.rawValue, health.rawValue], Double(counts[.init(sync: sync, health: health)] ?? 0))
      }
    }
  }

  private static func labels(_ key: RequestCounter.Key) -> [String] { [key.verb.rawValue, key.kind] }

  private static func seconds(_ instant: Timestamp?) -> Double { Double(instant?.milliseconds ?? 0) / 1000 }
}
