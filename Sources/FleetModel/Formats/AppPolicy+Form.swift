public import Manifests

extension AppPolicy {
  /// As bundles and app contents have it.
  public var form: Value {
    [
      "prune": .bool(prune), "self_heal": .bool(selfHeal), "conflicts": .string(conflicts.rawValue),
      "ignore": .array(ignore.map(\.form)), "depends_on": .array(dependsOn.map(Value.string)),
      "health": .array(health.map(\.form)),
    ]
  }

  /// Reads what `form` makes. Unknown fields are refused: nobody can act on a policy that is only partly known.
  public init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy(
        prune: try fields.required("prune").bool(), selfHeal: try fields.required("self_heal").bool(),
        conflicts: try fields.required("conflicts").choice(),
        ignore: try fields.required("ignore").array(upTo: FormatLimits.policyRules) { field throws(FleetError) in
          try IgnoredDifference(field)
        },
        dependsOn: try fields.required("depends_on").array(upTo: FormatLimits.dependencies) {
          field throws(FleetError) in try field.name()
        },
        health: try fields.required("health").array(upTo: FormatLimits.policyRules) { field throws(FleetError) in
          try HealthRule(field)
        })
    }
  }
}

extension AppPolicy.IgnoredDifference {
  fileprivate var form: Value {
    [
      "group": .string(group), "kind": .string(kind), "json_pointers": .array(jsonPointers.map(Value.string)),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy.IgnoredDifference(
        group: try fields.required("group").string(upTo: FormatLimits.tokenBytes),
        kind: try fields.required("kind").nonEmptyString(upTo: FormatLimits.tokenBytes),
        jsonPointers: try fields.required("json_pointers").strings(
          upTo: FormatLimits.pointers, bytes: FormatLimits.expressionBytes))
    }
  }
}

extension AppPolicy.HealthRule {
  fileprivate var form: Value {
    [
      "group": .string(group), "kind": .string(kind), "in_progress": .string(inProgress), "failed": .string(failed),
      "healthy": .string(healthy),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy.HealthRule(
        group: try fields.required("group").string(upTo: FormatLimits.tokenBytes),
        kind: try fields.required("kind").nonEmptyString(upTo: FormatLimits.tokenBytes),
        inProgress: try fields.required("in_progress").string(upTo: FormatLimits.expressionBytes),
        failed: try fields.required("failed").string(upTo: FormatLimits.expressionBytes),
        healthy: try fields.required("healthy").string(upTo: FormatLimits.expressionBytes))
    }
  }
}
