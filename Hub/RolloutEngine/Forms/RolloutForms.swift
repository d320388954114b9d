internal import FleetModel
internal import Manifests

extension AppRollouts: Formed {
  var form: Value {
    .object([
      "app": .string(app), "next": .count(nextNumber), "plan": plan.form, "observed_commit": .string(observedCommit),
      "latest": latest.form, "latest_digest": latestDigest.form,
      "latest_guarded": .byCluster(latestGuarded) { .count($0) }, "known": .byCluster(known) { $0.form },
      "current": .optional(current), "loose": loose.form, "verified": .byName(verified) { $0.form },
      "verified_digests": .byCluster(verifiedDigests) { $0.form }, "moved": .byCluster(moved) { .string($0) },
      "awaiting": .byCluster(awaiting) { .list($0.sorted()) }, "needs_follow_up": .bool(needsFollowUp),
      "superseded_while_waiting": .byName(supersededWhileWaiting) { .count($0) },
      "verified_before": .byName(verifiedBefore) { $0.form }, "digests_before": .byCluster(digestsBefore) { $0.form },
      "holds": .list(holds), "next_hold": .count(nextHold), "queued": .optional(queued),
      "outsiders": .byCluster(outsiders) { $0.form },
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var app = AppRollouts(
        app: try fields.text("app"), plan: try fields.value("plan"), commit: try fields.text("observed_commit"))
      app.nextNumber = try fields.number("next")
      app.latest = try fields.value("latest")
      app.latestDigest = try fields.value("latest_digest")
      app.latestGuarded = try fields.counts("latest_guarded")
      app.known = try fields.digests("known")
      app.current = try fields.optionalValue("current")
      app.loose = try fields.value("loose")
      app.verified = try fields.required("verified").byName { field throws(FleetError) in
        try VerifiedStage(form: field)
      }
      app.verifiedDigests = try fields.digests("verified_digests")
      app.moved = try fields.required("moved").byCluster { field throws(FleetError) in try field.string() }
      app.awaiting = try fields.required("awaiting").byCluster { field throws(FleetError) in
        Set(try field.strings())
      }
      app.needsFollowUp = try fields.flag("needs_follow_up")
      app.supersededWhileWaiting = try fields.required("superseded_while_waiting").byName {
        field throws(FleetError) in try field.int(in: 0...Int.max)
      }
      try app.readRestraints(&fields)
      return app
    }
  }
}

extension AppRollouts {
  /// What snapshots have held since there are rollbacks, holds and queues.
  private mutating func readRestraints(_ fields: inout Fields) throws(FleetError) {
    verifiedBefore =
      try fields.optional("verified_before")?.byName { field throws(FleetError) in try VerifiedStage(form: field) }
      ?? [:]
    digestsBefore =
      try fields.optional("digests_before")?.byCluster { field throws(FleetError) in try AppDigest(form: field) } ?? [:]
    holds = try fields.listIfAny("holds")
    nextHold = try fields.optional("next_hold")?.int(in: 1...Int.max) ?? 1
    queued = try fields.optionalValue("queued")
    // None of them before there were air-gapped clusters.
    outsiders =
      try fields.optional("outsiders")?.byCluster { field throws(FleetError) in try Outsider(form: field) } ?? [:]
  }
}

extension Fields {
  fileprivate mutating func digests(_ name: String) throws(FleetError) -> [ClusterUID: AppDigest] {
    try required(name).byCluster { field throws(FleetError) in try AppDigest(form: field) }
  }
}

extension AppRollouts.VerifiedStage: Formed {
  var form: Value {
    .object([
      "rollout": .string(rollout), "release": release.form, "commit": .string(commit), "time": time.form,
      "rules": rules.form, "gate": .choice(gate), "size": .count(size),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      AppRollouts.VerifiedStage(
        rollout: try fields.text("rollout"), release: try fields.value("release"), commit: try fields.text("commit"),
        time: try fields.value("time"), rules: try fields.value("rules"), gate: try fields.required("gate").choice(),
        size: try fields.number("size"))
    }
  }
}

extension LooseLanes: Formed {
  var form: Value {
    .array(
      ordered.compactMap { key in
        entries[key].map { entry in
          .object(["lane": entry.lane.form, "purpose": .choice(entry.purpose), "width": .count(entry.width)])
        }
      })
  }

  init(form: Field) throws(FleetError) {
    self.init()
    for field in try form.array() {
      insert(
        try field.object { fields throws(FleetError) in
          Entry(
            lane: try fields.value("lane"), purpose: try fields.required("purpose").choice(),
            width: try fields.number("width"))
        })
    }
  }
}

extension Rollout: Formed {
  var form: Value {
    .object([
      "id": .string(id), "release": release.form, "digest": digest.form, "gate": .choice(gate),
      "state": .choice(state), "reason": .string(reason), "started_at": startedAt.form,
      "changed_at": changedAt.form, "pauses": .array(pauses.map(\.rawValue).sorted().map { .string($0) }),
      "stages": .list(stages), "unmatched": .list(unmatched.sorted()),
      "guarded_deletions": .byCluster(guardedDeletions) { .count($0) }, "on_failure": .choice(onFailure),
      "promoted_to": .optional(promotedTo),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      let release = try fields.value("release", Release.self)
      let stages = try fields.list("stages", StageTrack.self)
      let gate = try fields.required("gate").choice(AppDeclaration.Gate.self)
      var rollout = Rollout(
        id: try fields.text("id"), release: release, digest: try fields.value("digest"),
        strategy: Strategy(
          stages: stages.map(\.lane.rules), gate: gate, onFailure: try fields.optional("on_failure")?.choice() ?? .halt),
        guardedDeletions: try fields.counts("guarded_deletions"), at: try fields.value("started_at"))
      rollout.stages = stages
      rollout.state = try fields.required("state").choice()
      rollout.reason = try fields.text("reason")
      rollout.changedAt = try fields.value("changed_at")
      rollout.pauses = Set(
        try fields.required("pauses").array { field throws(FleetError) in try field.choice(PauseCause.self) })
      rollout.unmatched = Set(try fields.list("unmatched", ClusterUID.self))
      rollout.promotedTo = try fields.optionalValue("promoted_to")
      return rollout
    }
  }
}

extension StageTrack: Formed {
  var form: Value {
    .object([
      "lane": lane.form, "state": state.form, "reason": .string(reason), "changed_at": changedAt.form,
      "wave": .count(wave), "has_begun": .bool(hasBegun), "approved_before": .optional(approvedBefore),
      "approved_after": .optional(approvedAfter), "unchanged": .list(unchanged.sorted()),
      "failures_at_success": .count(failuresAtSuccess), "confirmed_deletions": .optional(confirmedDeletions),
      "freeze_override": .optional(freezeOverride), "analyses": .count(analyses), "analysis": .optional(analysis),
      "held": .list(held.sorted()), "outside": .byCluster(outside) { $0.form },
      "outside_to_come": .list(outsideToCome.sorted()), "has_offered": .bool(hasOffered),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var stage = StageTrack(lane: try fields.value("lane"), at: try fields.value("changed_at"))
      stage.state = try fields.value("state")
      stage.reason = try fields.text("reason")
      stage.wave = try fields.number("wave")
      stage.hasBegun = try fields.flag("has_begun")
      stage.approvedBefore = try fields.optionalValue("approved_before")
      stage.approvedAfter = try fields.optionalValue("approved_after")
      stage.unchanged = Set(try fields.list("unchanged", ClusterUID.self))
      stage.failuresAtSuccess = try fields.number("failures_at_success")
      stage.confirmedDeletions = try fields.optionalValue("confirmed_deletions")
      stage.freezeOverride = try fields.optionalValue("freeze_override")
      stage.analyses = try fields.optional("analyses")?.int(in: 0...Int.max) ?? 0
      stage.analysis = try fields.optionalValue("analysis")
      stage.held = Set(try fields.listIfAny("held", ClusterUID.self))
      stage.outside =
        try fields.optional("outside")?.byCluster { field throws(FleetError) in try AppDigest(form: field) } ?? [:]
      stage.hasOffered = try fields.optional("has_offered")?.bool() ?? false
      stage.outsideToCome = Set(try fields.listIfAny("outside_to_come", ClusterUID.self))
      return stage
    }
  }
}

extension StageTrack.Approval: Formed {
  var form: Value { .object(["actor": .string(actor), "time": time.form]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      StageTrack.Approval(actor: try fields.text("actor"), time: try fields.value("time"))
    }
  }
}

extension Lane: Formed {
  var form: Value {
    .object([
      "app": .string(app), "rollout": .string(rollout), "release": release.form, "rules": rules.form,
      "gate": .choice(gate), "tracks": .byCluster(tracks) { $0.form },
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var lane = Lane(
        app: try fields.text("app"), rollout: try fields.text("rollout"), release: try fields.value("release"),
        rules: try fields.value("rules"), gate: try fields.required("gate").choice())
      lane.restore(
        try fields.required("tracks").byCluster { field throws(FleetError) in try ClusterTrack(form: field) })
      return lane
    }
  }
}

extension ClusterTrack: Formed {
  var form: Value {
    .object([
      "name": .string(name), "target": target.form, "state": state.form, "reason": .string(reason),
      "changed_at": changedAt.form, "ready_at": .optional(readyAt), "offered_at": .optional(offeredAt),
      "pulled_at": .optional(pulledAt), "has_passed": .bool(hasPassed), "soak_from": .optional(soakFrom),
      "restarts": .count(restarts), "degraded_since": .optional(degradedSince),
      "deadline_floor": .optional(deadlineFloor), "before": .optional(before), "available": .bool(isAvailable),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var track = ClusterTrack(
        name: try fields.text("name"), target: try fields.value("target"), state: try fields.value("state"),
        reason: try fields.text("reason"), at: try fields.value("changed_at"))
      track.readyAt = try fields.optionalValue("ready_at")
      track.offeredAt = try fields.optionalValue("offered_at")
      track.pulledAt = try fields.optionalValue("pulled_at")
      track.hasPassed = try fields.flag("has_passed")
      track.soakFrom = try fields.optionalValue("soak_from")
      track.restarts = try fields.number("restarts")
      track.degradedSince = try fields.optionalValue("degraded_since")
      track.deadlineFloor = try fields.optionalValue("deadline_floor")
      track.before = try fields.optionalValue("before")
      track.isAvailable = try fields.flag("available")
      return track
    }
  }
}
