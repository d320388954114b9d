internal import FleetModel
internal import Manifests

extension FleetMember: Formed {
  var form: Value {
    .object([
      "cluster": cluster.form, "name": .string(name), "environment": .string(environment),
      "labels": .byName(labels) { .string($0) }, "connectivity": .choice(connectivity),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      FleetMember(
        cluster: try fields.value("cluster"), name: try fields.text("name"),
        environment: try fields.text("environment"), labels: try fields.required("labels").stringMap(),
        connectivity: try fields.required("connectivity").choice())
    }
  }
}

extension Release: Formed {
  var form: Value {
    var form: Object = ["app": .string(app), "commit": .string(commit), "clusters": .byCluster(clusters) { $0.form }]
    if !chartProgram.isEmpty { form["chart_program"] = .string(chartProgram) }
    return .object(form)
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Release(
        app: try fields.text("app"), commit: try fields.text("commit"),
        clusters: try fields.required("clusters").byCluster { field throws(FleetError) in try AppDigest(form: field) },
        chartProgram: try fields.optional("chart_program")?.string() ?? "")
    }
  }
}

extension AppPlan: Formed {
  var form: Value {
    .object([
      "pipeline": pipeline.form, "gate": .choice(gate), "depends_on": .list(dependsOn), "freezes": .list(freezes),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      AppPlan(
        pipeline: try fields.value("pipeline"), gate: try fields.required("gate").choice(),
        dependsOn: try fields.list("depends_on"), freezes: try fields.listIfAny("freezes"))
    }
  }
}

extension Pipeline: Formed {
  var form: Value {
    .object([
      "name": .string(name), "stages": .list(stages), "on_failure": .choice(onFailure),
      "on_new_release": .choice(onNewRelease), "min_stage_interval": minStageInterval.form,
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Pipeline(
        name: try fields.text("name"), stages: try fields.list("stages"),
        onFailure: try fields.required("on_failure").choice(),
        onNewRelease: try fields.required("on_new_release").choice(),
        minStageInterval: try fields.value("min_stage_interval"))
    }
  }
}

extension Stage: Formed {
  var form: Value {
    .object([
      "name": .string(name), "members": members.form, "approval_before": .bool(approvalBefore),
      "approval_after": .bool(approvalAfter), "waves": .list(waves), "max_concurrent": .optional(maxConcurrent),
      "max_failures": maxFailures.form, "min_available": minAvailable.form, "pull_deadline": pullDeadline.form,
      "progress_deadline": progressDeadline.form, "soak": soak.form, "analysis": .list(analysis),
      "offline_policy": .choice(offlinePolicy),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Stage(
        name: try fields.text("name"), members: try fields.value("members"),
        approvalBefore: try fields.flag("approval_before"), approvalAfter: try fields.flag("approval_after"),
        waves: try fields.list("waves"), maxConcurrent: try fields.optionalValue("max_concurrent"),
        maxFailures: try fields.value("max_failures"), minAvailable: try fields.value("min_available"),
        pullDeadline: try fields.value("pull_deadline"), progressDeadline: try fields.value("progress_deadline"),
        soak: try fields.value("soak"), analysis: try fields.list("analysis"),
        offlinePolicy: try fields.required("offline_policy").choice())
    }
  }
}

extension StageRules: Formed {
  var form: Value {
    .object([
      "name": .string(name), "members": members.form, "approval_before": .bool(approvalBefore),
      "approval_after": .bool(approvalAfter), "waves": .list(waves), "max_concurrent": .list(maxConcurrent),
      "max_failures": .list(maxFailures), "min_available": .list(minAvailable), "pull_deadline": pullDeadline.form,
      "progress_deadline": progressDeadline.form, "soak": soak.form, "offline_policy": .choice(offlinePolicy),
      "analyses": .list(analyses), "freezes": .list(freezes),
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var rules = StageRules(Stage(name: try fields.text("name"), members: try fields.value("members")))
      rules.approvalBefore = try fields.flag("approval_before")
      rules.approvalAfter = try fields.flag("approval_after")
      rules.waves = try fields.list("waves")
      rules.maxConcurrent = try fields.list("max_concurrent")
      rules.maxFailures = try fields.list("max_failures")
      rules.minAvailable = try fields.list("min_available")
      rules.pullDeadline = try fields.value("pull_deadline")
      rules.progressDeadline = try fields.value("progress_deadline")
      rules.soak = try fields.value("soak")
      rules.offlinePolicy = try fields.required("offline_policy").choice()
      rules.analyses = try fields.listIfAny("analyses")
      rules.freezes = try fields.listIfAny("freezes")
      return rules
    }
  }
}

extension Stage.Members: Formed {
  var form: Value {
    switch self {
    case .environment(let name): .object(["environment": .string(name)])
    case .selector(let selector): .object(["selector": selector.form])
    }
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      if let environment = try fields.optional("environment") { return .environment(try environment.string()) }
      return .selector(try fields.value("selector"))
    }
  }
}

extension LabelSelector: Formed {
  var form: Value {
    .object(["match_labels": .byName(matchLabels) { .string($0) }, "match_expressions": .list(matchExpressions)])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      LabelSelector(
        matchLabels: try fields.required("match_labels").stringMap(),
        matchExpressions: try fields.list("match_expressions"))
    }
  }
}

extension LabelSelector.Requirement: Formed {
  var form: Value { .object(["key": .string(key), "operator": .choice(`operator`), "values": .list(values)]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      LabelSelector.Requirement(
        key: try fields.text("key"), operator: try fields.required("operator").choice(),
        values: try fields.list("values"))
    }
  }
}
