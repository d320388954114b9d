import Foundation

/// What the server does at a later time.
enum TimedAction: Hashable, Sendable {
  case endWatch(Int)
  case bookmark(Int)
  /// The kinds of a CustomResourceDefinition begin to be served.
  case serve(definition: String)
  case establish(definition: String)
  case advancePod(ObjectKey)
  case finishPod(ObjectKey)
  /// A controller looks at an object again.
  case reconcile(String, ObjectKey)
}

/// Actions by the time they are due.
struct TimerQueue: Sendable {
  private var entries: [(due: Date, action: TimedAction)] = []

  var next: Date? { entries.map(\.due).min() }

  mutating func add(_ action: TimedAction, at due: Date) { entries.append((due, action)) }

  /// Takes out what is due, in order.
  mutating func take(until now: Date) -> [TimedAction] {
    let due = entries.filter { $0.due <= now }.sorted { $0.due < $1.due }
    if !due.isEmpty { entries.removeAll { $0.due <= now } }
    return due.map(\.action)
  }
}
