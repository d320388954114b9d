import Digests
public import Manifests

extension Release {
  /// What the release's digest is the SHA-256 of, in canonical JSON.
  public var canonicalBytes: [UInt8] {
    let map = clusters.map { (key: $0.key.rawValue, value: Value.string($0.value.description)) }
    var form: Value = [
      "app": .string(app), "commit": .string(commit), "clusters": .object(Object(uniqueEntries: map)),
    ]
    // Only where there is one, so that releases without charts are what they were.
    if !chartProgram.isEmpty { form["chart_program"] = .string(chartProgram) }
    return JSON.canonical(form)
  }

  public var digest: ReleaseDigest { ReleaseDigest(Digest(of: canonicalBytes)) }

  /// Reads what `canonicalBytes` makes, and nothing else.
  /// - Parameter file: what errors call the bytes.
  public init(canonicalBytes bytes: [UInt8], file: String) throws(FleetError) {
    let field = try Field.canonical(bytes, file: file, limit: FormatLimits.releaseBytes)
    self = try field.object { fields throws(FleetError) in
      Release(
        app: try fields.required("app").name(), commit: try fields.required("commit").commit(),
        clusters: try fields.required("clusters").appDigests(),
        chartProgram: try fields.optional("chart_program")?.nonEmptyString(upTo: FormatLimits.tokenBytes) ?? "")
    }
    // A field that is null counts as missing above, but it would be another release's bytes.
    guard canonicalBytes == bytes else { throw field.error("not the form of a release") }
  }
}

extension Field {
  /// A map from cluster uids to app digests.
  fileprivate func appDigests() throws(FleetError) -> [ClusterUID: AppDigest] {
    var digests: [ClusterUID: AppDigest] = [:]
    for entry in try entries() {
      guard let uid = ClusterUID(entry.key) else {
        throw FleetError(.invalidField, "not a cluster uid", at: entry.keyAddress)
      }
      digests[uid] = try entry.field.appDigest()
    }
    return digests
  }
}
