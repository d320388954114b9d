internal import FleetModel

/// A release under way, or the last one of its app.
struct Rollout {
  enum PauseCause: String, Hashable, CaseIterable {
    case `operator` = "Operator"
    case silence = "Silence"
    case suspension = "Suspension"
  }

  let id: String
  /// What was rendered, and the clusters that joined since.
  var release: Release
  /// Of the release as it was rendered.
  let digest: ReleaseDigest
  let gate: AppDeclaration.Gate
  let onFailure: Pipeline.OnFailure
  /// The last stage that a promoted release goes to; nil for Git's.
  var promotedTo: String?
  /// By cluster: how many objects it takes away there that need a person's word first.
  let guardedDeletions: [ClusterUID: Int]
  var state = RolloutState.planned
  var reason = ""
  let startedAt: Timestamp
  var changedAt: Timestamp
  var pauses: Set<PauseCause> = []
  var stages: [StageTrack]
  /// Clusters that no stage matches.
  var unmatched: Set<ClusterUID> = []

  init(
    id: String, release: Release, digest: ReleaseDigest, strategy: Strategy, guardedDeletions: [ClusterUID: Int],
    at now: Timestamp
  ) {
    self.id = id
    self.guardedDeletions = guardedDeletions
    self.release = release
    self.digest = digest
    gate = strategy.gate
    onFailure = strategy.onFailure
    startedAt = now
    changedAt = now
    stages = strategy.stages.map { rules in
      StageTrack(
        lane: Lane(app: release.app, rollout: id, release: digest, rules: rules, gate: strategy.gate), at: now)
    }
  }

  var app: String { release.app }
  var strategy: Strategy { Strategy(stages: stages.map(\.lane.rules), gate: gate, onFailure: onFailure) }
}

/// A stage of a rollout.
struct StageTrack {
  struct Approval: Hashable {
    var actor: String
    var time: Timestamp
  }

  var lane: Lane
  var state = StageState.pending
  var reason = ""
  var changedAt: Timestamp
  /// The wave under way, counted from 0.
  var wave = 0
  /// Whether the gate before the stage was passed: its clusters may have been offered the release.
  var hasBegun = false
  var approvedBefore: Approval?
  var approvedAfter: Approval?
  /// Who said that what the stage takes away may go.
  var confirmedDeletions: Approval?
  var freezeOverride: Approval?
  /// How many analyses were started.
  var analyses = 0
  /// What the last one made of the release; nil while it runs, and before the first.
  var analysis: AnalysisResult?
  /// Clusters that the release gives what the stage verified before.
  var unchanged: Set<ClusterUID> = []
  /// Clusters whose target was held when the rollout started.
  var held: Set<ClusterUID> = []
  /// By air-gapped cluster of the stage: what the release gives it.
  var outside: [ClusterUID: AppDigest] = [:]
  /// Those of them that the stage's success would give something.
  var outsideToCome: Set<ClusterUID> = []
  /// Whether any cluster of the stage was offered the release.
  var hasOffered = false
  /// How many had failed when the stage succeeded: one more is a late failure.
  var failuresAtSuccess = 0

  init(lane: Lane, at now: Timestamp) {
    self.lane = lane
    changedAt = now
  }

  var name: String { lane.rules.name }
}

extension Rollout {
  /// The stage that a changed cluster belongs to.
  func stage(of cluster: ClusterUID) -> Int? {
    // By index: a closure would be handed a copy of each stage.
    for index in stages.indices where stages[index].lane.tracks[cluster] != nil { return index }
    return nil
  }

  /// How many clusters the release changes.
  var changed: Int { stages.reduce(0) { $0 + $1.lane.counts.changed } }

  /// How much a stage takes away, of clusters that have yet to be offered the release, that needs a person's word.
  func guardedDeletions(ofStage index: Int) -> (objects: Int, clusters: Int) {
    guard !guardedDeletions.isEmpty else { return (0, 0) }
    let counts =
      stages[index].lane.tracks.compactMap { cluster, track in
        track.state.isToCome ? guardedDeletions[cluster] : nil
      } + stages[index].outsideToCome.compactMap { guardedDeletions[$0] }
    return (counts.reduce(0, +), counts.count)
  }

  /// The stage that has to succeed next; nil when all have.
  var currentStage: Int? { stages.firstIndex { $0.state != .succeeded } }

  /// Whether its clusters are watched after they soaked.
  var isWatching: Bool { state == .running || state == .paused || state == .failed }

  mutating func move(to next: RolloutState, _ reason: String, _ step: inout Step) {
    step.record(.rollout(id, app: app), from: state, to: next, reason)
    assert(state.successors.contains(next), "\(state) → \(next) is not in the table")
    state = next
    self.reason = reason
    changedAt = step.now
  }

  mutating func moveStage(_ index: Int, to next: StageState, _ reason: String, _ step: inout Step) {
    step.record(.stage(stages[index].name, rollout: id, app: app), from: stages[index].state, to: next, reason)
    assert(stages[index].state.successors.contains(next), "\(stages[index].state) → \(next) is not in the table")
    stages[index].state = next
    stages[index].reason = reason
    stages[index].changedAt = step.now
  }

  mutating func alert(
    _ kind: RolloutAlert.Kind, stage: Int? = nil, cluster: ClusterUID? = nil, _ reason: String, _ step: inout Step
  ) {
    step.act(
      .alert(
        RolloutAlert(
          kind: kind, app: app, rollout: id, stage: stage.map { stages[$0].name }, cluster: cluster, reason: reason)))
  }
}
