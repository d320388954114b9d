public import FleetModel
public import Manifests

extension RolloutEngine {
  /// The format of snapshots.
  public static let snapshotFormat = "flotilla.rollout-state/1"

  /// The whole state as canonical JSON. Equal states have equal bytes.
  public var snapshot: [UInt8] { JSON.canonical(form) }

  /// The engine as it was when the snapshot was taken.
  public init(snapshot bytes: [UInt8]) throws(FleetError) {
    let file = "rollout snapshot"
    try self.init(form: Field(try JSON.parse(bytes, file: file, limits: RolloutLimits.stored), file: file))
  }

  /// Takes up a stored entry that follows this state, as it was taken up when it was stored.
  ///
  /// Throws, and leaves the engine in an undefined state, where the entry does not follow, or where the engine decides
  /// anything else than what was stored.
  public mutating func replay(_ entry: RolloutLogEntry) throws(FleetError) {
    guard entry.number == number + 1 else {
      throw FleetError(.logBroken, "entry \(entry.number) of the rollout log does not follow entry \(number)")
    }
    guard handle(entry.event, at: entry.time).entry == entry else {
      throw FleetError(
        .logBroken, "the event of entry \(entry.number) of the rollout log does not lead to what is stored",
        nextStep:
          "if another version of the hub wrote it, start that one again and stop it: it leaves its state to this one")
    }
  }

  /// The engine that a whole log leads to.
  public init(replaying entries: some Sequence<RolloutLogEntry>) throws(FleetError) {
    self.init()
    for entry in entries { try replay(entry) }
  }
}

extension FleetError.Code {
  /// A rollout log that has a gap, or that this engine would not have written.
  public static let logBroken = FleetError.Code("rollout-log-broken")
}

extension RolloutEngine: Formed {
  var form: Value {
    .object([
      "format": .string(Self.snapshotFormat), "n": .integer(number), "clock": clock.form,
      "members": .byCluster(ground.members) { $0.form }, "ground": .byName(ground.apps) { $0.form },
      "silence": ground.silence.form, "windows": ground.windowsForm, "suspensions": ground.suspensionsForm,
      "apps": .byName(apps) { $0.form },
    ])
  }

  init(form: Field) throws(FleetError) {
    self.init()
    let (number, clock, ground, apps) = try form.object {
      fields throws(FleetError) -> (Int64, Timestamp, Ground, [String: AppRollouts]) in
      try fields.expect("format", Self.snapshotFormat)
      var ground = Ground()
      ground.members = try fields.required("members").byCluster { field throws(FleetError) in
        try Ground.Member(form: field)
      }
      ground.silence = try fields.value("silence")
      try ground.readRestraints(&fields)
      for entry in try fields.required("ground").entries() {
        try ground.restore(entry.key, entry.field)
      }
      let apps = try fields.required("apps").byName { field throws(FleetError) in try AppRollouts(form: field) }
      return (
        try fields.required("n").integer(in: 0...Int64.max), try fields.value("clock"), ground, apps
      )
    }
    self.number = number
    self.clock = clock
    self.ground = ground
    self.apps = apps
    restoreDues()
  }
}

// MARK: Ground

extension Ground.Member: Formed {
  var form: Value { .object(["facts": facts.form, "link": .choice(link)]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Ground.Member(facts: try fields.value("facts"), link: try fields.required("link").choice())
    }
  }
}

extension AppGround {
  fileprivate var form: Value {
    .object([
      "assigned": .byCluster(assigned) { $0.form }, "observed": .byCluster(observed) { $0.form },
      "gate": .choice(gate), "depends_on": .list(dependsOn),
    ])
  }
}

extension Ground {
  fileprivate mutating func restore(_ app: String, _ form: Field) throws(FleetError) {
    var restored = AppGround(app: app)
    let (gate, dependsOn) = try form.object { fields throws(FleetError) -> (AppDeclaration.Gate, [String]) in
      restored.assigned = try fields.required("assigned").byCluster { field throws(FleetError) in
        try Assignment(form: field)
      }
      restored.observed = try fields.required("observed").byCluster { field throws(FleetError) in
        try AppObservation(form: field)
      }
      return (try fields.required("gate").choice(), try fields.list("depends_on"))
    }
    add(restored, of: app)
    setPlan(gate, dependsOn, of: app)
  }
}

extension Silence: Formed {
  var form: Value {
    .object([
      "recent": .byCluster(recent) { $0.form }, "incident": .list(incident.sorted()), "online": .count(online),
      "grace_end": .optional(graceEnd),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Silence(
        recent: try fields.required("recent").byCluster { field throws(FleetError) in try Timestamp(form: field) },
        incident: Set(try fields.list("incident", ClusterUID.self)), online: try fields.number("online"),
        graceEnd: try fields.optionalValue("grace_end"))
    }
  }
}

extension Assignment: Formed {
  var form: Value {
    .object([
      "cluster": cluster.form, "app": .string(app), "digest": digest.form, "release": release.form,
      "rollout": .string(rollout),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Assignment(
        cluster: try fields.value("cluster"), app: try fields.text("app"), digest: try fields.value("digest"),
        release: try fields.value("release"), rollout: try fields.text("rollout"))
    }
  }
}
