internal import FleetModel
internal import Manifests

extension Outsider: Formed {
  var form: Value {
    .object([
      "name": .string(name), "stage": .string(stage), "rollout": .string(rollout), "due": .optional(due),
      "pulled": .optional(pulled), "refusal": .optional(refusal), "state": state.form, "reason": .string(reason),
      "changed_at": changedAt.form,
    ])
  }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      var outsider = Outsider(
        name: try fields.text("name"), stage: try fields.text("stage"), at: try fields.value("changed_at"))
      outsider.rollout = try fields.text("rollout")
      outsider.due = try fields.optionalValue("due")
      outsider.pulled = try fields.optionalValue("pulled")
      outsider.refusal = try fields.optionalValue("refusal")
      outsider.state = try fields.value("state")
      outsider.reason = try fields.text("reason")
      return outsider
    }
  }
}

extension Outsider.Due: Formed {
  var form: Value { .object(["assignment": assignment.form, "stage": .string(stage)]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Outsider.Due(assignment: try fields.value("assignment"), stage: try fields.text("stage"))
    }
  }
}

extension Outsider.Refusal: Formed {
  var form: Value { .object(["digest": digest.form, "reason": .string(reason)]) }

  init(form: Field) throws(FleetError) {
    self = try form.object { fields throws(FleetError) in
      Outsider.Refusal(digest: try fields.value("digest"), reason: try fields.text("reason"))
    }
  }
}
