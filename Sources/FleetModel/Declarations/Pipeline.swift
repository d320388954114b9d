/// How a release travels: stage after stage.
public struct Pipeline: Hashable, Sendable {
  public enum OnFailure: String, Hashable, Sendable, CaseIterable {
    case halt
    case rollbackStage = "rollback-stage"
    case rollbackAll = "rollback-all"
  }
  public enum OnNewRelease: String, Hashable, Sendable, CaseIterable { case supersede, queue }

  public var name: String
  public var stages: [Stage]
  public var onFailure: OnFailure
  public var onNewRelease: OnNewRelease
  public var minStageInterval: Duration

  public init(
    name: String, stages: [Stage], onFailure: OnFailure = .halt, onNewRelease: OnNewRelease = .supersede,
    minStageInterval: Duration = .zero
  ) {
    self.name = name
    self.stages = stages
    self.onFailure = onFailure
    self.onNewRelease = onNewRelease
    self.minStageInterval = minStageInterval
  }
}

/// One step of a pipeline: which clusters, and what must hold before the next step.
public struct Stage: Hashable, Sendable {
  public enum Members: Hashable, Sendable {
    case environment(String)
    case selector(LabelSelector)
  }
  public enum OfflinePolicy: String, Hashable, Sendable, CaseIterable {
    case excludeAndCatchUp = "exclude-and-catch-up"
    case wait
  }

  /// Unique in its pipeline: the environment, or the name given.
  public var name: String
  public var members: Members
  public var approvalBefore: Bool
  public var approvalAfter: Bool
  /// Cumulative; each a barrier.
  public var waves: [Width]
  /// How many may be in flight at once; nil: the whole wave.
  public var maxConcurrent: Width?
  public var maxFailures: Width
  public var minAvailable: Width
  public var pullDeadline: Duration
  public var progressDeadline: Duration
  public var soak: Duration
  public var analysis: [Analysis]
  public var offlinePolicy: OfflinePolicy

  public init(
    name: String, members: Members, approvalBefore: Bool = false, approvalAfter: Bool = false,
    waves: [Width] = StageDefaults.waves, maxConcurrent: Width? = nil, maxFailures: Width = StageDefaults.maxFailures,
    minAvailable: Width = StageDefaults.minAvailable, pullDeadline: Duration = StageDefaults.pullDeadline,
    progressDeadline: Duration = StageDefaults.progressDeadline, soak: Duration = StageDefaults.soak,
    analysis: [Analysis] = [], offlinePolicy: OfflinePolicy = .excludeAndCatchUp
  ) {
    self.name = name
    self.members = members
    self.approvalBefore = approvalBefore
    self.approvalAfter = approvalAfter
    self.waves = waves
    self.maxConcurrent = maxConcurrent
    self.maxFailures = maxFailures
    self.minAvailable = minAvailable
    self.pullDeadline = pullDeadline
    self.progressDeadline = progressDeadline
    self.soak = soak
    self.analysis = analysis
    self.offlinePolicy = offlinePolicy
  }
}

/// What a stage gets that says nothing else.
public enum StageDefaults {
  /// A canary, a quarter, everybody: a bad release stops at one cluster.
  public static let waves: [Width] = [.count(1), .percent(25), .percent(100)]
  /// Nobody may fail unless somebody said so.
  public static let maxFailures: Width = .count(0)
  /// A stage whose clusters are mostly away has shown nothing.
  public static let minAvailable: Width = .percent(50)
  /// An online agent pulls within a second; minutes mean that it is stuck.
  public static let pullDeadline: Duration = .seconds(300)
  /// Kubernetes' own default for Deployments.
  public static let progressDeadline: Duration = .seconds(600)
  /// Long enough for a crash loop to show.
  public static let soak: Duration = .seconds(60)
}

/// A number of clusters: absolute, or a share of those concerned.
public enum Width: Hashable, Sendable {
  case count(Int)
  /// 0 to 100.
  case percent(Int)

  /// The number for so many clusters, a share rounded down but at least 1 (as wave and concurrency widths are).
  public func roundedDown(of total: Int) -> Int {
    switch self {
    case .count(let count): min(count, total)
    case .percent(let percent): total == 0 ? 0 : max(1, total * percent / 100)
    }
  }

  /// The number for so many clusters, a share rounded up (as availability is).
  public func roundedUp(of total: Int) -> Int {
    switch self {
    case .count(let count): min(count, total)
    case .percent(let percent): (total * percent + 99) / 100
    }
  }
}
