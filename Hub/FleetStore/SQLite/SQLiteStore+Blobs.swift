public import Digests
public import Manifests

extension SQLiteStore {
  public func saveBlobs(_ blobs: [[UInt8]]) async throws(FleetError) -> [Digest] {
    try await blobFolder.save(blobs)
  }

  public func blob(_ digest: Digest) async throws(FleetError) -> [UInt8]? { try await blobFolder.read(digest) }

  public func blobPart(_ digest: Digest, offset: Int, count: Int) async throws(FleetError) -> [UInt8]? {
    try await blobFolder.part(digest, offset: offset, count: count)
  }

  public func blobLength(_ digest: Digest) async throws(FleetError) -> Int? {
    try await blobFolder.length(of: digest)
  }

  public func storedBlobs() async throws(FleetError) -> Set<Digest> { try await blobFolder.all() }

  public func removeBlobs(_ digests: [Digest]) async throws(FleetError) -> Int { try await blobFolder.remove(digests) }

  public func missingBlobs(of digests: [Digest]) async throws(FleetError) -> [Digest] {
    try await blobFolder.missing(of: digests)
  }
}
