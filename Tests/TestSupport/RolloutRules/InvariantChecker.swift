import FleetModel
import Manifests
import RolloutEngine

/// Holds what an engine does against Docs/rollouts.md. Knows the events and what came out, keeps its own books of
/// everything, and believes the engine nothing that it can work out itself.
struct InvariantChecker {
  struct Member {
    var facts: FleetMember
    var isOnline = false
    var isUnheard = false
  }

  struct Spot: Hashable {
    var app: String
    var cluster: ClusterUID
  }

  /// A stage of an app, whichever rollout is in it.
  struct Place: Hashable {
    var app: String
    var stage: String
  }

  /// What was verified, and what was verified there before.
  struct Verified<Value: Hashable>: Hashable {
    var now: Value
    var before: Value?
  }

  /// What a rollback gives a cluster, until something newer does.
  struct WayBack: Hashable {
    var digest: AppDigest
    var place: Place
    /// That of the rollout that is taken back.
    var gate: AppDeclaration.Gate
    /// How many of the stage may be on their way at once.
    var width: Int?
    var isGiven = false
    /// The rollout whose release it is, once it was offered.
    var rollout: String?
  }

  /// What is assigned in the middle of a step, and what is again where it is withdrawn.
  struct Moved: Hashable {
    var digest: AppDigest?
    var before: AppDigest?
  }

  struct Hold: Hashable {
    var number: Int
    var isAutomatic: Bool
    /// In all where there are none.
    var stages: Set<String>
    /// Those that were named by hand.
    var digests: Set<AppDigest> = []
    /// Those that clusters were rolled back from.
    var clusters: [ClusterUID: AppDigest] = [:]
  }

  /// What a cluster outside is to be assigned.
  struct Due: Hashable {
    var digest: AppDigest
    var rollout: String
  }

  /// A release as it came, with the policies of its commit.
  struct Rendered {
    var release: Release
    var plans: [AppPlan]
    var guarded: [ClusterUID: Int]
  }

  // The fleet.
  var members: [ClusterUID: Member] = [:]
  var suspensions: Set<SuspensionScope> = []
  var windows: [Freeze: FreezeWindow] = [:]
  var observed: [Spot: AppObservation] = [:]
  /// Since when the cluster says without a break that this digest passes with its gate.
  var passingSince: [Spot: Timestamp] = [:]
  /// When those count as offline who were not heard since the hub started.
  var graceEnd: Timestamp?
  var now = Timestamp(milliseconds: 0)
  /// Whether more had fallen due than the step did: the rest comes in the next.
  var leavesDue = false

  // Git.
  var plans: [String: AppPlan] = [:]
  /// Git's last release of each app.
  var latest: [String: Rendered] = [:]
  /// Where clusters were when the app's last commit was looked at.
  var environments: [String: [ClusterUID: String]] = [:]
  /// Every digest that Git is known to ask for, by app and commit.
  var rendered: [String: [ClusterUID: AppDigest]] = [:]

  // Rollouts.
  var runs: [String: Run] = [:]
  /// The last rollout of each app.
  var current: [String: String] = [:]
  var queued: [String: Rendered] = [:]
  /// The apps of which what was queued starts in this step.
  var startedFromQueue: Set<String> = []
  var assigned: [Spot: Assignment] = [:]
  var beforeOffer: [Spot: Assignment] = [:]
  /// What the transitions of this step have assigned so far, of which the actions have yet to tell.
  var moved: [Spot: Moved] = [:]
  var verified: [Spot: Verified<AppDigest>] = [:]
  /// The rollouts that verified a stage.
  var verifiers: [Place: Verified<String>] = [:]
  var holds: [String: [Hold]] = [:]
  /// How many holds of an app there ever were.
  var holdNumbers: [String: Int] = [:]
  var waysBack: [Spot: WayBack] = [:]
  /// Apps on air-gapped clusters.
  var outsiders: [Spot: Outsider] = [:]
  /// What their stages verified for them, and they were not assigned yet.
  var dueOutside: [Spot: Due] = [:]
  /// The stages that they were given something in.
  var outsidePlace: [Spot: Place] = [:]
  /// Who is air-gapped since this step.
  var steppedOut: ClusterUID?
  /// What was due before this step.
  var dueBefore: [Spot: Due] = [:]
  /// Of this step: what was verified for whom, who was rolled back, and what was assigned to whom in the end.
  var justVerified: [Spot: Set<AppDigest>] = [:]
  var rolledBackOutside: Set<Spot> = []
  var givenInStep: [Spot: AppDigest] = [:]
  /// What ways back would have given that something newer overtakes in this step, before they gave it.
  var overtaken: [Spot: Assignment] = [:]
  /// What the engine said before the step that it still needs; whatever else there was may have been forgotten.
  var inUse: Set<AppDigest> = []
}

extension InvariantChecker {
  /// Checks a step. `engine` is as it is after the step.
  mutating func check(_ event: RolloutEvent, _ outcome: RolloutOutcome, _ engine: RolloutEngine) throws {
    guard case .advanced(let entry, let actions, _) = outcome else { return }
    now = entry.time
    leavesDue = engine.nextWake.map { $0 <= now } ?? false
    beginStep(actions)
    let crossing = crossing(event)
    try take(event)
    let offers = try follow(entry.transitions, event, crossing, engine)
    noteCrossing(crossing, engine)
    moved = [:]
    try check(actions, offers)
    overtaken = [:]
    try checkOutsiders(engine)
    try checkBreaches(event, entry.transitions, engine)
    try checkKept(actions, event)
    inUse = engine.digestsInUse
    try checkStages()
    try checkAnalyses(event)
    try checkHolds(event)
    try checkSuspensions()
    try checkQueue(event, engine)
    for cluster in actions.isEmpty ? [] : Array(members.keys) {
      let known = Set(assigned.filter { $0.key.cluster == cluster }.values)
      try hold(known == Set(engine.assignments(of: cluster)), "only assign and withdraw move assignments", "\(cluster)")
    }
  }

  /// What is assigned must be there: the event brought it, or the engine had not let go of it.
  private func checkKept(_ actions: [RolloutAction], _ event: RolloutEvent) throws {
    var there = inUse
    switch event {
    case .releaseRendered(let rendered): there.formUnion(rendered.release.clusters.values)
    case .amendmentRendered(let amendment): if let digest = amendment.digest { there.insert(digest) }
    case .operatorActed(let act):
      if case .promoted(let promoted, _) = act.act { there.formUnion(promoted.release.clusters.values) }
    default: break
    }
    for case .assign(let assignment) in actions {
      try hold(there.contains(assignment.digest), "nothing is assigned that was let go of", "\(assignment)")
    }
  }

  /// Everything that waits says what for, and everything that stands says why.
  func checkReasons(_ engine: RolloutEngine) throws {
    for app in plans.keys {
      guard let status = engine.status(ofApp: app) else { continue }
      try hold(status.rollout?.reason.isEmpty != true, "a rollout says why it stands where it does", app)
      for stage in status.rollout?.stages ?? [] {
        try hold(!stage.reason.isEmpty, "a stage says why it stands where it does", "\(app) \(stage.name)")
        for cluster in stage.clusters {
          try hold(!cluster.reason.isEmpty, "a cluster says why it stands where it does", "\(app) \(cluster)")
        }
      }
      for loose in status.beside {
        try hold(!loose.status.reason.isEmpty, "a cluster says why it stands where it does", "\(app) \(loose)")
      }
      try hold(status.queued?.reason.isEmpty != true, "a queued release says what it waits for", app)
    }
  }
}
