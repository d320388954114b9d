import AgentCore
import KubernetesTarget
import Programs
import Prometheus
import Synchronization

/// The agent as soon as there is one, for those who ask how it is on the admin port.
final class RunningAgent: Sendable {
  private struct State {
    var agent: Agent?
    var target: KubernetesTarget?
  }

  private let targetKind: String
  private let state = Mutex(State())

  init(targetKind: String) { self.targetKind = targetKind }

  func has(_ agent: Agent, _ target: any ApplyTarget) {
    state.withLock { $0 = State(agent: agent, target: target as? KubernetesTarget) }
  }

  /// What is answered on a path; nil when there is no such path.
  func answer(_ path: String) async -> AdminServer.Answer? {
    let current = state.withLock { $0 }
    switch path {
    case "/healthz": return .init(obstacles: current.agent?.stuck() ?? [])
    case "/readyz":
      guard let agent = current.agent else { return .init(obstacles: ["the agent is not enrolled yet"]) }
      return .init(obstacles: await agent.status().obstacles)
    case "/metrics":
      let status = await current.agent?.status()
      let text = AgentMetrics.text(version: Program.version, targetKind: targetKind, status, current.target)
      return .init(status: 200, type: PrometheusText.contentType, text: text)
    default: return nil
    }
  }
}
