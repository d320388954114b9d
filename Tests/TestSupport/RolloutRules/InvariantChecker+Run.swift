import FleetModel
import Manifests
import RolloutEngine

extension InvariantChecker {
  /// One rollout, as far as its transitions and the events tell.
  struct Run {
    var app: String
    var commit: String
    var release: ReleaseDigest
    /// The policies that govern it: one, or the two around an edit.
    var plans: [AppPlan]
    var startedAt: Timestamp
    /// Whether it is of stages that an operator chose.
    var isPromotion = false
    var state = "Planned"
    var isPausedByHand = false
    /// What it was when a newer one took its place, a moment ago.
    var supersededFrom: String?
    var stages: [String]
    var stageStates: [String]
    var waves: [Int]
    /// How often each stage was analysed, and whether the last time passed.
    var analyses: [Int]
    var analysisPassed: [Bool]
    var approvedBefore: Set<String> = []
    var approvedAfter: Set<String> = []
    /// How many objects each cluster loses that need a person's word, and the stages whose losses have it.
    var guarded: [ClusterUID: Int] = [:]
    var confirmed: Set<String> = []
    /// The stages whose freezes an operator has overridden.
    var overridden: Set<String> = []
    var stageOf: [ClusterUID: Int] = [:]
    /// The stages of which any cluster was offered the release.
    var hasOffered: Set<Int> = []
    /// Those that are air-gapped.
    var outside: Set<ClusterUID> = []
    var targets: [ClusterUID: AppDigest] = [:]
    /// Of the clusters that it changes; the others are not in here.
    var clusters: [ClusterUID: String] = [:]
    var healthyAt: [ClusterUID: Timestamp] = [:]

    func place(_ index: Int) -> Place { Place(app: app, stage: stages[index]) }

    /// Whether the cluster has a place in it; who left, or joined anew, has none.
    func names(_ cluster: ClusterUID) -> Bool {
      targets[cluster] != nil && clusters[cluster] != "Skipped(Removed)"
    }

    var isUnderWay: Bool { state == "Running" || state == "Paused" }
  }

  struct Counts: CustomStringConvertible {
    var pending = 0
    var inFlight = 0
    var soaked = 0
    var failed = 0
    var offline = 0
    var changed: Int { pending + inFlight + soaked + failed + offline }
    var eligible: Int { pending + inFlight + soaked }
    var started: Int { inFlight + soaked }
    var description: String {
      "\(pending) pending, \(inFlight) in flight, \(soaked) soaked, \(failed) failed, \(offline) offline"
    }
  }

  func counts(_ index: Int, _ run: Run) -> Counts {
    var counts = Counts()
    for (cluster, state) in run.clusters where run.stageOf[cluster] == index {
      if state == "Pending" { counts.pending += 1 }
      if TransitionTable.inFlight.contains(state) { counts.inFlight += 1 }
      if state == "Soaked" { counts.soaked += 1 }
      if TransitionTable.failed.contains(state) { counts.failed += 1 }
      if state == "Offline" { counts.offline += 1 }
    }
    return counts
  }

  func available(_ index: Int, _ run: Run) -> Int {
    run.clusters.count { cluster, state in
      guard run.stageOf[cluster] == index, state == "Soaked" || state == "Healthy", let target = run.targets[cluster]
      else {
        return false
      }
      return members[cluster]?.isOnline == true && passes(Spot(app: run.app, cluster: cluster), target, gate(run))
    }
  }

  func stagePlans(_ index: Int, _ run: Run) -> [Stage] {
    run.plans.compactMap { plan in plan.pipeline.stages.first { $0.name == run.stages[index] } }
  }

  func gate(_ run: Run) -> AppDeclaration.Gate {
    run.plans.contains { $0.gate == .healthy } ? .healthy : .synced
  }

  func budget(_ index: Int, _ run: Run, _ changed: Int) -> Int {
    let budgets = stagePlans(index, run).map { stage in
      switch stage.maxFailures {
      case .count(let count): count
      case .percent(let percent): changed * percent / 100
      }
    }
    return budgets.min() ?? 0
  }

  func needed(_ index: Int, _ run: Run, _ changed: Int) -> Int {
    stagePlans(index, run).map { $0.minAvailable.roundedUp(of: changed) }.max() ?? 0
  }

  /// The widths of the waves, narrowest first; after the last given one everybody.
  func widths(_ index: Int, _ run: Run, _ eligible: Int) -> [Int] {
    var given: [Width] = []
    for width in stagePlans(index, run).flatMap(\.waves) where !given.contains(width) { given.append(width) }
    if !given.contains(.percent(100)) { given.append(.percent(100)) }
    return given.map { max(1, $0.roundedDown(of: eligible)) }.sorted()
  }

  /// Lets waves that are through be followed by the next.
  mutating func widenWaves() {
    for id in current.values {
      guard let run = runs[id], run.state == "Running" else { continue }
      for index in run.stages.indices where ["Rolling", "Soaking"].contains(run.stageStates[index]) {
        let count = counts(index, run)
        let widths = widths(index, run, count.eligible)
        var wave = run.waves[index]
        while wave < widths.count - 1, count.inFlight == 0, count.soaked >= max(1, min(widths[wave], count.eligible)) {
          wave += 1
        }
        runs[id]?.waves[index] = wave
      }
    }
  }

  /// After every step: nothing goes on that must have stopped.
  func checkStages() throws {
    for id in current.values {
      guard let run = runs[id], run.isUnderWay else { continue }
      for index in run.stages.indices {
        let count = counts(index, run)
        let state = run.stageStates[index]
        let context = "\(id) \(run.stages[index]) \(state): \(count)"
        if TransitionTable.begun.contains(state), count.changed > 0 {
          try hold(count.failed <= budget(index, run, count.changed), "a breach halts at once", context)
          if state != "AwaitingAfter" {
            try hold(count.failed < count.changed, "a stage where all failed halts", context)
            try hold(
              count.changed - count.failed >= needed(index, run, count.changed),
              "a stage that cannot become available halts", context)
          }
        }
        if state == "AwaitingBefore(freeze)", run.state == "Running" {
          try hold(isAllFrozen(index, run), "a stage waits for a freeze while all are frozen", context)
        }
      }
    }
  }
}

extension InvariantChecker.Run {
  static var none: Self {
    Self(
      app: "", commit: "", release: Release(app: "", commit: "", clusters: [:]).digest, plans: [],
      startedAt: Timestamp(milliseconds: 0), stages: [], stageStates: [], waves: [], analyses: [], analysisPassed: [])
  }
}
