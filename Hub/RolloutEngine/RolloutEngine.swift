public import FleetModel
internal import Manifests

/// Decides what every cluster should run, and when: Docs/rollouts.md.
///
/// A pure machine: no clock, no I/O, no randomness; equal events give equal logs. It alone moves assignments. Not safe to
/// share between tasks by itself: one task owns it and hands it one event after the other.
///
///     switch engine.handle(.releaseRendered(rendered), at: now) {
///     case .advanced(let entry, let actions, _): // store the entry, then carry out the actions
///     case .unchanged: break
///     case .refused(let error): // tell who asked
///     }
public struct RolloutEngine: Sendable {
  /// The number of the last entry; 0 before the first.
  public internal(set) var number: Int64 = 0
  /// The time of the last entry.
  public internal(set) var clock = Timestamp(milliseconds: .min)
  /// When `RolloutEvent.timePassed` is due next; nil when time alone changes nothing.
  public internal(set) var nextWake: Timestamp?

  var ground = Ground()
  var apps: [String: AppRollouts] = [:]
  private var dues = DueQueue()
  /// How much one `timePassed` does. No part of the state: a test sets it lower.
  var dueLimit = RolloutLimits.dueAtOnce

  /// An engine of a fleet that nobody has joined.
  public init() {}

  /// Takes in something that happened.
  ///
  /// The caller stores the entry of an `advanced` outcome before it carries out its actions.
  public mutating func handle(_ event: RolloutEvent, at instant: Timestamp) -> RolloutOutcome {
    do throws(FleetError) { try admit(event) } catch { return .refused(error) }
    var step = Step(now: max(instant, clock))
    step.mayThaw = event.mayThaw
    apply(event, &step)
    guard step.changed else { return .unchanged }
    settle(&step)
    number += 1
    clock = step.now
    updateWake(&step)
    let entry = RolloutLogEntry(number: number, time: step.now, event: event, transitions: step.transitions)
    return .advanced(entry, actions: step.actions, closed: step.closed)
  }
}

// MARK: After every event

extension RolloutEngine {
  /// Lets everything that the event touched go on, until nothing does.
  private mutating func settle(_ step: inout Step) {
    advanceTouched(&step)
    for due in step.dues { dues.insert(due) }
    // What goes on beside a rollout may be due at the same instant.
    for due in step.movedDues where apps[due.app]?.isDue(due.cluster, at: due.time) != true { dues.remove(due) }
  }

  mutating func advanceTouched(_ step: inout Step) {
    while true {
      notifyDependents(step.actions[step.seen...], &step)
      step.seen = step.actions.count
      let names = step.takeTouched()
      if names.isEmpty { break }
      for name in names { apps[name]?.advance(&ground, &step) }
    }
  }

  /// A changed assignment may be what another app's first apply waited for.
  private mutating func notifyDependents(_ actions: ArraySlice<RolloutAction>, _ step: inout Step) {
    for case .assign(let assignment) in actions {
      for name in ground.dependents(of: assignment.app) {
        apps[name]?.dependencyChanged(on: assignment.cluster, &ground, &step)
      }
    }
  }

  private mutating func updateWake(_ step: inout Step) {
    let next = earliest(nextDue(), ground.silence.graceEnd)
    if next != nextWake || step.leavesDue, let next { step.act(.wake(at: next)) }
    nextWake = next
  }

  private mutating func nextDue() -> Timestamp? {
    dues.next { apps[$0.app]?.isDue($0.cluster, at: $0.time) == true }
  }

  /// An app for which an instant has come, with its clusters for which one has; nil where one event has done its share.
  mutating func takeDue(_ step: inout Step) -> (app: String, clusters: [ClusterUID?])? {
    step.leavesDue = nextDue().map { $0 <= step.now } ?? false
    guard step.leavesDue, step.transitions.count < dueLimit else { return nil }
    return dues.takeFirst(until: step.now) { apps[$0.app]?.isDue($0.cluster, at: $0.time) == true }
  }

  /// Rebuilds what follows from the rest of the state.
  mutating func restoreDues() {
    dues = DueQueue()
    for app in apps.values { for due in app.allDues { dues.insert(due) } }
    nextWake = earliest(nextDue(), ground.silence.graceEnd)
  }
}
