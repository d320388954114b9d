import FleetModel
import Manifests
import Wire

// Rollouts as documents, with the field names of the wire.

extension FlotillaV1.Rollout {
  var form: Value {
    [
      "id": .string(id), "app": .string(app), "release": hex(release), "commit": .string(commit?.id ?? ""),
      "subject": .string(commit?.subject ?? ""), "committer": .string(commit?.committer ?? ""),
      "state": .string("\(state)"), "reason": .string(reason), "created": instant(startedUnixMs),
      "updated": instant(changedUnixMs), "ended": instant(endedUnixMs), "unverified": .bool(unverified),
      "stage": .string(stage), "stageState": .string("\(stageState)"), "stageWait": .string("\(stageWait)"),
      "clustersChanged": .integer(clustersChanged), "clustersDone": .integer(clustersSoaked),
    ]
  }
}

extension FlotillaV1.RolloutDetail {
  var form: Value {
    [
      "rollout": rollout?.form ?? .null, "stages": .array(stages.map(\.form)),
      "holds": .array(holds.map(\.form)),
      "queued": queued.map {
        ["commit": .string($0.commit), "release": hex($0.release), "reason": .string($0.reason)]
      } ?? .null,
      "unmatched": .array(unmatched.map { .string($0) }),
      "beside": .array(
        beside.map { loose in
          [
            "rollout": .string(loose.rollout), "stage": .string(loose.stage), "catchingUp": .bool(loose.catchingUp),
            "rollingBack": .bool(loose.rollingBack),
            "cluster": loose.cluster?.form ?? .null,
          ]
        }),
    ]
  }
}

extension FlotillaV1.RolloutStage {
  var form: Value {
    [
      "name": .string(name), "state": .string("\(state)"), "wait": .string("\(wait)"), "reason": .string(reason),
      "updated": instant(changedUnixMs), "wave": .integer(wave), "waves": .integer(waves),
      "counts": counts?.form ?? .null,
      "approval": approval.map { ["actor": .string($0.actor), "time": instant($0.timeUnixMs)] } ?? .null,
      "nextDeadline": instant(nextDeadlineUnixMs), "supersededWhileWaiting": .integer(supersededWhileWaiting),
      "guardedDeletions": .integer(deletions?.objects ?? 0),
      "deletionsConfirmedBy": .string(deletions?.actor ?? ""), "clusters": .array(clusters.map(\.form)),
    ]
  }
}

extension FlotillaV1.StageCounts {
  fileprivate var form: Value {
    [
      "pending": .integer(pending), "inFlight": .integer(inFlight), "soaked": .integer(soaked),
      "failed": .integer(failed), "offline": .integer(offline), "excluded": .integer(excluded),
      "unchanged": .integer(unchanged), "held": .integer(held), "airgapped": .integer(outside),
    ]
  }
}

extension FlotillaV1.RolloutCluster {
  var form: Value {
    [
      "name": .string(name), "state": .string("\(state)"), "reason": .string(reason),
      "since": instant(changedUnixMs), "deadline": instant(deadlineUnixMs), "appDigest": hex(target),
      "assigned": hex(assigned), "soakRestarts": .integer(soakRestarts), "airgapped": .bool(outside),
    ]
  }
}
