import FleetModel
import Synchronization

/// Tells everybody who waits that something may hold now.
final class Broadcast: Sendable {
  private struct State {
    var waiting: [Int: Signal] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  func raise() {
    for one in state.withLock({ Array($0.waiting.values) }) { one.raise() }
  }

  /// Returns when something holds, when the time is over, or when the task is cancelled.
  func wait(atMost time: Duration, until holds: () -> Bool) async {
    let end = ContinuousClock.now + time
    let signal = Signal()
    let number = state.withLock { state in
      state.last += 1
      state.waiting[state.last] = signal
      return state.last
    }
    defer { _ = state.withLock { $0.waiting.removeValue(forKey: number) } }
    while ContinuousClock.now < end, !Task.isCancelled, !holds() { await signal.wait(atMost: end - .now) }
  }
}
