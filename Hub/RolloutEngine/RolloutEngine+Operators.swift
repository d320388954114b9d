internal import FleetModel

// What operators do, once it was admitted.

extension RolloutEngine {
  mutating func operate(_ act: OperatorAct, _ step: inout Step) {
    let by = act.reason.isEmpty ? "by \(act.actor)" : "by \(act.actor): \(act.reason)"
    switch act.act {
    case .approved(let id, _, let stage): approve(id, stage, act.actor, &step)
    case .paused(let id): withRollout(id) { $1.pause(.operator, "paused \(by)", &step) }
    case .resumed(let id): withRollout(id) { $1.resume(.operator, "resumed \(by)", &step) }
    case .silenceAccepted: acceptSilence("the silence was accepted \(by)", &step)
    case .aborted(let id): withRollout(id) { $1.abort("aborted \(by)", &step) }
    case .retried(let id): retry(id, "tried again \(by)", &step)
    case .excluded(let id, let cluster): exclude(cluster, from: id, "excluded \(by)", &step)
    case .deletionsConfirmed(let id, let stage, _): confirm(id, stage, act.actor, &step)
    case .freezeOverridden(let id, let stage): overrideFreeze(id, stage, act.actor, &step)
    case .rolledBack(let app, let stage, let width): rollBack(app, stage, width, act, &step)
    case .held(let app, let digests, let stages): hold(app, digests, stages, act, &step)
    case .holdLifted(let app, let number): liftHold(number, of: app, &step)
    case .promoted(let promoted, let stage): promote(promoted, to: stage, &step)
    case .suspended(let scope): suspend(scope, act, &step)
    case .unsuspended(let scope): unsuspend(scope, by, &step)
    }
  }

  private mutating func withRollout(_ id: String, _ body: (inout AppRollouts, inout Rollout) -> Void) {
    guard let name = RolloutEngine.app(ofRollout: id) else { return }
    apps[name]?.withCurrent(body)
  }

  private mutating func approve(_ id: String, _ name: String, _ actor: String, _ step: inout Step) {
    withRollout(id) { app, rollout in
      guard let index = rollout.strategy.stage(named: name) else { return }
      let approval = StageTrack.Approval(actor: actor, time: step.now)
      step.changed = true
      step.touch(app.app)
      if rollout.stages[index].state == .awaitingAfter {
        rollout.stages[index].approvedAfter = approval
      } else {
        rollout.stages[index].approvedBefore = approval
      }
    }
  }

  private mutating func confirm(_ id: String, _ name: String, _ actor: String, _ step: inout Step) {
    withRollout(id) { app, rollout in
      guard let index = rollout.strategy.stage(named: name) else { return }
      rollout.stages[index].confirmedDeletions = StageTrack.Approval(actor: actor, time: step.now)
      step.changed = true
      step.touch(app.app)
    }
  }

  private mutating func acceptSilence(_ reason: String, _ step: inout Step) {
    ground.silence.end()
    step.changed = true
    resumeAfterSilence(reason, &step)
  }

  private mutating func retry(_ id: String, _ reason: String, _ step: inout Step) {
    let ground = ground
    withRollout(id) { _, rollout in
      rollout.pauses = []
      rollout.move(to: .running, reason, &step)
      for index in rollout.stages.indices {
        for place in rollout.stages[index].lane.places {
          rollout.stages[index].lane.retry(place.cluster, reason, ground, &step)
        }
        rollout.stages[index].failuresAtSuccess = 0
        guard rollout.stages[index].state == .halted else { continue }
        rollout.stages[index].analysis = nil
        rollout.stages[index].approvedAfter = nil
        if !rollout.stages[index].hasBegun { rollout.stages[index].approvedBefore = nil }
        rollout.moveStage(index, to: rollout.stages[index].hasBegun ? .rolling : .pending, reason, &step)
      }
      rollout.pauseWhereDue(ground, &step)
      step.touch(rollout.app)
    }
    // What failed may be held since.
    guard let name = RolloutEngine.app(ofRollout: id) else { return }
    apps[name]?.enforceHolds(&self.ground, &step)
  }

  private mutating func exclude(_ cluster: ClusterUID, from id: String, _ reason: String, _ step: inout Step) {
    guard let name = RolloutEngine.app(ofRollout: id), var app = apps.removeValue(forKey: name) else { return }
    app.withCurrent { _, rollout in
      guard let index = rollout.stage(of: cluster) else { return }
      rollout.stages[index].lane.withdraw(cluster, &ground, &step)
      rollout.stages[index].lane.end(cluster, .skipped(.excluded), reason, &step)
    }
    apps[name] = app
  }
}

extension Rollout {
  mutating func abort(_ reason: String, _ step: inout Step) {
    if let index = currentStage, stages[index].state != .pending, stages[index].state != .halted {
      moveStage(index, to: .halted, reason, &step)
    }
    move(to: .aborted, reason, &step)
    // What is queued may start now.
    step.touch(app)
    for index in stages.indices { stages[index].lane.stopWatching(&step) }
  }
}
