import FleetModel
import FleetStore
import Manifests
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
    let names = Dictionary(engine.members.map { ($0.cluster, $0.name) }, uniquingKeysWith: { $1 })
    for outcome in outcomes {
      guard let entry = outcome.entry else { continue }
      for transition in entry.transitions { add(transition, at: entry.time, names, &trail) }
      for case .alert(let alert) in outcome.actions { add(alert, at: entry.time, names, &trail) }
    }
    return trail
  }

  private static func add(
    _ transition: Transition, at time: Timestamp, _ names: [ClusterUID: String], _ trail: inout Trail
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
          time: time, kind: "Cluster\(transition.to)", cluster: names[cluster], app: app, message: transition.reason))
    }
  }

  private static func add(
    _ alert: RolloutAlert, at time: Timestamp, _ names: [ClusterUID: String], _ trail: inout Trail
  ) {
    trail.events.append(
      FleetEvent(
        time: time, kind: alert.kind.rawValue, cluster: alert.cluster.flatMap { names[$0] },
        app: alert.app.isEmpty ? nil : alert.app, message: alert.reason))
  }
}

extension FleetError {
  /// An event came while the hub stops.
  static let hubIsStopping = FleetError(
    FleetError.Code("hub-stopping"), "the hub is stopping", nextStep: "try again in a moment")
}
