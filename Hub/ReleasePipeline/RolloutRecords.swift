import Digests
import FleetModel
import FleetStore
public import Manifests
import RolloutEngine

// What the engine says, as the store keeps it.

extension RolloutLogRecord {
  init(entry: RolloutLogEntry) {
    self.init(
      number: entry.number, time: entry.time, rollouts: entry.rollouts, event: entry.event.canonicalJSON,
      transitions: entry.transitionsJSON)
  }
}

extension RolloutLogEntry {
  init(stored record: RolloutLogRecord) throws(FleetError) {
    try self.init(
      number: record.number, time: record.time, eventJSON: record.event, transitionsJSON: record.transitions)
  }
}

extension AssignmentChange {
  /// nil for an action that moves no assignment.
  init?(action: RolloutAction) {
    switch action {
    case .assign(let assignment): self = .assign(assignment)
    case .withdraw(let cluster, let app): self = .clear(cluster: cluster, app: app)
    default: return nil
    }
  }
}

extension RolloutRecord {
  init(status: RolloutStatus) {
    self.init(
      id: status.id, app: status.app, release: status.release, status: status.state.rawValue,
      detail: status.canonicalJSON, startedAt: status.startedAt, updatedAt: status.changedAt, endedAt: status.endedAt)
  }
}

/// What is told of the engine's decisions.
enum RolloutTrail {
  static func of(_ outcomes: [RolloutOutcome], engine: RolloutEngine) -> Trail {
    var trail = Trail()
    for outcome in outcomes {
      guard let entry = outcome.entry else { continue }
      if case .operatorActed(let act) = entry.event { add(act, at: entry.time, engine, &trail) }
      for transition in entry.transitions { add(transition, at: entry.time, engine, &trail) }
      for case .alert(let alert) in outcome.actions where !alert.kind.isTransition {
        add(alert, at: entry.time, engine, &trail)
      }
    }
    return trail
  }

  private static func add(
    _ act: OperatorAct, at time: Timestamp, _ engine: RolloutEngine, _ trail: inout Trail
  ) {
    let facts = act.act.facts
    trail.audit.append(
      AuditRecord.Content(
        time: time, actor: act.actor, action: facts.action, subject: facts.subject, digest: facts.digest,
        outcome: "done", reason: act.reason))
    let subject = facts.cluster.map { "\(facts.subject) on \(engine.name(of: $0))" } ?? facts.subject
    trail.events.append(
      FleetEvent(
        time: time, kind: "OperatorActed", cluster: facts.cluster.map(engine.name),
        message: "\(act.actor): \(facts.action) \(subject)" + (act.reason.isEmpty ? "" : ": \(act.reason)")))
  }

  private static func add(
    _ transition: Transition, at time: Timestamp, _ engine: RolloutEngine, _ trail: inout Trail
  ) {
    switch transition.subject {
    case .rollout(let id, let app):
      trail.events.append(
        FleetEvent(time: time, kind: "Rollout\(transition.to)", app: app, message: transition.reason))
      trail.audit.append(
        AuditRecord.Content(
          time: time, actor: "hub", action: "rollout.\(transition.to.lowercased())", subject: "\(app)/\(id)",
          outcome: "done", reason: transition.reason))
    case .stage(let stage, _, let app):
      trail.events.append(
        FleetEvent(
          time: time, kind: "Stage\(transition.to.prefix { $0 != "(" })", app: app,
          message: "\(stage): \(transition.reason)"))
    case .cluster(let cluster, _, let app):
      guard transition.to == "Failed" || transition.to == "TimedOut" else { return }
      trail.events.append(
        FleetEvent(
          time: time, kind: "Cluster\(transition.to)", cluster: engine.name(of: cluster), app: app,
          message: transition.reason))
    }
  }

  private static func add(
    _ alert: RolloutAlert, at time: Timestamp, _ engine: RolloutEngine, _ trail: inout Trail
  ) {
    trail.events.append(
      FleetEvent(
        time: time, kind: alert.kind.rawValue, cluster: alert.cluster.map(engine.name),
        app: alert.app.isEmpty ? nil : alert.app, message: alert.reason))
  }
}

extension RolloutAlert.Kind {
  /// Whether it says of a state's change, which is an event already, only that somebody should know.
  fileprivate var isTransition: Bool {
    switch self {
    case .stageHalted, .clusterFailed, .rolledBack: true
    case .approvalNeeded, .confirmationNeeded, .clusterUnmatched, .massSilence: false
    }
  }
}

extension FleetError.Code {
  /// The hub ends, and takes nothing in any longer.
  public static let hubStopping = FleetError.Code("hub-stopping")
}

extension FleetError {
  /// An event came while the hub stops.
  static let hubIsStopping = FleetError(
    .hubStopping, "the hub is stopping", nextStep: "try again in a moment")
}

extension OperatorAct.Act {
  /// What the audit log says of an act.
  struct Facts {
    var action: String
    var subject: String
    var digest: Digest?
    var cluster: ClusterUID?
  }

  var facts: Facts {
    switch self {
    case .approved(let id, let release, let stage):
      Facts(action: AuditAction.rolloutApprove, subject: "\(id)/\(stage)", digest: release.digest)
    case .paused(let id): Facts(action: AuditAction.rolloutPause, subject: id)
    case .resumed(let id): Facts(action: AuditAction.rolloutResume, subject: id)
    case .silenceAccepted: Facts(action: AuditAction.rolloutAcceptSilence, subject: "")
    case .aborted(let id): Facts(action: AuditAction.rolloutAbort, subject: id)
    case .retried(let id): Facts(action: AuditAction.rolloutRetry, subject: id)
    case .excluded(let id, let cluster): Facts(action: AuditAction.rolloutExclude, subject: id, cluster: cluster)
    case .deletionsConfirmed(let id, let stage, _): Facts(action: AuditAction.rolloutConfirm, subject: "\(id)/\(stage)")
    case .freezeOverridden(let id, let stage):
      Facts(action: AuditAction.rolloutOverrideFreeze, subject: "\(id)/\(stage)")
    case .rolledBack(let app, let stage, _):
      Facts(action: AuditAction.appRollback, subject: stage.map { "\(app)/\($0)" } ?? app)
    case .held(let app, _, _): Facts(action: AuditAction.appHold, subject: app)
    case .holdLifted(let app, let hold): Facts(action: AuditAction.appLiftHold, subject: "\(app)/\(hold)")
    case .promoted(let promoted, let stage):
      Facts(
        action: AuditAction.appPromote, subject: "\(promoted.release.app)/\(stage)",
        digest: promoted.release.digest.digest)
    case .suspended(let scope): Facts(action: AuditAction.suspend, subject: scope.subject, cluster: scope.cluster)
    case .unsuspended(let scope): Facts(action: AuditAction.resume, subject: scope.subject, cluster: scope.cluster)
    }
  }
}

extension SuspensionScope {
  fileprivate var subject: String {
    switch self {
    case .app(let name): "app/\(name)"
    case .cluster(let uid): "cluster/\(uid)"
    case .environment(let name): "environment/\(name)"
    }
  }

  fileprivate var cluster: ClusterUID? { if case .cluster(let uid) = self { uid } else { nil } }
}
