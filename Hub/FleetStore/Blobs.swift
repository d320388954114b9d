public import Digests
public import Manifests

/// Immutable bytes named by their SHA-256: manifest sets and whatever else agents fetch by digest.
public protocol BlobStore: Sendable {
  /// Stores these, durable together when this returns. What is there already is left alone, unless it is damaged:
  /// then it is mended.
  func saveBlobs(_ blobs: [[UInt8]]) async throws(FleetError) -> [Digest]

  /// The bytes, checked against the digest; nil when there are none. Throws `storeDamaged` when they do not match.
  func blob(_ digest: Digest) async throws(FleetError) -> [UInt8]?

  /// A part of a blob as it is stored, for a reader who checks the digest of the whole: no part can be checked alone.
  ///
  /// At most `count` bytes from `offset`, fewer at the end, none beyond it; nil when there is no such blob.
  func blobPart(_ digest: Digest, offset: Int, count: Int) async throws(FleetError) -> [UInt8]?

  /// The length in bytes as stored, or nil.
  func blobLength(_ digest: Digest) async throws(FleetError) -> Int?

  /// The names of all that is stored.
  func storedBlobs() async throws(FleetError) -> Set<Digest>

  /// Forgets these; returns how many bytes that were. What is not there is fine.
  ///
  /// Nothing here knows what still names a blob: the caller does.
  func removeBlobs(_ digests: [Digest]) async throws(FleetError) -> Int

  /// Those of these digests that nothing is stored for.
  func missingBlobs(of digests: [Digest]) async throws(FleetError) -> [Digest]
}
