internal import Digests
internal import FleetModel
internal import Manifests

extension OperatorAct: Formed {
  var form: Value {
    let (kind, content) = act.parts
    var object: Object = ["actor": .string(actor), "reason": .string(reason), "kind": .string(kind)]
    for (key, value) in content { object[key] = value }
    return .object(object)
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      let kind = try fields.required("kind")
      let name = try kind.string()
      var act = try Act.readRollout(name, &fields)
      if act == nil { act = try Act.readApp(name, &fields) }
      guard let act else { throw kind.error("no such act") }
      return OperatorAct(actor: try fields.text("actor"), reason: try fields.text("reason"), act: act)
    }
  }
}

extension OperatorAct.Act {
  /// What the act is called, such as `Approved`.
  public var kind: String { parts.kind }

  fileprivate var parts: (kind: String, content: Object) {
    switch self {
    case .approved(let rollout, let release, let stage):
      ("Approved", ["rollout": .string(rollout), "release": release.form, "stage": .string(stage)])
    case .paused(let rollout): ("Paused", ["rollout": .string(rollout)])
    case .resumed(let rollout): ("Resumed", ["rollout": .string(rollout)])
    case .silenceAccepted: ("SilenceAccepted", [:])
    case .aborted(let rollout): ("Aborted", ["rollout": .string(rollout)])
    case .retried(let rollout): ("Retried", ["rollout": .string(rollout)])
    case .excluded(let rollout, let cluster): ("Excluded", ["rollout": .string(rollout), "cluster": cluster.form])
    case .deletionsConfirmed(let rollout, let stage, let count):
      ("DeletionsConfirmed", ["rollout": .string(rollout), "stage": .string(stage), "count": .count(count)])
    case .freezeOverridden(let rollout, let stage):
      ("FreezeOverridden", ["rollout": .string(rollout), "stage": .string(stage)])
    case .rolledBack(let app, let stage, let width):
      ("RolledBack", ["app": .string(app), "stage": .optional(stage), "width": .optional(width)])
    case .held(let app, let digests, let stages):
      ("Held", ["app": .string(app), "digests": .list(digests), "stages": .list(stages)])
    case .holdLifted(let app, let hold): ("HoldLifted", ["app": .string(app), "hold": .count(hold)])
    case .promoted(let promoted, let stage): ("Promoted", ["promoted": promoted.form, "stage": .string(stage)])
    case .suspended(let scope): ("Suspended", ["scope": scope.form])
    case .unsuspended(let scope): ("Unsuspended", ["scope": scope.form])
    }
  }

  fileprivate static func readRollout(_ kind: String, _ fields: inout Fields) throws(FleetError) -> Self? {
    switch kind {
    case "Approved":
      return .approved(
        rollout: try fields.text("rollout"), release: try fields.value("release"), stage: try fields.text("stage"))
    case "Paused": return .paused(rollout: try fields.text("rollout"))
    case "Resumed": return .resumed(rollout: try fields.text("rollout"))
    case "SilenceAccepted": return .silenceAccepted
    case "Aborted": return .aborted(rollout: try fields.text("rollout"))
    case "Retried": return .retried(rollout: try fields.text("rollout"))
    case "Excluded": return .excluded(rollout: try fields.text("rollout"), cluster: try fields.value("cluster"))
    case "DeletionsConfirmed":
      return .deletionsConfirmed(
        rollout: try fields.text("rollout"), stage: try fields.text("stage"), count: try fields.number("count"))
    case "FreezeOverridden":
      return .freezeOverridden(rollout: try fields.text("rollout"), stage: try fields.text("stage"))
    default: return nil
    }
  }

  fileprivate static func readApp(_ kind: String, _ fields: inout Fields) throws(FleetError) -> Self? {
    switch kind {
    case "RolledBack":
      return .rolledBack(
        app: try fields.text("app"), stage: try fields.optionalValue("stage"), width: try fields.optionalValue("width"))
    case "Held":
      return .held(
        app: try fields.text("app"), digests: try fields.list("digests"), stages: try fields.list("stages"))
    case "HoldLifted": return .holdLifted(app: try fields.text("app"), hold: try fields.number("hold"))
    case "Promoted": return .promoted(try fields.value("promoted"), stage: try fields.text("stage"))
    case "Suspended": return .suspended(try fields.value("scope"))
    case "Unsuspended": return .unsuspended(try fields.value("scope"))
    default: return nil
    }
  }
}

extension PromotedRelease: Formed {
  var form: Value {
    .object(["release": release.form, "guarded_deletions": .byCluster(guardedDeletions) { .count($0) }])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      PromotedRelease(
        release: try fields.value("release"), guardedDeletions: try fields.counts("guarded_deletions"))
    }
  }
}

extension SuspensionScope: Formed {
  var form: Value {
    switch self {
    case .app(let name): .object(["app": .string(name)])
    case .cluster(let cluster): .object(["cluster": cluster.form])
    case .environment(let name): .object(["environment": .string(name)])
    }
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      if let app = try fields.optional("app") { return .app(try app.string()) }
      if let environment = try fields.optional("environment") { return .environment(try environment.string()) }
      return .cluster(try fields.value("cluster"))
    }
  }
}
