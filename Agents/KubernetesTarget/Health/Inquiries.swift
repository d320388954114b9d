import AgentCore
import FleetModel
import Manifests
import Synchronization

/// Looks again, at a bounded rate, at objects that are not well: for the reason in words, and because some verdicts
/// change by the passing of time alone.
///
/// Health itself comes from watches. What is beneath an object is watched by nobody, for a cluster's Pods are many; so
/// it is read while an object is unwell, soon at first and then less and less often.
final class Inquiries: Sendable {
  struct Subject: Sendable {
    var id: ObjectID
    var resource: APIResource
    /// What is known of it: another verdict is a reason to look soon.
    var verdict: HealthVerdict
  }

  private struct Inquiry {
    var subject: Subject
    var due: Timestamp
    var schedule: RetrySchedule
  }

  private let schedule: RetrySchedule
  private let now: @Sendable () -> Timestamp
  private let random: @Sendable () -> Double
  private let open = Mutex<[ObjectID: Inquiry]>([:])
  private let asked = Signal()

  init(schedule: RetrySchedule, now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double) {
    self.schedule = schedule
    self.now = now
    self.random = random
  }

  var count: Int { open.withLock(\.count) }

  /// Has an object looked at until it is well; one that is looked at already with this verdict is left to its turn.
  func ask(about subject: Subject) {
    let isNews = open.withLock { open in
      guard open[subject.id]?.subject.verdict != subject.verdict else { return false }
      guard open[subject.id] != nil || open.count < HealthLimits.inquiries else { return false }
      var schedule = schedule
      var due = now() + schedule.failed(random: random())
      // A state that flutters must not put off its explanation for ever.
      if let before = open[subject.id] { due = min(due, before.due) }
      if let change = subject.verdict.changesAt { due = min(due, change) }
      open[subject.id] = Inquiry(subject: subject, due: due, schedule: schedule)
      return true
    }
    if isNews { asked.raise() }
  }

  /// Runs until the task is cancelled.
  /// - Parameter look: looks at an object and says what is known of it now; nil when there is nothing to look at again.
  func run(_ look: @Sendable (Subject) async -> HealthVerdict?) async {
    let start = ContinuousClock.now
    var bucket = TokenBucket(perSecond: HealthLimits.looksPerSecond, burst: HealthLimits.looksAtOnce, now: .zero)
    while !Task.isCancelled {
      guard let next = nextDue() else {
        await asked.wait(until: earliest(), now: now)
        continue
      }
      let delay = bucket.take(now: start.duration(to: .now))
      if delay > .zero { try? await Task.sleep(for: delay) }
      let verdict = await look(next)
      put(next, back: verdict)
    }
  }

  private func earliest() -> Timestamp? { open.withLock { $0.values.map(\.due).min() } }

  /// The one that has waited longest.
  private func nextDue() -> Subject? {
    let instant = now()
    return open.withLock { open in
      open.values.filter { $0.due <= instant }.min { ($0.due, $0.subject.id) < ($1.due, $1.subject.id) }?.subject
    }
  }

  private func put(_ subject: Subject, back verdict: HealthVerdict?) {
    open.withLock { open in
      guard let verdict else {
        open[subject.id] = nil
        return
      }
      guard var inquiry = open[subject.id] else { return }
      inquiry.subject.verdict = verdict
      let instant = now()
      inquiry.due = instant + inquiry.schedule.failed(random: random())
      if let change = verdict.changesAt, change > instant { inquiry.due = min(inquiry.due, change) }
      open[subject.id] = inquiry
    }
  }
}
