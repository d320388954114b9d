/// Where one cluster stands in one rollout.
public enum ClusterState: Hashable, Sendable {
  /// Not offered anything yet.
  case pending
  /// The release's digest is assigned; the agent has not fetched it yet.
  case offered
  /// The agent verified the bundle and holds what it names.
  case pulled
  /// The agent is changing the cluster.
  case applying
  /// Applied; the gate is not met yet.
  case progressing
  /// The gate is met; the soak runs.
  case healthy
  /// The gate was met for the whole soak.
  case soaked
  case failed
  /// Online, and did not pull.
  case timedOut
  /// Not connected: holds no slot and spends no failure budget.
  case offline
  /// Air-gapped: it has not pulled what it is assigned.
  case awaitingExport
  /// Air-gapped: it pulled what it is assigned, and no report of that has come back.
  case awaitingReport
  case skipped(Skip)
  /// A newer release took its place.
  case superseded
  case rolledBack

  public enum Skip: String, Hashable, Sendable, CaseIterable {
    /// The release gives the cluster what its stage verified before.
    case noChange = "NoChange"
    /// An operator took it out.
    case excluded = "Excluded"
    /// It is no member any longer.
    case removed = "Removed"
    /// What the release gives it is held.
    case held = "Held"
  }
}

extension ClusterState: CustomStringConvertible, CaseIterable {
  public static let allCases: [ClusterState] =
    [
      .pending, .offered, .pulled, .applying, .progressing, .healthy, .soaked, .failed, .timedOut, .offline,
      .awaitingExport, .awaitingReport, .superseded, .rolledBack,
    ] + Skip.allCases.map(ClusterState.skipped)

  /// As it is shown and stored, such as `Healthy` or `Skipped(NoChange)`.
  public var description: String {
    switch self {
    case .pending: "Pending"
    case .offered: "Offered"
    case .pulled: "Pulled"
    case .applying: "Applying"
    case .progressing: "Progressing"
    case .healthy: "Healthy"
    case .soaked: "Soaked"
    case .failed: "Failed"
    case .timedOut: "TimedOut"
    case .offline: "Offline"
    case .awaitingExport: "AwaitingExport"
    case .awaitingReport: "AwaitingReport"
    case .skipped(let skip): "Skipped(\(skip.rawValue))"
    case .superseded: "Superseded"
    case .rolledBack: "RolledBack"
    }
  }

  public init?(_ text: String) {
    guard let state = Self.allCases.first(where: { $0.description == text }) else { return nil }
    self = state
  }

  /// Whether the cluster holds a slot: it was offered the release and has neither soaked nor failed.
  public var isInFlight: Bool {
    switch self {
    case .offered, .pulled, .applying, .progressing, .healthy: true
    default: false
    }
  }

  /// Whether it counts against the stage's failure budget.
  public var isFailure: Bool { self == .failed || self == .timedOut }

  /// The states that may come next for a cluster that its stage reckons with.
  public var successors: Set<ClusterState> {
    let leaving: Set<ClusterState> = [.skipped(.excluded), .skipped(.removed), .superseded, .rolledBack]
    // Soaked at once where the stage has no soak.
    let observed: Set<ClusterState> = [.applying, .progressing, .healthy, .soaked, .failed, .offline]
    return switch self {
    case .pending: leaving.union([.offered, .offline, .skipped(.noChange), .skipped(.held)])
    case .offered: leaving.union(observed).union([.pulled, .timedOut, .skipped(.held)])
    case .pulled, .applying, .progressing, .healthy: leaving.union(observed).subtracting([self])
    case .soaked: leaving.union([.failed])
    case .failed: leaving.union([.pending, .offline])
    case .timedOut: leaving.union([.pending, .offline, .skipped(.held)])
    case .offline: leaving.union([.pending, .skipped(.noChange), .skipped(.held)])
    case .skipped(.excluded): [.skipped(.removed), .rolledBack]
    case .skipped(.noChange), .skipped(.held): [.skipped(.removed)]
    case .skipped(.removed), .superseded, .rolledBack, .awaitingExport, .awaitingReport: []
    }
  }
}
