public import FleetModel

/// The rules of one stage, frozen for a rollout: those of one policy, or of two of which the stricter applies.
///
/// Widths are kept from both policies and compared where the number of clusters is known: "1" and "25%" have no order by
/// themselves.
public struct StageRules: Hashable, Sendable {
  public var name: String
  public var members: Stage.Members
  public var approvalBefore: Bool
  public var approvalAfter: Bool
  /// The barriers of every policy; the last wave, of everybody, is implied.
  public var waves: [Width]
  public var maxConcurrent: [Width]
  public var maxFailures: [Width]
  public var minAvailable: [Width]
  public var pullDeadline: Duration
  public var progressDeadline: Duration
  public var soak: Duration
  public var offlinePolicy: Stage.OfflinePolicy
  /// What decides after the soak.
  public var analyses: [Analysis]
  /// The fleet's, of every policy; none where the stage's freeze was overridden.
  public var freezes: [Freeze]

  public init(_ stage: Stage, freezes: [Freeze] = []) {
    self.freezes = freezes
    analyses = stage.analysis
    name = stage.name
    members = stage.members
    approvalBefore = stage.approvalBefore
    approvalAfter = stage.approvalAfter
    waves = stage.waves
    maxConcurrent = stage.maxConcurrent.map { [$0] } ?? []
    maxFailures = [stage.maxFailures]
    minAvailable = [stage.minAvailable]
    pullDeadline = stage.pullDeadline
    progressDeadline = stage.progressDeadline
    soak = stage.soak
    offlinePolicy = stage.offlinePolicy
  }

  /// These rules and those of another policy's stage of the same name: of each field the stricter.
  public func stricter(with other: Stage) -> StageRules {
    let second = StageRules(other)
    var rules = self
    rules.approvalBefore = approvalBefore || second.approvalBefore
    rules.approvalAfter = approvalAfter || second.approvalAfter
    rules.waves.add(second.waves)
    rules.maxConcurrent.add(second.maxConcurrent)
    rules.maxFailures.add(second.maxFailures)
    rules.minAvailable.add(second.minAvailable)
    rules.pullDeadline = min(pullDeadline, second.pullDeadline)
    rules.progressDeadline = min(progressDeadline, second.progressDeadline)
    rules.soak = max(soak, second.soak)
    if second.offlinePolicy == .wait { rules.offlinePolicy = .wait }
    for analysis in second.analyses where !analyses.contains(analysis) { rules.analyses.append(analysis) }
    return rules
  }

  mutating func add(_ freezes: [Freeze]) {
    for freeze in freezes where !self.freezes.contains(freeze) { self.freezes.append(freeze) }
  }
}

extension StageRules {
  /// The cumulative widths of the waves over so many eligible clusters, ascending; the last is all of them.
  public func waveWidths(of eligible: Int) -> [Int] {
    var widths = waves.map { max(1, $0.roundedDown(of: eligible)) }
    if !waves.contains(.percent(100)) { widths.append(eligible) }
    return widths.sorted()
  }

  /// How many waves there are.
  public var waveCount: Int { waves.contains(.percent(100)) ? waves.count : waves.count + 1 }

  /// How many clusters may be in flight at once, of so many eligible, in a wave of this width.
  public func concurrency(of eligible: Int, wave width: Int) -> Int {
    maxConcurrent.reduce(width) { min($0, max(1, $1.roundedDown(of: eligible))) }
  }

  /// How many of so many changed clusters may fail. A share rounds down, to 0 if need be.
  public func failureBudget(of changed: Int) -> Int {
    maxFailures.reduce(changed) { budget, width in
      switch width {
      case .count(let count): min(budget, count)
      case .percent(let percent): min(budget, changed * percent / 100)
      }
    }
  }

  /// How many of so many changed clusters must be available for the stage to pass.
  public func neededAvailable(of changed: Int) -> Int {
    minAvailable.reduce(0) { max($0, $1.roundedUp(of: changed)) }
  }

  /// How long after it pulled a cluster may take until it has soaked, restarts included.
  var soakBound: Duration { progressDeadline + soak + soak + soak }

  /// Whether a cluster of these labels belongs to the stage.
  func matches(_ member: FleetMember) -> Bool {
    switch members {
    case .environment(let environment): member.environment == environment
    case .selector(let selector): selector.matches(member.labels)
    }
  }
}

extension [Width] {
  fileprivate mutating func add(_ others: [Width]) {
    for width in others where !contains(width) { append(width) }
  }
}
