import Synchronization

/// Why the hub cannot do its work now, for those who ask on `/readyz` and over gRPC.
final class Readiness: Sendable {
  /// What there has to be before the hub is ready, in the order in which it comes to be.
  enum Need: String, CaseIterable {
    case store = "the store is not open yet"
    case keys = "the keys are not loaded yet"
    case port = "the gRPC port does not listen yet"
    /// A first look that fails will do: a Git server that is away keeps no agent from the bundles that there are.
    case repository = "the fleet repository has not been looked at yet"
  }

  private struct State {
    var missing = Set(Need.allCases)
    var isStopping = false
  }

  private let state = Mutex(State())

  func has(_ need: Need) { state.withLock { _ = $0.missing.remove(need) } }

  func stop() { state.withLock { $0.isStopping = true } }

  /// One line for each thing that is missing; none for a hub that is ready.
  var obstacles: [String] {
    state.withLock { state in
      let missing = Need.allCases.filter(state.missing.contains).map(\.rawValue)
      return state.isStopping ? ["the hub is stopping"] + missing : missing
    }
  }

  var isReady: Bool { obstacles.isEmpty }
}
