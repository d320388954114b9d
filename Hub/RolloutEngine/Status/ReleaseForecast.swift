internal import FleetModel

/// What a release would do if it were rendered now.
public struct ReleaseForecast: Hashable, Sendable {
  public enum Course: String, Hashable, Sendable, CaseIterable {
    /// Every cluster has, or is getting, what the release says.
    case nothing = "Nothing"
    /// A rollout starts at once.
    case starts = "Starts"
    /// It waits for the rollout under way, or for rollouts to be far enough apart.
    case waits = "Waits"
    /// Holds keep it from every cluster that it would change.
    case held = "Held"
  }

  public var app: String
  /// Whether no release of the app was rendered before.
  public var isNew: Bool
  public var course: Course
  /// Why: one sentence.
  public var reason: String
  /// The rollout of it right after its start; where it waits, as if what it waits for were over. nil where none starts.
  public var rollout: RolloutStatus?
  /// The stages of that rollout, in its order.
  public var stages: [StageForecast]
  /// The rollout whose place it takes, as it stands now; nil where none is under way. Without clusters.
  public var supersedes: RolloutStatus?
  /// Holds that end because the release asks for something else.
  public var liftedHolds: [HoldStatus]
  /// Holds that stay.
  public var holds: [HoldStatus]
}

/// What a stage of a rollout goes by, in numbers of the clusters that it has.
public struct StageForecast: Hashable, Sendable {
  /// Of two policies the stricter, field by field.
  public var rules: StageRules
  /// All clusters of the stage that the release names.
  public var members: Int
  /// Those that it changes.
  public var changes: Int
  /// Air-gapped clusters that it changes beside: they get it once the stage has verified it, or did so at once.
  public var outside = 0
  /// How many have to have soaked before the next wave begins, wave by wave; the last is everybody.
  public var waves: [Int]
  /// How many may be in flight at once.
  public var concurrency: Int
  /// How many may fail.
  public var failureBudget: Int
  /// How many must be available for the stage to pass.
  public var neededAvailable: Int
  /// How many may be offered nothing now because of a freeze, and what the first of them waits for.
  public var frozen: Int
  public var freeze: String?
  /// How many are suspended, and therefore wait.
  public var suspended: Int
  /// How many wait for another app before its first apply, and what the first of them waits for.
  public var dependent: Int
  public var dependency: String?
}

extension AppRollouts {
  func forecasts(of rollout: Rollout, _ ground: Ground) -> [StageForecast] {
    rollout.stages.map { stage in
      let counts = stage.lane.counts
      let rules = stage.lane.rules
      let widths = rules.waveWidths(of: counts.eligible)
      var forecast = StageForecast(
        rules: rules, members: counts.changed + stage.unchanged.count + stage.held.count, changes: counts.changed,
        outside: stage.outsideToCome.count + stage.outside.keys.filter { gaveOutside($0, rollout, ground) }.count,
        waves: widths,
        concurrency: rules.concurrency(of: counts.eligible, wave: widths.last ?? 0),
        failureBudget: rules.failureBudget(of: counts.changed),
        neededAvailable: rules.neededAvailable(of: counts.changed), frozen: 0, suspended: 0, dependent: 0)
      for place in stage.lane.places where stage.lane.tracks[place.cluster]?.state.isToCome == true {
        forecast.note(place.cluster, app, ground)
      }
      return forecast
    }
  }
}

extension StageForecast {
  /// Counts a cluster that has yet to be offered the release.
  fileprivate mutating func note(_ cluster: ClusterUID, _ app: String, _ ground: Ground) {
    if ground.suspension(of: cluster) != nil { suspended += 1 }
    if let reason = ground.freeze(of: cluster, under: rules.freezes) {
      frozen += 1
      freeze = freeze ?? reason
    }
    if let reason = ground.missingDependency(of: app, on: cluster) {
      dependent += 1
      dependency = dependency ?? reason
    }
  }
}
