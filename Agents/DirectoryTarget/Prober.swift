import AgentCore
import FleetModel
import Logging
import Manifests

/// Asks the probe about every app, beside whatever else the agent does: a probe that does not answer holds up nothing.
actor Prober {
  private let probe: any HealthProbe
  private let logger: Logger
  private var schedule = ProbeSchedule()
  /// Raised when there is something to ask or to tell.
  private let news = Signal()

  init(probe: any HealthProbe, logger: Logger) {
    self.probe = probe
    self.logger = logger
  }

  /// What is known of the app now, and has it asked about from now on. Does not wait for an answer.
  func observe(_ app: DesiredApp) -> AppObservation {
    defer { news.raise() }
    return schedule.observe(app, at: .now)
  }

  /// Forgets all other apps.
  func keep(_ apps: Set<String>) { schedule.keep(apps) }

  /// The names of the apps that it asks about.
  var apps: Set<String> { schedule.names }

  /// Asks until the task is cancelled, and says of which app something else is known.
  func run(_ changed: @escaping @Sendable (TargetChange) -> Void) async {
    await withDiscardingTaskGroup { group in
      while !Task.isCancelled {
        for question in schedule.begin(at: .now) { group.addTask { await self.ask(question) } }
        for app in schedule.changed(at: .now) { changed(.healthChanged(app: app)) }
        await news.wait(atMost: schedule.idle(at: .now))
      }
      group.cancelAll()
    }
  }

  private func ask(_ question: ProbeSchedule.Question) async {
    let app = question.app
    do {
      let observation = try ProbeAnswer.observation(
        of: app, from: try await probe.ask(ProbeAnswer.question(about: app)))
      schedule.ended(question, observation, isAnswer: true, at: .now)
    } catch {
      if Task.isCancelled { return schedule.dropped(question, at: .now) }
      logger.debug("probe failed", metadata: ["app": "\(app.name)", "error": "\(error)"])
      let reason = ["the probe gave no answer", error.message, error.cause].filter { !$0.isEmpty }
      let shown = reason.joined(separator: ": ").prefix(ProbeLimits.reasonCharacters)
      schedule.ended(question, .unknown(String(shown)), isAnswer: false, at: .now)
    }
    news.raise()
  }
}
