import Digests
public import Manifests

extension Report {
  public static let format = "flotilla.report/1"

  /// What is signed, in canonical JSON. Reasons longer than `FormatLimits.reasonBytes` are cut.
  public var canonicalBytes: [UInt8] {
    JSON.canonical([
      "format": .string(Report.format), "fleet": .string(fleet), "cluster": .string(cluster.rawValue),
      "seq": .integer(seq), "prev": prev.map { .string($0.hex) } ?? .null, "boot": .string(boot),
      "time": .string("\(time)"), "time_floor": .string("\(timeFloor)"), "agent": agent.form, "trusted": trusted.form,
      "bundle_seq": .integer(bundleSeq), "apps": .array(apps.map(\.form)), "events": .array(events.map(\.form)),
      "dropped_events": .integer(droppedEvents),
    ])
  }

  /// Reads a report; what it returns says what the bytes say, whoever signed them.
  ///
  /// Fields that this version does not know are passed over, and states it does not know read as unknown, which passes
  /// no gate: a newer agent may tell more, and what it tells is evidence, not an order. Everything else that is
  /// malformed is refused, and so are bytes that are not canonical.
  /// - Parameter file: what errors call the bytes.
  public init(json bytes: [UInt8], file: String) throws(FleetError) {
    let field = try Field.canonical(bytes, file: file, limit: FormatLimits.reportBytes)
    self = try field.object { fields throws(FleetError) in
      try fields.expect("format", Report.format)
      fields.ignoreRest()
      return Report(
        fleet: try fields.required("fleet").name(), cluster: try fields.required("cluster").clusterUID(),
        seq: try fields.required("seq").integer(in: 1 ... .max),
        prev: try fields.nullable("prev").read { field throws(FleetError) in try field.digest() },
        boot: try fields.required("boot").nonEmptyString(upTo: FormatLimits.tokenBytes),
        time: try fields.required("time").timestamp(), timeFloor: try fields.required("time_floor").timestamp(),
        agent: try Agent(try fields.required("agent")), trusted: try Trusted(try fields.required("trusted")),
        bundleSeq: try fields.required("bundle_seq").count(),
        apps: try fields.required("apps").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try App(field)
        },
        events: try fields.required("events").array(upTo: FormatLimits.events) { field throws(FleetError) in
          try Event(field)
        },
        droppedEvents: try fields.required("dropped_events").count())
    }
    try checkNames(file)
  }

  private func checkNames(_ file: String) throws(FleetError) {
    var seen: Set<String> = []
    for (index, app) in apps.enumerated() where !seen.insert(app.name).inserted {
      throw FleetError(
        .invalidField, "the app stands twice",
        at: FleetError.Address(file: file, field: "apps[\(index)].name", app: app.name))
    }
  }
}

extension Report.Agent {
  fileprivate var form: Value {
    ["version": .string(version), "target": .string(target), "server": .string(server)]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Agent(
        version: try fields.required("version").nonEmptyString(upTo: FormatLimits.tokenBytes),
        target: try fields.required("target").nonEmptyString(upTo: FormatLimits.tokenBytes),
        server: try fields.required("server").string(upTo: FormatLimits.tokenBytes))
    }
  }
}

extension Report.Trusted {
  fileprivate var form: Value {
    [
      "root": .integer(root), "timestamp": .integer(timestamp), "snapshot": .integer(snapshot),
      "targets": .integer(targets),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Trusted(
        root: try fields.required("root").count(), timestamp: try fields.required("timestamp").count(),
        snapshot: try fields.required("snapshot").count(), targets: try fields.required("targets").count())
    }
  }
}

extension Report.Event {
  fileprivate var form: Value {
    ["time": .string("\(time)"), "kind": .string(kind), "reason": .string(reason.cut(to: FormatLimits.reasonBytes))]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.Event(
        time: try fields.required("time").timestamp(),
        kind: try fields.required("kind").nonEmptyString(upTo: FormatLimits.tokenBytes),
        reason: try fields.required("reason").string(upTo: FormatLimits.reasonBytes))
    }
  }
}

extension Field {
  /// A number that counts something.
  func count() throws(FleetError) -> Int64 { try integer(in: 0 ... .max) }
}
