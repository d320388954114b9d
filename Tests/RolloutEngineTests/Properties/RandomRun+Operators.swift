import Digests
import FleetModel
import Manifests

@testable import RolloutEngine

// What people do.

extension RandomRun {
  mutating func operate(_ command: Command) throws {
    guard let app = Self.apps.picked(by: command.pick), let rollout = engine.status(ofApp: app)?.rollout else { return }
    switch command.kind {
    case .approve: try approve(rollout)
    case .confirm: try confirm(rollout, off: command.pick & 7 == 7 ? 1 : 0)
    case .pause: try act(.paused(rollout: rollout.id))
    case .resume: try act(.resumed(rollout: rollout.id))
    case .abort: try act(.aborted(rollout: rollout.id))
    case .retry: try act(.retried(rollout: rollout.id))
    case .exclude:
      if let cluster = cluster(command.pick >> 2) { try act(.excluded(rollout: rollout.id, cluster: cluster)) }
    case .acceptSilence: try act(.silenceAccepted)
    case .hubRestart: try restartHub()
    case .crash: try crash()
    default: try restrain(command.kind, app, rollout, command.pick)
    }
  }

  mutating func act(_ act: OperatorAct.Act) throws {
    try hand(.operatorActed(OperatorAct(actor: "ann", reason: "because", act: act)))
  }

  /// Confirms what a stage takes away; sometimes by a count that is not right.
  mutating func confirm(_ rollout: RolloutStatus, off: Int) throws {
    for stage in rollout.stages where stage.state == .awaitingBefore(.confirmation) {
      let count = (stage.deletions?.objects ?? 0) + off
      try act(.deletionsConfirmed(rollout: rollout.id, stage: stage.name, count: count))
    }
  }

  mutating func approve(_ rollout: RolloutStatus) throws {
    for stage in rollout.stages where stage.state == .awaitingBefore(.approval) || stage.state == .awaitingAfter {
      try act(.approved(rollout: rollout.id, release: rollout.release, stage: stage.name))
    }
  }
}
