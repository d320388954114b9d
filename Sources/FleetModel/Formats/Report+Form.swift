import Digests
public import Manifests

extension Report {
  public static let format = "flotilla.report/1"

  /// What is signed.
  public var canonicalBytes: [UInt8] {
    JSON.canonical([
      "format": .string(Report.format), "fleet": .string(fleet), "cluster": .string(cluster.rawValue),
      "seq": .integer(seq), "prev": prev.map { .string($0.hex) } ?? .null, "boot": .string(boot),
      "time": .string(time.description), "time_floor": .string(timeFloor.description),
      "agent": [
        "version": .string(agent.version), "target": .string(agent.target), "server": .string(agent.server),
      ],
      "trusted": [
        "root": .integer(trusted.root), "timestamp": .integer(trusted.timestamp),
        "snapshot": .integer(trusted.snapshot), "targets": .integer(trusted.targets),
      ],
      "bundle_seq": .integer(bundleSeq), "apps": .array(apps.map(\.form)), "events": .array(events.map(\.form)),
      "dropped_events": .integer(droppedEvents),
    ])
  }

  /// Reads a report. Fields that this version does not know are passed over: a newer agent may tell more, and what it
  /// tells is evidence, not an order.
  public init(json bytes: [UInt8], file: String) throws(FleetError) {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: FormatLimits.reportBytes))
    self = try Field(value, file: file).object { fields throws(FleetError) in
      try fields.expect("format", Report.format)
      fields.ignoreRest()
      return Report(
        fleet: try fields.required("fleet").nonEmptyString(), cluster: try fields.required("cluster").clusterUID(),
        seq: try fields.required("seq").integer(in: 1 ... .max),
        prev: try fields.nullable("prev").map { field throws(FleetError) in try field.digest() },
        boot: try fields.required("boot").string(), time: try fields.required("time").timestamp(),
        timeFloor: try fields.required("time_floor").timestamp(), agent: try Agent(try fields.required("agent")),
        trusted: try Trusted(try fields.required("trusted")),
        bundleSeq: try fields.required("bundle_seq").integer(in: 0 ... .max),
        apps: try fields.required("apps").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try App(field)
        },
        events: try fields.required("events").array { field throws(FleetError) in try Event(field) },
        droppedEvents: try fields.required("dropped_events").integer(in: 0 ... .max))
    }
  }
}

extension Report.Agent {
  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Agent(
        version: try fields.required("version").string(), target: try fields.required("target").string(),
        server: try fields.required("server").string())
    }
  }
}

extension Report.Trusted {
  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Trusted(
        root: try fields.required("root").integer(in: 0 ... .max),
        timestamp: try fields.required("timestamp").integer(in: 0 ... .max),
        snapshot: try fields.required("snapshot").integer(in: 0 ... .max),
        targets: try fields.required("targets").integer(in: 0 ... .max))
    }
  }
}

extension Report.App {
  fileprivate var form: Value {
    [
      "name": .string(name), "app_digest": .string(appDigest.description), "sync": .string(sync.rawValue),
      "health": .string(health.rawValue), "blocking": .bool(blocking), "reason": .string(reason),
      "objects": [
        "total": .integer(Int64(objects.total)), "synced": .integer(Int64(objects.synced)),
        "healthy": .integer(Int64(objects.healthy)),
      ],
      "not_healthy": .array(
        notHealthy.map { object in
          ["id": .string(object.id), "health": .string(object.health.rawValue), "reason": .string(object.reason)]
        }),
      "drift_healed": .integer(driftHealed),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.App(
        name: try fields.required("name").nonEmptyString(), appDigest: try fields.required("app_digest").appDigest(),
        sync: try fields.required("sync").choice(), health: try fields.required("health").choice(),
        blocking: try fields.required("blocking").bool(), reason: try fields.required("reason").string(),
        objects: try Report.ObjectCounts(try fields.required("objects")),
        notHealthy: try fields.required("not_healthy").array { field throws(FleetError) in
          try Report.UnhealthyObject(field)
        },
        driftHealed: try fields.required("drift_healed").integer(in: 0 ... .max))
    }
  }
}

extension Report.ObjectCounts {
  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let range = 0...ManifestSet.Limits.objects
      return Report.ObjectCounts(
        total: try fields.required("total").int(in: range), synced: try fields.required("synced").int(in: range),
        healthy: try fields.required("healthy").int(in: range))
    }
  }
}

extension Report.UnhealthyObject {
  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.UnhealthyObject(
        id: try fields.required("id").string(), health: try fields.required("health").choice(),
        reason: try fields.required("reason").string())
    }
  }
}

extension Report.Event {
  fileprivate var form: Value {
    ["time": .string(time.description), "kind": .string(kind), "reason": .string(reason)]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Event(
        time: try fields.required("time").timestamp(), kind: try fields.required("kind").string(),
        reason: try fields.required("reason").string())
    }
  }
}
