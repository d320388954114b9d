internal import FleetModel
internal import Manifests

extension Hold: Formed {
  var form: Value {
    .object([
      "number": .count(number), "automatic": .bool(isAutomatic), "stages": .list(stages.sorted()),
      "digests": .list(digests.sorted { $0.description < $1.description }),
      "clusters": .byCluster(clusters) { $0.form }, "lifted": .list(lifted.sorted()), "actor": .string(actor),
      "reason": .string(reason), "rollout": .optional(rollout), "time": time.form,
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Hold(
        number: try fields.number("number"), isAutomatic: try fields.flag("automatic"),
        stages: Set(try fields.list("stages", String.self)), digests: Set(try fields.list("digests", AppDigest.self)),
        clusters: try fields.required("clusters").byCluster { field throws(FleetError) in try AppDigest(form: field) },
        lifted: Set(try fields.list("lifted", ClusterUID.self)), actor: try fields.text("actor"),
        reason: try fields.text("reason"), rollout: try fields.optionalValue("rollout"),
        time: try fields.value("time"))
    }
  }
}

extension AppRollouts.Queued: Formed {
  var form: Value {
    .object([
      "release": release.form, "digest": digest.form, "stages": .list(strategy.stages),
      "gate": .choice(strategy.gate), "on_failure": .choice(strategy.onFailure),
      "guarded": .byCluster(guarded) { .count($0) }, "waits_for_end": .bool(waitsForEnd), "interval": interval.form,
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      AppRollouts.Queued(
        release: try fields.value("release"), digest: try fields.value("digest"),
        strategy: Strategy(
          stages: try fields.list("stages"), gate: try fields.required("gate").choice(),
          onFailure: try fields.required("on_failure").choice()),
        guarded: try fields.counts("guarded"), waitsForEnd: try fields.flag("waits_for_end"),
        interval: try fields.value("interval"))
    }
  }
}

extension Ground {
  /// Of what restrains rollouts from outside of them.
  var suspensionsForm: Value {
    .array(
      suspensions.map { scope, suspension in
        ("\(scope)", Value.object(["scope": scope.form, "suspension": suspension.form]))
      }.sorted { $0.0.precedesInBytes($1.0) }.map(\.1))
  }

  var windowsForm: Value {
    .array(windows.values.map { ($0.order, $0.form) }.sorted { $0.0.precedesInBytes($1.0) }.map(\.1))
  }

  mutating func readRestraints(_ fields: inout Fields) throws(FleetError) {
    let told = try fields.listIfAny("windows", FreezeWindow.self)
    windows = Dictionary(told.map { ($0.freeze, $0) }, uniquingKeysWith: { $1 })
    guard let list = try fields.optional("suspensions") else { return }
    for element in try list.array() {
      let (scope, suspension) = try element.object { fields throws(FleetError) -> (SuspensionScope, Suspension) in
        (try fields.value("scope"), try fields.value("suspension"))
      }
      suspensions[scope] = suspension
    }
  }
}

extension FreezeWindow {
  /// Something that no two windows have in common.
  fileprivate var order: String {
    "\(freeze.kind) \(freeze.environments) \(freeze.schedule) \(freeze.duration) \(freeze.timeZone) \(freeze.reason)"
  }
}

extension Suspension: Formed {
  var form: Value { .object(["actor": .string(actor), "reason": .string(reason), "time": time.form]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Suspension(actor: try fields.text("actor"), reason: try fields.text("reason"), time: try fields.value("time"))
    }
  }
}
