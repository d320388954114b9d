import Digests
public import Manifests

extension Bundle {
  public static let format = "flotilla.bundle/1"

  /// `bundle.json`: canonical JSON, apps and removals in the order of their names.
  public var canonicalBytes: [UInt8] {
    JSON.canonical([
      "format": .string(Bundle.format), "fleet": .string(fleet), "cluster": .string(cluster.rawValue),
      "bundle_seq": .integer(bundleSeq), "prev_seq": .integer(prevSeq), "min_agent": .string("\(minAgent)"),
      "not_before": .string("\(notBefore)"),
      "apps": .array(apps.sorted { $0.name.precedesInBytes($1.name) }.map(\.form)),
      "removed": .array(removed.sorted { $0.name.precedesInBytes($1.name) }.map(\.form)),
    ])
  }

  /// Reads `bundle.json`. What it returns says what the bytes say; whether to trust them is `Trust`'s to decide.
  ///
  /// Refused besides what is malformed: bytes that are not canonical, an app that stands twice, an app digest that is
  /// not that of the app's manifests and policy. Unknown fields are refused as well: an agent that does not know a
  /// field could not obey it, so whoever adds one raises `min_agent`.
  /// - Parameters:
  ///   - file: what errors call the bytes.
  ///   - agent: the version of the agent that reads. A bundle for newer agents is refused as `agentTooOld` before any
  ///     of its other fields is looked at.
  public init(json bytes: [UInt8], file: String, readBy agent: SemanticVersion? = nil) throws(FleetError) {
    let field = try Field.canonical(bytes, file: file, limit: FormatLimits.bundleBytes)
    self = try field.object { fields throws(FleetError) in
      try fields.expect("format", Bundle.format)
      let minAgent = try fields.required("min_agent")
      if let agent { try minAgent.refuse(agentOlderThanThis: agent) }
      let bundleSeq = try fields.required("bundle_seq").integer(in: 1 ... .max)
      return Bundle(
        fleet: try fields.required("fleet").name(), cluster: try fields.required("cluster").clusterUID(),
        bundleSeq: bundleSeq, prevSeq: try fields.required("prev_seq").integer(in: 0...bundleSeq - 1),
        minAgent: try minAgent.version(), notBefore: try fields.required("not_before").timestamp(),
        apps: try fields.required("apps").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try App(field)
        },
        removed: try fields.required("removed").array(upTo: FormatLimits.apps) { field throws(FleetError) in
          try Removal(field)
        })
    }
    try checkNames(file)
  }

  private func checkNames(_ file: String) throws(FleetError) {
    for (names, field) in [(apps.map(\.name), "apps"), (removed.map(\.name), "removed")] {
      for (index, pair) in zip(names, names.dropFirst()).enumerated() where !pair.0.precedesInBytes(pair.1) {
        throw FleetError(
          .invalidField, "not in the order of the names, each once",
          at: FleetError.Address(file: file, field: "\(field)[\(index + 1)].name", app: pair.1))
      }
    }
    let present = Set(apps.map(\.name))
    for (index, removal) in removed.enumerated() where present.contains(removal.name) {
      throw FleetError(
        .invalidField, "the app is in apps as well",
        at: FleetError.Address(file: file, field: "removed[\(index)].name", app: removal.name))
    }
  }
}

extension Field {
  fileprivate func refuse(agentOlderThanThis agent: SemanticVersion) throws(FleetError) {
    let needed = try version()
    guard agent < needed else { return }
    throw error("needs an agent of version \(needed) or newer; this is \(agent)", code: .agentTooOld)
  }
}

extension Bundle.App {
  fileprivate var form: Value {
    [
      "name": .string(name), "commit": .string(commit),
      "committer": .string(committer.cut(to: FormatLimits.committerBytes)),
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
        name: try fields.required("name").name(), commit: try fields.required("commit").commit(),
        committer: try fields.required("committer").string(upTo: FormatLimits.committerBytes),
        release: try fields.required("release").releaseDigest(),
        rollout: try fields.required("rollout").nonEmptyString(upTo: FormatLimits.tokenBytes),
        rollbackOf: try fields.nullable("rollback_of").read { field throws(FleetError) in try field.releaseDigest() },
        appDigest: try fields.required("app_digest").appDigest(),
        manifests: try fields.required("manifests").blobReference(),
        order: try fields.required("order").int(in: 0...FormatLimits.apps),
        policy: try AppPolicy(try fields.required("policy")),
        confirmedDeletions: try fields.required("confirmed_deletions").confirmations())
    }
    guard AppContent.present(app: name, manifests: manifests.sha256, policy: policy).digest == appDigest else {
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
        name: try fields.required("name").name(), appDigest: try fields.required("app_digest").appDigest(),
        absent: try fields.required("absent").choice(),
        confirmedDeletions: try fields.required("confirmed_deletions").confirmations())
    }
    guard AppContent.absent(app: name, absent).digest == appDigest else {
      throw field.error("app_digest is not the digest of this absence")
    }
  }
}

extension Field {
  fileprivate func confirmations() throws(FleetError) -> [String] {
    try strings(upTo: FormatLimits.confirmations, bytes: FormatLimits.objectIDBytes)
  }
}

extension FleetError.Code {
  /// A bundle that only a newer agent understands.
  public static let agentTooOld = FleetError.Code("agent-too-old")
}
