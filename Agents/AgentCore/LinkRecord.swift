import FleetModel
import Synchronization

/// What became of the agent's link to the hub.
final class LinkRecord: Sendable {
  struct State {
    /// How often a hub has welcomed the agent.
    var welcomes = 0
    var isOpen = false
    var lastWelcome: Timestamp?
    /// When the hub last answered what there is for this cluster, and nothing of it was refused.
    var lastPull: Timestamp?
  }

  private let state = Mutex(State())

  var current: State { state.withLock { $0 } }

  func welcomed(at instant: Timestamp) {
    state.withLock { state in
      state.welcomes += 1
      state.isOpen = true
      state.lastWelcome = instant
    }
  }

  func ended() { state.withLock { $0.isOpen = false } }

  func pulled(at instant: Timestamp) { state.withLock { $0.lastPull = instant } }
}
