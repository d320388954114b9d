import Digests
public import Manifests

extension Release {
  /// What the release's digest is the SHA-256 of, in canonical JSON.
  public var canonicalBytes: [UInt8] {
    let map = clusters.sorted { $0.key < $1.key }.map { ($0.key.rawValue, Value.string($0.value.description)) }
    return JSON.canonical([
      "app": .string(app), "commit": .string(commit), "clusters": .object(Object(uniqueEntries: map.map { ($0.0, $0.1) })),
    ])
  }

  public var digest: ReleaseDigest { ReleaseDigest(Digest(of: canonicalBytes)) }

  /// Reads a release back. Throws for anything but what `canonicalBytes` makes.
  public init(canonicalBytes bytes: [UInt8], file: String) throws(FleetError) {
    let value = try JSON.parse(bytes, file: file, limits: ParseLimits(bytes: FormatLimits.releaseBytes))
    self = try Field(value, file: file).object { fields throws(FleetError) in
      var clusters: [ClusterUID: AppDigest] = [:]
      for entry in try fields.required("clusters").entries() {
        guard let uid = ClusterUID(entry.key) else {
          throw FleetError(.invalidField, "not a cluster uid", at: entry.keyAddress)
        }
        clusters[uid] = AppDigest(try entry.field.digest())
      }
      return Release(
        app: try fields.required("app").nonEmptyString(), commit: try fields.required("commit").string(),
        clusters: clusters)
    }
    guard canonicalBytes == bytes else {
      throw FleetError(.invalidJSON, "not in canonical form", at: .init(file: file))
    }
  }
}
