import Digests
import FleetModel
import FleetStore
import Manifests
import RolloutEngine

// The last status of a rollout, as it is kept once the engine no longer holds it.

extension RolloutStatus {
  private static let format = "flotilla.rollout-status/1"
  /// A status of 10,000 clusters is some 5 MB.
  private static let limits = ParseLimits(bytes: 64 << 20)

  var canonicalJSON: [UInt8] {
    JSON.canonical([
      "format": .string(RolloutStatus.format), "id": .string(id), "app": .string(app),
      "release": .string(release.description), "commit": .string(commit), "state": .string(state.rawValue),
      "reason": .string(reason), "started": .instant(startedAt), "changed": .instant(changedAt),
      "ended": endedAt.map(Value.instant) ?? .null, "unverified": .bool(isUnverified),
      "stages": .array(stages.map(\.form)), "unmatched": .array(unmatched.map(Value.string)),
    ])
  }

  init(record: RolloutRecord) throws(FleetError) {
    let file = "rollout \(record.id)"
    let value = try JSON.parse(record.detail, file: file, limits: RolloutStatus.limits)
    self = try Field(value, file: file).object { fields throws(FleetError) in
      try fields.expect("format", RolloutStatus.format)
      return RolloutStatus(
        id: try fields.required("id").string(), app: try fields.required("app").string(),
        release: ReleaseDigest(try fields.required("release").digest()), commit: try fields.required("commit").string(),
        state: try fields.required("state").choice(), reason: try fields.required("reason").string(),
        startedAt: try fields.required("started").instant(), changedAt: try fields.required("changed").instant(),
        endedAt: try fields.nullable("ended").map { field throws(FleetError) in try field.instant() },
        isUnverified: try fields.required("unverified").bool(),
        stages: try fields.required("stages").array { field throws(FleetError) in try StageStatus(field) },
        unmatched: try fields.required("unmatched").strings())
    }
  }
}

extension StageStatus {
  fileprivate var form: Value {
    [
      "name": .string(name), "state": .string(state.description), "reason": .string(reason),
      "changed": .instant(changedAt), "wave": .integer(Int64(wave)), "waves": .integer(Int64(waves)),
      "counts": .array(
        [
          counts.pending, counts.inFlight, counts.soaked, counts.failed, counts.offline, counts.excluded,
          counts.unchanged, counts.held, counts.outside,
        ].map { .integer(Int64($0)) }),
      "approved_by": approval?.actor.map(Value.string) ?? .null,
      "approved_at": approval?.time.map(Value.instant) ?? .null, "needs_approval": .bool(approval != nil),
      "deletions": deletions.map { .array([.integer(Int64($0.objects)), .integer(Int64($0.clusters))]) } ?? .null,
      "deletions_confirmed_by": deletions?.actor.map(Value.string) ?? .null,
      "superseded_while_waiting": .integer(Int64(supersededWhileWaiting)), "clusters": .array(clusters.map(\.form)),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      let numbers = try fields.required("counts").array { field throws(FleetError) in try field.int() }
      // Seven of them before anything could be held, eight before any cluster could stand outside.
      guard (7...9).contains(numbers.count) else { throw field.error("not nine counts") }
      var counts = Counts()
      (counts.pending, counts.inFlight, counts.soaked, counts.failed) = (numbers[0], numbers[1], numbers[2], numbers[3])
      (counts.offline, counts.excluded, counts.unchanged) = (numbers[4], numbers[5], numbers[6])
      counts.held = numbers.count > 7 ? numbers[7] : 0
      counts.outside = numbers.count > 8 ? numbers[8] : 0
      let actor = try fields.nullable("approved_by").map { field throws(FleetError) in try field.string() }
      let time = try fields.nullable("approved_at").map { field throws(FleetError) in try field.instant() }
      let needsApproval = try fields.required("needs_approval").bool()
      return StageStatus(
        name: try fields.required("name").string(),
        state: try fields.required("state").text("a stage's state") { StageState($0) },
        reason: try fields.required("reason").string(), changedAt: try fields.required("changed").instant(),
        wave: try fields.required("wave").int(), waves: try fields.required("waves").int(), counts: counts,
        approval: needsApproval ? Approval(actor: actor, time: time) : nil,
        deletions: try Deletions(stored: &fields), nextDeadline: nil,
        supersededWhileWaiting: try fields.required("superseded_while_waiting").int(),
        clusters: try fields.required("clusters").array { field throws(FleetError) in try ClusterStatus(field) })
    }
  }
}

extension StageStatus.Deletions {
  /// nil where the stage deletes nothing guarded, as in everything stored before there was such a thing.
  fileprivate init?(stored fields: inout Fields) throws(FleetError) {
    let actor = try fields.optional("deletions_confirmed_by").map { field throws(FleetError) in try field.string() }
    let numbers = try fields.optional("deletions").map { field throws(FleetError) in
      try field.array { field throws(FleetError) in try field.int() }
    }
    guard let numbers, numbers.count == 2 else { return nil }
    self.init(objects: numbers[0], clusters: numbers[1], actor: actor)
  }
}

extension ClusterStatus {
  fileprivate var form: Value {
    [
      "cluster": .string(cluster.rawValue), "name": .string(name), "state": .string(state.description),
      "target": .string(target.description), "assigned": assigned.map { .string($0.description) } ?? .null,
      "reason": .string(reason), "changed": .instant(changedAt), "soak_restarts": .integer(Int64(soakRestarts)),
      "outside": .bool(isOutside),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      ClusterStatus(
        cluster: try fields.required("cluster").text("a cluster uid") { ClusterUID($0) },
        name: try fields.required("name").string(),
        state: try fields.required("state").text("a cluster's state") { ClusterState($0) },
        target: AppDigest(try fields.required("target").digest()),
        assigned: try fields.nullable("assigned").map { field throws(FleetError) in AppDigest(try field.digest()) },
        reason: try fields.required("reason").string(), changedAt: try fields.required("changed").instant(),
        deadline: nil, soakRestarts: try fields.required("soak_restarts").int(),
        isOutside: try fields.optional("outside")?.bool() ?? false)
    }
  }
}

extension Value {
  fileprivate static func instant(_ timestamp: Timestamp) -> Value { .integer(timestamp.milliseconds) }
}

extension Field {
  fileprivate func instant() throws(FleetError) -> Timestamp { Timestamp(milliseconds: try integer()) }
}
