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

/// What an operator does to a rollout, beside approving and confirming.
public enum RolloutAct: Sendable, Hashable {
  case pause
  /// With `acceptingSilence` the whole fleet goes on although a part of it fell silent at once.
  case resume(acceptingSilence: Bool)
  case abort
  case retry
  /// The cluster by its name.
  case exclude(cluster: String)
  /// A stage goes on although its clusters are frozen.
  case overrideFreeze(stage: String)
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

  /// Does something to the last rollout of an app, and returns it as it is then.
  public func operate(
    _ act: RolloutAct, on id: String, reason: String, by actor: Actor
  ) async throws(FleetError) -> RolloutStatus {
    switch act {
    case .pause: try await carryOut(.init(actor: actor.name, reason: reason, act: .paused(rollout: id)), on: id)
    case .abort: try await carryOut(.init(actor: actor.name, reason: reason, act: .aborted(rollout: id)), on: id)
    case .retry: try await carryOut(.init(actor: actor.name, reason: reason, act: .retried(rollout: id)), on: id)
    case .overrideFreeze(let stage):
      try await carryOut(
        .init(actor: actor.name, reason: reason, act: .freezeOverridden(rollout: id, stage: stage)), on: id)
    case .resume(let acceptingSilence): try await resume(id, acceptingSilence, reason, actor)
    case .exclude(let name):
      try await carryOut(
        .init(
          actor: actor.name, reason: reason, act: .excluded(rollout: id, cluster: try await store.uid(ofCluster: name))),
        on: id)
    }
  }

  private func resume(
    _ id: String, _ acceptingSilence: Bool, _ reason: String, _ actor: Actor
  ) async throws(FleetError) -> RolloutStatus {
    let resumed = OperatorAct(actor: actor.name, reason: reason, act: .resumed(rollout: id))
    guard acceptingSilence else {
      do throws(FleetError) {
        return try await carryOut(resumed, on: id)
      } catch {
        guard error.code == .illegalEvent, let paused = await status(of: id), paused.state == .paused else {
          throw error
        }
        if await rollouts.read({ $0.suspensions.contains { $0.scope == .app(paused.app) } }) {
          throw error.advising("its app is suspended; end that with `flotilla resume --app \(paused.app)`")
        }
        throw error.advising(
          "it goes on by itself when its clusters are heard again, or now with "
            + "`flotilla rollout resume \(id) --accept-silence`")
      }
    }
    let accepted = OperatorAct(actor: actor.name, reason: reason, act: .silenceAccepted)
    let status = try await carryOut(accepted, on: id)
    // An operator may have paused it as well.
    return status.state == .paused ? try await carryOut(resumed, on: id) : status
  }

  private func status(of id: String) async -> RolloutStatus? { await rollouts.read { $0.status(ofRollout: id) } }

  private func carryOut(_ act: OperatorAct, on id: String) async throws(FleetError) -> RolloutStatus {
    // The engine is shown before its step is stored: the act then waits for that.
    var isKnown = await status(of: id) != nil
    if !isKnown { isKnown = try await store.rollout(id) != nil }
    guard isKnown else { throw try await recordRefused(act, .unknownRollout(id)) }
    try await submit(act, advice: "see `flotilla rollout status \(id)`")
    guard let status = await status(of: id) else { throw .unknownRollout(id) }
    return status
  }

  /// Does it, or throws why not; a refusal is in the audit log, and has a next step.
  func submit(_ act: OperatorAct, advice: String) async throws(FleetError) {
    if let problem = RolloutOperations.problem(ofReason: act.reason) { throw try await recordRefused(act, problem) }
    // What is done is recorded with the step that it leads to; what leads to none was not done.
    let outcome = await rollouts.submit(.operatorActed(act))
    if let refusal = outcome.refusal ?? (outcome.entry == nil ? .withoutEffect : nil) {
      throw try await recordRefused(act, refusal).advising(advice, unlessAdvised: true)
    }
  }

  /// An operator's words are shown on other operators' terminals, and kept for ever.
  private static func problem(ofReason reason: String) -> FleetError? {
    if reason.utf8.count > reasonBytes {
      return FleetError(
        .invalidField, "longer than \(reasonBytes) bytes", at: .init(field: "reason"),
        nextStep: "say it shorter, and link to the rest")
    }
    guard reason.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return nil }
    return FleetError(
      .invalidField, "has a control character, such as a line's end", at: .init(field: "reason"),
      nextStep: "say it in one line")
  }

  /// A reason or comment: some sentences with links. What is longer belongs into a ticket.
  static let reasonBytes = 1000

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
  /// The same error with another next step.
  fileprivate func advising(_ nextStep: String, unlessAdvised: Bool = false) -> FleetError {
    guard !unlessAdvised || self.nextStep.isEmpty else { return self }
    return FleetError(code, message, at: address, cause: cause, nextStep: nextStep)
  }

  fileprivate static let withoutEffect = FleetError(.illegalEvent, "nothing would change: it is so already")

  static func unknownRollout(_ id: String) -> FleetError {
    FleetError(.rolloutUnknown, "there is no rollout \(id)", nextStep: "see `flotilla get rollouts`")
  }
}
