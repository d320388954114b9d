import AgentCore
import FleetModel

/// Which app is asked about when, and what is known from the answers. Pure: instants are passed in.
///
/// An app is asked about again soon while it is not healthy, seldom once it is, and ever more seldom while the probe
/// gives no answer. Never twice at once, and never about more apps at once than a host has use for.
struct ProbeSchedule {
  typealias Instant = ContinuousClock.Instant

  /// While an app is not healthy: a rollout waits for the answer.
  static let eagerInterval: Duration = .milliseconds(250)
  /// Once it is: an unhealthy host is noticed within this.
  static let calmInterval: Duration = .seconds(5)
  /// While there is no answer: from the eager interval up to this. What such a probe complains of can differ every
  /// time, and each difference is a report.
  static let failingInterval: Duration = .seconds(2)
  /// Questions under way at once: some apps whose answers hang must not keep the others from being asked about, and a
  /// probe that is a program must not make a small host busy.
  static let questions = 8
  /// An answer older than this is evidence of nothing any more, whatever keeps the next one away. Room for more than
  /// two hundred apps that all answer slowly.
  static let validity: Duration = .seconds(60)

  /// One question under way.
  struct Question {
    let app: DesiredApp
    fileprivate let round: Int
  }

  private struct Entry {
    let app: DesiredApp
    /// Which time this app has been begun with; an answer for another is dropped.
    let round: Int
    var answer: (observation: AppObservation, at: Instant)?
    /// What was last shown to whoever observes.
    var shown: AppObservation?
    var isAsked = false
    var lastAsked: Instant?
    var due: Instant
    var failing = RetrySchedule(first: eagerInterval, longest: failingInterval)
    var isFailing = false

    func observation(at now: Instant) -> AppObservation {
      guard let answer else { return .unknown("the probe has not answered yet") }
      guard now < answer.at + validity else { return .unknown("the probe has not answered for \(validity)") }
      return answer.observation
    }
  }

  private var entries: [String: Entry] = [:]
  private var rounds = 0
  private var underWay = 0

  /// What is known of this app at its digest. Makes it be asked about, at once when it is new.
  mutating func observe(_ app: DesiredApp, at now: Instant) -> AppObservation {
    if entries[app.name]?.app.digest != app.digest {
      rounds += 1
      entries[app.name] = Entry(app: app, round: rounds, due: now)
    }
    guard var entry = entries[app.name] else { return .unknown("the probe has not answered yet") }
    // Whoever observes has just done something to the app.
    if let asked = entry.lastAsked, !entry.isFailing { entry.due = min(entry.due, asked + ProbeSchedule.eagerInterval) }
    let observation = entry.observation(at: now)
    entry.shown = observation
    entries[app.name] = entry
    return observation
  }

  /// Forgets all other apps.
  mutating func keep(_ names: Set<String>) { entries = entries.filter { names.contains($0.key) } }

  /// The questions to be asked now, those that have waited longest first.
  mutating func begin(at now: Instant) -> [Question] {
    let due = entries.values.filter { !$0.isAsked && $0.due <= now }.sorted { $0.due < $1.due }
    return due.prefix(max(0, ProbeSchedule.questions - underWay)).map { entry in
      entries[entry.app.name]?.isAsked = true
      entries[entry.app.name]?.lastAsked = now
      underWay += 1
      return Question(app: entry.app, round: entry.round)
    }
  }

  /// Takes what a question led to; `isAnswer` is false when the probe gave none.
  mutating func ended(_ question: Question, _ observation: AppObservation, isAnswer: Bool, at now: Instant) {
    underWay -= 1
    guard var entry = entries[question.app.name], entry.round == question.round else { return }
    entry.isAsked = false
    entry.answer = (observation, now)
    entry.isFailing = !isAnswer
    if isAnswer { entry.failing.succeeded() }
    let wait = isAnswer ? observation.pollInterval : entry.failing.failed(random: 1)
    entry.due = now + wait
    entries[question.app.name] = entry
  }

  /// A question was dropped without a word about the app.
  mutating func dropped(_ question: Question, at now: Instant) {
    underWay -= 1
    guard entries[question.app.name]?.round == question.round else { return }
    entries[question.app.name]?.isAsked = false
    entries[question.app.name]?.due = now
  }

  /// The apps of which something else is known than what was last shown.
  func changed(at now: Instant) -> [String] {
    entries.values.filter { $0.shown != nil && $0.shown != $0.observation(at: now) }.map(\.app.name).sorted()
  }

  /// How long nothing is to be done but waiting for answers.
  func idle(at now: Instant) -> Duration {
    let hasRoom = underWay < ProbeSchedule.questions
    return entries.values.reduce(ProbeSchedule.calmInterval) { shortest, entry in
      let due = hasRoom && !entry.isAsked ? now.duration(to: entry.due) : shortest
      let lapse = entry.answer.map { now.duration(to: $0.at + ProbeSchedule.validity) } ?? shortest
      return min(shortest, max(.zero, due), lapse > .zero ? lapse : shortest)
    }
  }

  /// The names of the apps that are asked about.
  var names: Set<String> { Set(entries.keys) }
}

extension AppObservation {
  /// Nothing is known of the app, and that holds a gate back.
  static func unknown(_ reason: String) -> AppObservation {
    AppObservation(objects: [], overall: .init(health: .unknown, isBlocking: true, reason: reason))
  }

  fileprivate var pollInterval: Duration {
    let isHealthy = overall == nil && objects.allSatisfy { !$0.isBlocking }
    return isHealthy ? ProbeSchedule.calmInterval : ProbeSchedule.eagerInterval
  }
}
