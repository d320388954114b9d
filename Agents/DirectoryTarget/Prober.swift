import AgentCore
import FleetModel
import Logging
import Manifests

/// Asks the probe about every app: often while one is not healthy, seldom once all are.
actor Prober {
  /// While an app is not healthy: a rollout waits for the answer.
  static let eagerInterval: Duration = .milliseconds(250)
  /// Once it is: an unhealthy host is noticed within this.
  static let calmInterval: Duration = .seconds(5)

  private let probe: any HealthProbe
  private let logger: Logger
  private var apps: [String: DesiredApp] = [:]
  private var seen: [String: AppObservation] = [:]
  /// Raised when an observation is worth looking at again soon.
  private let unhealthy = Signal()

  init(probe: any HealthProbe, logger: Logger) {
    self.probe = probe
    self.logger = logger
  }

  /// Asks now, and remembers the app for the polling.
  func observe(_ app: DesiredApp) async -> AppObservation {
    apps[app.name] = app
    let observation = await ask(about: app)
    seen[app.name] = observation
    if !allAreHealthy { unhealthy.raise() }
    return observation
  }

  /// Polls until the task is cancelled, and says whose health has changed.
  func run(_ changed: @escaping @Sendable (TargetChange) -> Void) async {
    while !Task.isCancelled {
      if allAreHealthy {
        await unhealthy.wait(atMost: Prober.calmInterval)
      } else {
        try? await Task.sleep(for: Prober.eagerInterval)
      }
      for app in apps.values where !Task.isCancelled {
        let observation = await ask(about: app)
        if apps[app.name]?.digest == app.digest, seen[app.name] != observation {
          changed(.healthChanged(app: app.name))
        }
      }
    }
  }

  private var allAreHealthy: Bool {
    seen.values.allSatisfy { $0.overall == nil && $0.objects.allSatisfy { !$0.isBlocking } }
  }

  private func ask(about app: DesiredApp) async -> AppObservation {
    do {
      let answer = try await probe.ask(ProbeAnswer.question(about: app))
      return try ProbeAnswer.observation(of: app, from: answer)
    } catch {
      logger.debug("probe failed", metadata: ["app": "\(app.name)", "error": "\(error)"])
      let reason = ["the probe gave no answer", error.message, error.cause].filter { !$0.isEmpty }
      return AppObservation(
        objects: [],
        overall: .init(
          health: .unknown, isBlocking: true,
          reason: String(reason.joined(separator: ": ").prefix(ProbeLimits.reasonCharacters))))
    }
  }
}
