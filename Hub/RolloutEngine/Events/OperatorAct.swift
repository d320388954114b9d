public import FleetModel

/// Something that an operator did to rollouts. Who may do it was checked before it became an event.
public struct OperatorAct: Hashable, Sendable {
  /// Who, as their certificate names them.
  public var actor: String
  /// Why, in the operator's words; empty where none is asked for.
  public var reason: String
  public var act: Act

  public init(actor: String, reason: String = "", act: Act) {
    self.actor = actor
    self.reason = reason
    self.act = act
  }

  public enum Act: Hashable, Sendable {
    /// An approval names the release that was looked at: it is void for every other.
    case approved(rollout: String, release: ReleaseDigest, stage: String)
    case paused(rollout: String)
    case resumed(rollout: String)
    /// The clusters that fell silent are known to be away: rollouts go on without them.
    case silenceAccepted
    case aborted(rollout: String)
    /// What failed in the halted stage is tried again.
    case retried(rollout: String)
    /// The rollout goes on without this cluster. Needs a reason.
    case excluded(rollout: String, cluster: ClusterUID)
    /// What a stage takes away may go. The count is of the guarded deletions that were looked at: void for any other.
    case deletionsConfirmed(rollout: String, stage: String, count: Int)
    /// A stage goes on although its clusters are frozen. Needs a reason.
    case freezeOverridden(rollout: String, stage: String)
    /// The app goes back to what was verified before its last rollout: everywhere that rollout reached, or in one stage.
    /// With a width so many clusters at once in each stage. Needs a reason.
    case rolledBack(app: String, stage: String?, width: Width?)
    /// These digests are assigned to nobody in these stages, or in any where none is named. Needs a reason.
    case held(app: String, digests: [AppDigest], stages: [String])
    /// A hold of the app ends, by its number.
    case holdLifted(app: String, hold: Int)
    /// A release that was rendered once is rolled out again, up to this stage.
    case promoted(PromotedRelease, stage: String)
    /// Nothing new reaches what the scope covers. Needs a reason.
    case suspended(SuspensionScope)
    case unsuspended(SuspensionScope)
  }
}

/// A release of some time ago, with what it would take away now.
public struct PromotedRelease: Hashable, Sendable {
  public var release: Release
  /// By cluster: how many objects it takes away there that need a person's word first.
  public var guardedDeletions: [ClusterUID: Int]

  public init(release: Release, guardedDeletions: [ClusterUID: Int] = [:]) {
    self.release = release
    self.guardedDeletions = guardedDeletions
  }
}

/// What a suspension covers.
public enum SuspensionScope: Hashable, Sendable {
  case app(String)
  case cluster(ClusterUID)
  case environment(String)
}
