import Manifests

extension Report.App {
  var form: Value {
    [
      "name": .string(name), "app_digest": .string(appDigest.description), "sync": .string(sync.rawValue),
      "health": .string(health.rawValue), "blocking": .bool(blocking),
      "reason": .string(reason.cut(to: FormatLimits.reasonBytes)), "objects": objects.form,
      "not_healthy": .array(notHealthy.map(\.form)), "drift_healed": .integer(driftHealed),
    ]
  }

  init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.App(
        name: try fields.required("name").name(), appDigest: try fields.required("app_digest").appDigest(),
        sync: Sync(rawValue: try fields.required("sync").string()) ?? .unknown,
        health: Health(rawValue: try fields.required("health").string()) ?? .unknown,
        blocking: try fields.required("blocking").bool(),
        reason: try fields.required("reason").string(upTo: FormatLimits.reasonBytes),
        objects: try Report.ObjectCounts(try fields.required("objects")),
        notHealthy: try fields.required("not_healthy").array(upTo: FormatLimits.notHealthy) {
          field throws(FleetError) in try Report.UnhealthyObject(field)
        },
        driftHealed: try fields.required("drift_healed").count())
    }
  }
}

extension Report.ObjectCounts {
  fileprivate var form: Value {
    ["total": .integer(Int64(total)), "synced": .integer(Int64(synced)), "healthy": .integer(Int64(healthy))]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      let total = try fields.required("total").int(in: 0...ManifestSet.Limits.objects)
      return Report.ObjectCounts(
        total: total, synced: try fields.required("synced").int(in: 0...total),
        healthy: try fields.required("healthy").int(in: 0...total))
    }
  }
}

extension Report.UnhealthyObject {
  fileprivate var form: Value {
    [
      "id": .string(id), "health": .string(health.rawValue),
      "reason": .string(reason.cut(to: FormatLimits.reasonBytes)),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      fields.ignoreRest()
      return Report.UnhealthyObject(
        id: try fields.required("id").nonEmptyString(upTo: FormatLimits.objectIDBytes),
        health: Health(rawValue: try fields.required("health").string()) ?? .unknown,
        reason: try fields.required("reason").string(upTo: FormatLimits.reasonBytes))
    }
  }
}
