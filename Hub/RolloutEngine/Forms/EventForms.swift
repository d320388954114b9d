internal import Digests
internal import FleetModel
internal import Manifests

extension RolloutEvent {
  /// The format of stored events.
  public static let format = "flotilla.rollout-event/1"

  /// What the event is called, such as `ReleaseRendered`.
  public var kind: String { parts.kind }

  private var parts: (kind: String, content: Object) {
    switch self {
    case .clusterJoined(let member): ("ClusterJoined", ["member": member.form])
    case .clusterChanged(let member): ("ClusterChanged", ["member": member.form])
    case .clusterLeft(let cluster, let reason):
      ("ClusterLeft", ["cluster": cluster.form, "reason": .string(reason)])
    case .clusterConnected(let cluster): ("ClusterConnected", ["cluster": cluster.form])
    case .clusterDisconnected(let cluster): ("ClusterDisconnected", ["cluster": cluster.form])
    case .hubStarted: ("HubStarted", [:])
    case .releaseRendered(let rendered):
      (
        "ReleaseRendered",
        [
          "release": rendered.release.form, "plan": rendered.plan.form,
          "guarded_deletions": .byCluster(rendered.guardedDeletions) { .count($0) },
        ]
      )
    case .commitObserved(let app, let commit, let plan):
      ("CommitObserved", ["app": .string(app), "commit": .string(commit), "plan": plan.form])
    case .amendmentRendered(let amendment): ("AmendmentRendered", ["amendment": amendment.form])
    case .pullProgressed(let cluster): ("PullProgressed", ["cluster": cluster.form])
    case .bundleAccepted(let cluster, let digests):
      ("BundleAccepted", ["cluster": cluster.form, "digests": .byName(digests) { $0.form }])
    case .bundleRefused(let cluster, let app, let reason):
      ("BundleRefused", ["cluster": cluster.form, "app": .optional(app), "reason": .string(reason)])
    case .clusterReported(let cluster, let observations):
      ("ClusterReported", ["cluster": cluster.form, "apps": .list(observations)])
    case .timePassed: ("TimePassed", [:])
    case .operatorActed(let act): ("OperatorActed", ["act": act.form])
    case .analysisFinished(let result): ("AnalysisFinished", ["result": result.form])
    case .freezesChanged(let windows): ("FreezesChanged", ["windows": .list(windows)])
    }
  }
}

extension RolloutEvent: Formed {
  var form: Value {
    let (kind, content) = parts
    var object: Object = ["format": .string(Self.format), "kind": .string(kind)]
    for (key, value) in content { object[key] = value }
    return .object(object)
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      try fields.expect("format", Self.format)
      let kind = try fields.required("kind")
      let name = try kind.string()
      if let event = try RolloutEvent.readFleet(name, &fields) { return event }
      if let event = try RolloutEvent.readReport(name, &fields) { return event }
      throw kind.error("no such event")
    }
  }

  private static func readFleet(_ kind: String, _ fields: inout Fields) throws(FleetError) -> RolloutEvent? {
    switch kind {
    case "ClusterJoined": return .clusterJoined(try fields.value("member"))
    case "ClusterChanged": return .clusterChanged(try fields.value("member"))
    case "ClusterLeft": return .clusterLeft(try fields.value("cluster"), reason: try fields.text("reason"))
    case "ClusterConnected": return .clusterConnected(try fields.value("cluster"))
    case "ClusterDisconnected": return .clusterDisconnected(try fields.value("cluster"))
    case "HubStarted": return .hubStarted
    case "ReleaseRendered":
      return .releaseRendered(
        RenderedRelease(
          release: try fields.value("release"), plan: try fields.value("plan"),
          guardedDeletions: try fields.counts("guarded_deletions")))
    case "CommitObserved":
      return .commitObserved(
        app: try fields.text("app"), commit: try fields.text("commit"), try fields.value("plan"))
    case "AmendmentRendered": return .amendmentRendered(try fields.value("amendment"))
    default: return nil
    }
  }

  private static func readReport(_ kind: String, _ fields: inout Fields) throws(FleetError) -> RolloutEvent? {
    switch kind {
    case "PullProgressed": return .pullProgressed(try fields.value("cluster"))
    case "BundleAccepted":
      let digests = try fields.required("digests").byName { field throws(FleetError) in try AppDigest(form: field) }
      return .bundleAccepted(try fields.value("cluster"), digests)
    case "BundleRefused":
      return .bundleRefused(
        try fields.value("cluster"), app: try fields.optionalValue("app"), reason: try fields.text("reason"))
    case "ClusterReported": return .clusterReported(try fields.value("cluster"), try fields.list("apps"))
    case "TimePassed": return .timePassed
    case "OperatorActed": return .operatorActed(try fields.value("act"))
    case "AnalysisFinished": return .analysisFinished(try fields.value("result"))
    case "FreezesChanged": return .freezesChanged(try fields.list("windows"))
    default: return nil
    }
  }
}

extension AnalysisResult: Formed {
  var form: Value {
    .object([
      "rollout": .string(rollout), "stage": .string(stage), "number": .count(number), "outcome": .choice(outcome),
      "reason": .string(reason),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      AnalysisResult(
        rollout: try fields.text("rollout"), stage: try fields.text("stage"), number: try fields.number("number"),
        outcome: try fields.required("outcome").choice(), reason: try fields.text("reason"))
    }
  }
}

extension FreezeWindow: Formed {
  var form: Value { .object(["freeze": freeze.form, "open": .bool(isOpen), "until": .optional(until)]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      FreezeWindow(
        freeze: try fields.value("freeze"), isOpen: try fields.flag("open"), until: try fields.optionalValue("until"))
    }
  }
}

extension Amendment: Formed {
  var form: Value {
    .object([
      "cluster": cluster.form, "app": .string(app), "commit": .string(commit), "digest": .optional(digest),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Amendment(
        cluster: try fields.value("cluster"), app: try fields.text("app"), commit: try fields.text("commit"),
        digest: try fields.optionalValue("digest"))
    }
  }
}

extension AppObservation: Formed {
  var form: Value {
    .object([
      "app": .string(app), "digest": digest.form, "sync": .choice(sync), "health": .choice(health),
      "blocking": .bool(blocking), "reason": .string(reason),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      AppObservation(
        app: try fields.text("app"), digest: try fields.value("digest"), sync: try fields.required("sync").choice(),
        health: try fields.required("health").choice(), blocking: try fields.flag("blocking"),
        reason: try fields.text("reason"))
    }
  }
}
