import Digests
public import FleetModel
import FleetStore
public import Manifests
public import RolloutEngine

/// Who acts, as their certificate names them.
public struct Actor: Sendable, Hashable {
  public var name: String

  public init(operator name: String) { self.name = "operator/\(name)" }
  public init(cluster: ClusterUID) { name = "cluster/\(cluster)" }
}

/// What operators do to rollouts. Every act is in the audit log, refused ones too.
public struct RolloutOperations: Sendable {
  let store: any HubStore
  let rollouts: RolloutAdvancer
  let refusals: RefusalRecorder
  let now: @Sendable () -> Timestamp

  /// Approves a stage of exactly one release; refused when the rollout carries another one.
  public func approve(
    rollout id: String, stage: String, release: ReleaseDigest, comment: String, by actor: Actor
  ) async throws(FleetError) -> RolloutStatus {
    try await carryOut(
      OperatorAct(actor: actor.name, reason: comment, act: .approved(rollout: id, release: release, stage: stage)),
      on: id)
  }

  /// Lets go what a stage deletes; refused when it deletes another number of guarded objects than were looked at.
  public func confirmDeletions(
    rollout id: String, stage: String, count: Int, comment: String, by actor: Actor
  ) async throws(FleetError) -> RolloutStatus {
    try await carryOut(
      OperatorAct(
        actor: actor.name, reason: comment, act: .deletionsConfirmed(rollout: id, stage: stage, count: count)),
      on: id)
  }

  private func carryOut(_ act: OperatorAct, on id: String) async throws(FleetError) -> RolloutStatus {
    guard try await store.rollout(id) != nil else { throw try await recordRefused(act, .unknownRollout(id)) }
    // What is done is recorded with the step that it leads to.
    if let refusal = await rollouts.submit(.operatorActed(act)).refusal {
      throw try await recordRefused(act, refusal)
    }
    guard let status = await rollouts.read({ $0.status(ofRollout: id) }) else { throw .unknownRollout(id) }
    return status
  }

  private func recordRefused(_ act: OperatorAct, _ refusal: FleetError) async throws(FleetError) -> FleetError {
    let facts = act.act.facts
    let entry = AuditRecord.Content(
      time: now(), actor: act.actor, action: facts.action, subject: facts.subject, digest: facts.digest,
      outcome: "refused", reason: refusal.message)
    try await refusals.record(entry)
    return refusal
  }
}

extension FleetError.Code {
  /// No rollout has this name.
  public static let rolloutUnknown = FleetError.Code("rollout-unknown")
}

extension FleetError {
  static func unknownRollout(_ id: String) -> FleetError {
    FleetError(.rolloutUnknown, "there is no rollout \(id)", nextStep: "see `flotilla get rollouts`")
  }
}
