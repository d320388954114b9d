import Digests
import Manifests

extension Field {
  func clusterUID() throws(FleetError) -> ClusterUID { try text("a cluster uid") { ClusterUID($0) } }

  func appDigest() throws(FleetError) -> AppDigest { AppDigest(try digest()) }

  func timestamp() throws(FleetError) -> Timestamp {
    try text("an instant such as 2026-01-31T12:00:00Z") { Timestamp($0) }
  }

  func blobReference() throws(FleetError) -> BlobReference {
    try object { fields throws(FleetError) in
      BlobReference(
        sha256: try fields.required("sha256").digest(),
        length: try fields.required("length").int(in: 0...ManifestSet.Limits.bytes))
    }
  }

  /// A list of at most so many elements.
  func array<Element>(
    upTo limit: Int, _ read: (Field) throws(FleetError) -> Element
  ) throws(FleetError) -> [Element] {
    let fields = try array()
    guard fields.count <= limit else {
      throw error("\(fields.count) elements, at most \(limit)", code: .limitExceeded)
    }
    return try array(read)
  }
}

extension Field? {
  func digest() throws(FleetError) -> ReleaseDigest? {
    guard let self else { return nil }
    return ReleaseDigest(try self.digest())
  }
}
