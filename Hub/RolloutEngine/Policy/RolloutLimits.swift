public import FleetModel
public import Manifests

/// Numbers that no plan sets.
public enum RolloutLimits {
  /// How long a cluster may be degraded before it has failed: pods restart, leaders move.
  public static let failureGrace: Duration = .seconds(60)
  /// How often a soak may be broken; the next time is a failure.
  public static let soakRestarts = 3
  /// Clusters that return start to catch up spread over this, so that they do not all pull at once.
  public static let catchUpJitter: Duration = .seconds(10)
  /// How many of a stage's clusters catch up at once where the stage sets no maxConcurrent.
  public static let catchUpWidth: Width = .percent(25)
  /// Silences within this span of each other are one incident.
  public static let silenceWindow: Duration = .seconds(120)
  /// More than this share of the online clusters silent at once points to the hub or its network.
  public static let silencePercent = 20
  /// Fewer clusters than this are no mass, whatever their share.
  public static let silenceCount = 3
  /// How long a started hub waits to hear from its clusters; twice what a silent cluster takes to be noticed.
  public static let startGrace: Duration = .seconds(120)
  /// One `timePassed` begins no further app after so many transitions, and asks to be woken again at once: a soak of 10,000
  /// clusters × 50 apps ends in one instant, and reports and operators are not to wait seconds for it.
  public static let dueAtOnce = 5000
  /// Longer spans than a year are mistakes, and sums of them must not overflow.
  public static let longestSpan: Duration = .seconds(366 * 86_400)
  /// More clusters than this in a count are a mistake.
  public static let clusters = 10_000_000
}

extension FleetError.Code {
  /// A pipeline that no rollout can follow.
  public static let invalidPipeline = FleetError.Code("invalid-pipeline")
  /// An event that is not legal in the state that the rollout is in.
  public static let illegalEvent = FleetError.Code("illegal-event")
}

extension RolloutLimits {
  /// What the hub itself stored: a release names every cluster of a fleet, a snapshot every cluster and app.
  static let stored = ParseLimits(bytes: 1 << 30, depth: 64, nodes: 50_000_000)
}
