public import FleetModel

/// What is to be done next because of an event. Carried out only after the event's entry is stored.
///
/// Every action can be repeated without harm, and what a crash kept from being done can be read from the engine's state
/// again: `assignments(of:)`, `nextWake`, `pendingAmendments`, `pendingAnalyses`.
public enum RolloutAction: Hashable, Sendable {
  /// The cluster should run this now: it goes into its next bundle.
  case assign(Assignment)
  /// The cluster was offered the app's first digest and did not take it: the app leaves its bundle, and nothing is
  /// deleted there.
  case withdraw(cluster: ClusterUID, app: String)
  /// `RolloutEvent.timePassed` is due at this instant. Replaces every earlier wake.
  case wake(at: Timestamp)
  /// A person should know.
  case alert(RolloutAlert)
  /// Render the app for this cluster at this commit, and answer with `RolloutEvent.amendmentRendered`.
  case renderAmendment(cluster: ClusterUID, app: String, commit: String)
  /// Run a stage's checks, and answer with `RolloutEvent.analysisFinished`. A later number ends what an earlier one began.
  case startAnalysis(rollout: String, stage: String, number: Int, [Analysis])
}

/// What a person should know about a rollout.
public struct RolloutAlert: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A stage stopped over its failure budget, or cannot pass any more.
    case stageHalted = "StageHalted"
    /// A cluster failed.
    case clusterFailed = "ClusterFailed"
    /// A stage waits for a person.
    case approvalNeeded = "ApprovalNeeded"
    /// A stage takes away what needs a person's word.
    case confirmationNeeded = "ConfirmationNeeded"
    /// No stage matches a cluster: it is rolled out nothing.
    case clusterUnmatched = "ClusterUnmatched"
    /// So many clusters fell silent at once that the fault may be the hub's.
    case massSilence = "MassSilence"
    /// A release was rolled back and is held.
    case rolledBack = "RolledBack"
  }

  public var kind: Kind
  /// Empty for what concerns the fleet.
  public var app: String
  /// Empty where no rollout is concerned.
  public var rollout: String
  public var stage: String?
  public var cluster: ClusterUID?
  /// One sentence.
  public var reason: String

  public init(
    kind: Kind, app: String = "", rollout: String = "", stage: String? = nil, cluster: ClusterUID? = nil, reason: String
  ) {
    self.kind = kind
    self.app = app
    self.rollout = rollout
    self.stage = stage
    self.cluster = cluster
    self.reason = reason
  }
}
