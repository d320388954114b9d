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

    // What a later engine acts on; refused until then.

    case freezeOverridden(rollout: String, stage: String)
    case rolledBack(app: String)
    case held(app: String, digests: [AppDigest])
    case holdLifted(app: String)
    case promoted(app: String, release: ReleaseDigest, stage: String)
    case suspended(SuspensionScope)
    case unsuspended(SuspensionScope)
  }
}

/// What a suspension covers.
public enum SuspensionScope: Hashable, Sendable {
  case app(String)
  case cluster(ClusterUID)
  case environment(String)
}
