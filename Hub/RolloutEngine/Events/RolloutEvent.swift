public import FleetModel

/// Something that has happened and that rollouts may depend on. The engine's only input.
///
/// Everything a decision rests on comes in as an event, so that the log of events alone gives the same state again.
/// The form that is stored is `flotilla.rollout-event/1`.
public enum RolloutEvent: Hashable, Sendable {
  // The fleet.

  /// A declared cluster enrolled, or an enrolled one was declared (again): it is a member now. Its link counts as
  /// down until `clusterConnected`.
  case clusterJoined(FleetMember)
  /// A member's file changed: its labels, environment or connectivity. Comes before the releases of that commit.
  case clusterChanged(FleetMember)
  /// A member is none any longer: its file vanished, or its enrollment was revoked. It keeps what it runs.
  case clusterLeft(ClusterUID, reason: String)
  /// A member's session is up. Its full report follows.
  case clusterConnected(ClusterUID)
  /// A member fell silent: what was observed of it no longer counts.
  case clusterDisconnected(ClusterUID)
  /// The hub started: nobody has been heard yet, and nobody could be heard while it was away.
  case hubStarted

  // Git.

  /// A commit that concerns this app rendered without error for all its clusters.
  case releaseRendered(RenderedRelease)
  /// A commit left every app digest of this app as it was; its plan may differ.
  case commitObserved(app: String, commit: String, AppPlan)
  /// What `RolloutAction.renderAmendment` asked for is known.
  case amendmentRendered(Amendment)

  // Clusters.

  /// An agent is fetching what its bundle names: the pull deadline runs anew.
  case pullProgressed(ClusterUID)
  /// An agent verified a bundle and holds all it names: these app digests, by app.
  case bundleAccepted(ClusterUID, [String: AppDigest])
  /// An agent refused what it was offered: of one app, or of its whole bundle where `app` is nil.
  case bundleRefused(ClusterUID, app: String?, reason: String)
  /// An agent observed these apps. Apps that have not changed since its last report may be left out.
  case clusterReported(ClusterUID, [AppObservation])

  // Time and people.

  /// The instant that `RolloutAction.wake` named has come. Harmless at any other.
  case timePassed
  case operatorActed(OperatorAct)

  // The world beside them.

  /// What `RolloutAction.startAnalysis` of this number asked for is known.
  case analysisFinished(AnalysisResult)
  /// Where the windows of `RolloutEngine.freezesInUse` stand: every one of them. Comes before a release that goes by a new
  /// one.
  case freezesChanged([FreezeWindow])
}

/// What a stage's checks made of a release.
public struct AnalysisResult: Hashable, Sendable {
  public enum Outcome: String, Hashable, Sendable, CaseIterable {
    case passed = "Passed"
    case failed = "Failed"
    /// The checks could not tell.
    case inconclusive = "Inconclusive"
  }

  public var rollout: String
  public var stage: String
  /// The number that the analysis was started with.
  public var number: Int
  public var outcome: Outcome
  /// One clause.
  public var reason: String

  public init(rollout: String, stage: String, number: Int, outcome: Outcome, reason: String) {
    self.rollout = rollout
    self.stage = stage
    self.number = number
    self.outcome = outcome
    self.reason = reason
  }
}

/// Where the window of a freeze stands.
public struct FreezeWindow: Hashable, Sendable {
  public var freeze: Freeze
  public var isOpen: Bool
  /// When it opens or closes next; nil for never.
  public var until: Timestamp?

  public init(freeze: Freeze, isOpen: Bool, until: Timestamp?) {
    self.freeze = freeze
    self.isOpen = isOpen
    self.until = until
  }
}

/// A cluster that is declared and enrolled, as far as rollouts look at it.
public struct FleetMember: Hashable, Sendable {
  public var cluster: ClusterUID
  public var name: String
  public var environment: String
  public var labels: [String: String]
  public var connectivity: ClusterDeclaration.Connectivity

  public init(
    cluster: ClusterUID, name: String, environment: String, labels: [String: String] = [:],
    connectivity: ClusterDeclaration.Connectivity = .connected
  ) {
    self.cluster = cluster
    self.name = name
    self.environment = environment
    self.labels = labels
    self.connectivity = connectivity
  }

  public init(cluster: ClusterUID, declaration: ClusterDeclaration) {
    self.init(
      cluster: cluster, name: declaration.name, environment: declaration.environment, labels: declaration.labels,
      connectivity: declaration.connectivity)
  }
}

/// How an app's releases travel, as the commit itself declares it.
public struct AppPlan: Hashable, Sendable {
  public var pipeline: Pipeline
  public var gate: AppDeclaration.Gate
  /// The apps that must be healthy on a cluster before this one is first applied there.
  public var dependsOn: [String]
  /// The fleet's, as the commit declares them.
  public var freezes: [Freeze]

  public init(
    pipeline: Pipeline, gate: AppDeclaration.Gate = .healthy, dependsOn: [String] = [], freezes: [Freeze] = []
  ) {
    self.pipeline = pipeline
    self.gate = gate
    self.dependsOn = dependsOn
    self.freezes = freezes
  }
}

/// A release with the plan that its commit declares.
public struct RenderedRelease: Hashable, Sendable {
  /// Of every member that the app concerns, those it leaves included, with the digest of its absence.
  public var release: Release
  public var plan: AppPlan
  /// By cluster: how many objects the release takes away there that need a person's word first. None where it is not
  /// named.
  public var guardedDeletions: [ClusterUID: Int]

  public init(release: Release, plan: AppPlan, guardedDeletions: [ClusterUID: Int] = [:]) {
    self.release = release
    self.plan = plan
    self.guardedDeletions = guardedDeletions
  }
}

/// What an app is on a cluster that joined, rendered at a commit that the engine named.
public struct Amendment: Hashable, Sendable {
  public var cluster: ClusterUID
  public var app: String
  public var commit: String
  /// nil: at that commit the app does not concern the cluster.
  public var digest: AppDigest?

  public init(cluster: ClusterUID, app: String, commit: String, digest: AppDigest?) {
    self.cluster = cluster
    self.app = app
    self.commit = commit
    self.digest = digest
  }
}

/// What an agent observed of one app: evidence for exactly `digest` and for no other.
public struct AppObservation: Hashable, Sendable {
  public var app: String
  public var digest: AppDigest
  public var sync: Sync
  public var health: Health
  /// Whether anything of the app holds a gate back.
  public var blocking: Bool
  public var reason: String

  public init(app: String, digest: AppDigest, sync: Sync, health: Health, blocking: Bool, reason: String = "") {
    self.app = app
    self.digest = digest
    self.sync = sync
    self.health = health
    self.blocking = blocking
    self.reason = reason
  }

  public init(_ reported: Report.App) {
    self.init(
      app: reported.name, digest: reported.appDigest, sync: reported.sync, health: reported.health,
      blocking: reported.blocking, reason: reported.reason)
  }
}
