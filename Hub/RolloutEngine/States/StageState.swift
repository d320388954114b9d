/// Where one stage of a rollout stands.
public enum StageState: Hashable, Sendable {
  /// An earlier stage has not succeeded yet.
  case pending
  case awaitingBefore(Wait)
  /// Clusters are offered the release, wave by wave.
  case rolling
  /// Every cluster of the last wave meets the gate; their soak runs.
  case soaking
  case analyzing
  case awaitingAfter
  /// The release is verified in this stage.
  case succeeded
  case failed
  /// Stopped: what is in flight settles, nothing new starts.
  case halted

  public enum Wait: String, Hashable, Sendable, CaseIterable {
    case approval = "approval"
    case freeze = "freeze"
    case confirmation = "confirmation"
  }
}

extension StageState: CustomStringConvertible, CaseIterable {
  public static let allCases: [StageState] =
    [.pending, .rolling, .soaking, .analyzing, .awaitingAfter, .succeeded, .failed, .halted]
    + Wait.allCases.map(StageState.awaitingBefore)

  /// As it is shown and stored, such as `Rolling` or `AwaitingBefore(approval)`.
  public var description: String {
    switch self {
    case .pending: "Pending"
    case .awaitingBefore(let wait): "AwaitingBefore(\(wait.rawValue))"
    case .rolling: "Rolling"
    case .soaking: "Soaking"
    case .analyzing: "Analyzing"
    case .awaitingAfter: "AwaitingAfter"
    case .succeeded: "Succeeded"
    case .failed: "Failed"
    case .halted: "Halted"
    }
  }

  public init?(_ text: String) {
    guard let state = Self.allCases.first(where: { $0.description == text }) else { return nil }
    self = state
  }

  /// Whether clusters may be offered the release now.
  public var isOpen: Bool { self == .rolling || self == .soaking }

  /// The states that may come next.
  public var successors: Set<StageState> {
    switch self {
    case .pending:
      [
        .awaitingBefore(.approval), .awaitingBefore(.freeze), .awaitingBefore(.confirmation), .rolling, .succeeded,
        .halted,
      ]
    case .awaitingBefore:
      [
        .awaitingBefore(.approval), .awaitingBefore(.freeze), .awaitingBefore(.confirmation), .rolling, .succeeded,
        .halted,
      ]
    case .rolling: [.soaking, .analyzing, .awaitingAfter, .succeeded, .halted, .failed]
    case .soaking: [.rolling, .analyzing, .awaitingAfter, .succeeded, .halted, .failed]
    case .analyzing: [.rolling, .awaitingAfter, .succeeded, .halted, .failed]
    case .awaitingAfter: [.rolling, .succeeded, .halted]
    case .halted: [.pending, .rolling]
    case .succeeded, .failed: []
    }
  }
}
