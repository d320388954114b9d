import Digests
public import Manifests

extension Bundle {
  public static let format = "flotilla.bundle/1"

  /// `bundle.json`.
  public var canonicalBytes: [UInt8] {
    JSON.canonical([
      "format": .string(Bundle.format), "fleet": .string(fleet), "cluster": .string(cluster.rawValue),
      "bundle_seq": .integer(bundleSeq), "prev_seq": .integer(prevSeq), "min_agent": .string(minAgent),
      "not_before": .string(notBefore.description), "apps": .array(apps.map(\.form)),
      "removed": .array(removed.map(\.form)),
    ])
  }

  /// Reads `bundle.json`. Unknown fields are refused: an agent that does not know a field could not obey it, and a new
  /// one comes with a new format or a higher `min_agent`.
  public init(json bytes: [UInt8], file: String) throws(FleetError) {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: FormatLimits.bundleBytes))
    self = try Field(value, file: file).object { fields throws(FleetError) in
      try fields.expect("format", Bundle.format)
      return Bundle(
        fleet: try fields.required("fleet").nonEmptyString(), cluster: try fields.required("cluster").clusterUID(),
        bundleSeq: try fields.required("bundle_seq").integer(in: 1 ... .max),
        prevSeq: try fields.required("prev_seq").integer(in: 0 ... .max),
        minAgent: try fields.required("min_agent").nonEmptyString(),
        notBefore: try fields.required("not_before").timestamp(),
        apps: try fields.required("apps").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try App(field)
        },
        removed: try fields.required("removed").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try Removal(field)
        })
    }
    try refuseTwice(apps.map(\.name) + removed.map(\.name), file)
  }

  private func refuseTwice(_ names: [String], _ file: String) throws(FleetError) {
    var seen: Set<String> = []
    for name in names where !seen.insert(name).inserted {
      throw FleetError(.invalidField, "the app stands twice", at: .init(file: file, field: "apps", app: name))
    }
  }
}

extension Bundle.App {
  fileprivate var form: Value {
    [
      "name": .string(name), "commit": .string(commit), "committer": .string(committer),
      "release": .string(release.description), "rollout": .string(rollout),
      "rollback_of": rollbackOf.map { .string($0.description) } ?? .null, "app_digest": .string(appDigest.description),
      "manifests": ["sha256": .string(manifests.sha256.hex), "length": .integer(Int64(manifests.length))],
      "order": .integer(Int64(order)), "policy": policy.form,
      "confirmed_deletions": .array(confirmedDeletions.map(Value.string)),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      Bundle.App(
        name: try fields.required("name").nonEmptyString(), commit: try fields.required("commit").string(),
        committer: try fields.required("committer").string(),
        release: ReleaseDigest(try fields.required("release").digest()),
        rollout: try fields.required("rollout").string(),
        rollbackOf: try fields.nullable("rollback_of").digest(), appDigest: try fields.required("app_digest").appDigest(),
        manifests: try fields.required("manifests").blobReference(),
        order: try fields.required("order").int(in: 0...FormatLimits.apps),
        policy: try AppPolicy(try fields.required("policy")),
        confirmedDeletions: try fields.required("confirmed_deletions").strings())
    }
    guard AppContent.present(app: name, manifests: manifests, policy: policy).digest == appDigest else {
      throw field.error("app_digest is not the digest of the app's manifests and policy")
    }
  }
}

extension Bundle.Removal {
  fileprivate var form: Value {
    [
      "name": .string(name), "app_digest": .string(appDigest.description), "absent": .string(absent.rawValue),
      "confirmed_deletions": .array(confirmedDeletions.map(Value.string)),
    ]
  }

  fileprivate init(_ field: Field) throws(FleetError) {
    self = try field.object { fields throws(FleetError) in
      Bundle.Removal(
        name: try fields.required("name").nonEmptyString(), appDigest: try fields.required("app_digest").appDigest(),
        absent: try fields.required("absent").choice(),
        confirmedDeletions: try fields.required("confirmed_deletions").strings())
    }
    guard AppContent.absent(app: name, absent).digest == appDigest else {
      throw field.error("app_digest is not the digest of this absence")
    }
  }
}
