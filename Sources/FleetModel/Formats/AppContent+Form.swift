import Digests
public import Manifests

extension AppPolicy {
  /// As bundles and app digests have it.
  public var form: Value {
    [
      "prune": .bool(prune), "self_heal": .bool(selfHeal), "conflicts": .string(conflicts.rawValue),
      "ignore": .array(ignore.map(\.form)), "depends_on": .array(dependsOn.map(Value.string)),
      "health": .array(health.map(\.form)),
    ]
  }

  public init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy(
        prune: try fields.required("prune").bool(), selfHeal: try fields.required("self_heal").bool(),
        conflicts: try fields.required("conflicts").choice(),
        ignore: try fields.required("ignore").array { field throws(FleetError) in try IgnoredDifference(field) },
        dependsOn: try fields.required("depends_on").strings(),
        health: try fields.required("health").array { field throws(FleetError) in try HealthRule(field) })
    }
  }
}

extension AppPolicy.IgnoredDifference {
  var form: Value {
    [
      "group": .string(group), "kind": .string(kind), "json_pointers": .array(jsonPointers.map(Value.string)),
    ]
  }

  init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy.IgnoredDifference(
        group: try fields.required("group").string(), kind: try fields.required("kind").string(),
        jsonPointers: try fields.required("json_pointers").strings())
    }
  }
}

extension AppPolicy.HealthRule {
  var form: Value {
    [
      "group": .string(group), "kind": .string(kind), "in_progress": .string(inProgress), "failed": .string(failed),
      "healthy": .string(healthy),
    ]
  }

  init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      AppPolicy.HealthRule(
        group: try fields.required("group").string(), kind: try fields.required("kind").string(),
        inProgress: try fields.required("in_progress").string(), failed: try fields.required("failed").string(),
        healthy: try fields.required("healthy").string())
    }
  }
}

extension AppContent {
  /// What the app digest is the SHA-256 of, in canonical JSON.
  public var canonicalBytes: [UInt8] {
    switch self {
    case .present(let app, let manifests, let policy):
      JSON.canonical([
        "app": .string(app), "manifests": .string(manifests.sha256.hex), "policy": policy.form,
      ])
    case .absent(let app, let absence):
      JSON.canonical(["app": .string(app), "absent": .string(absence.rawValue)])
    }
  }

  public var digest: AppDigest { AppDigest(Digest(of: canonicalBytes)) }
}
