internal import FleetModel
internal import Manifests

/// What one event brings about, while it is being worked on.
struct Step {
  let now: Timestamp
  var transitions: [Transition] = []
  var actions: [RolloutAction] = []
  var closed: [RolloutStatus] = []
  /// How many of the actions were looked at for what follows from them.
  var seen = 0
  /// Deadlines that are new.
  var dues: [Due] = []
  /// Deadlines that were moved.
  var movedDues: [Due] = []
  /// Whether more has fallen due than one event does.
  var leavesDue = false
  /// Whether anything changed that a replay could not do without.
  var changed = false
  /// Apps in which something may start or pass because of what happened.
  var touched: Set<String> = []
  /// Whether what happened may thaw a stage; what clusters report never does, and asking costs a look at all of them.
  var mayThaw = true

  init(now: Timestamp) { self.now = now }

  mutating func record(
    _ subject: Transition.Subject, from: some CustomStringConvertible, to: some CustomStringConvertible,
    _ reason: String
  ) {
    transitions.append(
      Transition(subject: subject, from: from.description, to: to.description, reason: reason))
    changed = true
  }

  mutating func act(_ action: RolloutAction) {
    actions.append(action)
    changed = true
  }

  mutating func touch(_ app: String) {
    touched.insert(app)
  }

  /// The apps to advance, in the order of their names.
  mutating func takeTouched() -> [String] {
    defer { touched = [] }
    return touched.sorted { $0.precedesInBytes($1) }
  }
}
