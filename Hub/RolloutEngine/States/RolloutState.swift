/// Where a rollout stands.
public enum RolloutState: String, Hashable, Sendable, CaseIterable {
  case planned = "Planned"
  case running = "Running"
  case paused = "Paused"
  case succeeded = "Succeeded"
  /// A stage halted. A retry, or a newer release, goes on from here.
  case failed = "Failed"
  case superseded = "Superseded"
  case aborted = "Aborted"
  case rolledBack = "RolledBack"
}

extension RolloutState: CustomStringConvertible {
  public var description: String { rawValue }

  /// Whether nothing but an operator or a newer release moves the rollout any more.
  public var isEnded: Bool {
    switch self {
    case .planned, .running, .paused: false
    case .succeeded, .failed, .superseded, .aborted, .rolledBack: true
    }
  }

  /// The states that may come next.
  public var successors: Set<RolloutState> {
    switch self {
    case .planned: [.running, .superseded, .aborted]
    case .running: [.paused, .succeeded, .failed, .superseded, .aborted, .rolledBack]
    case .paused: [.running, .failed, .superseded, .aborted, .rolledBack]
    case .failed: [.running, .superseded, .aborted, .rolledBack]
    case .succeeded: [.rolledBack]
    case .aborted: [.rolledBack]
    case .superseded, .rolledBack: []
    }
  }
}
