public import Digests
public import FleetModel
public import Manifests

/// What was rendered: app contents, releases, and the cache that saves rendering again.
public protocol ContentStore: Sendable {
  /// Stores canonical forms of app contents. Throws `storeConflict` when a digest is not that of its bytes.
  func saveContents(_ contents: [AppDigest: [UInt8]]) async throws(FleetError)

  /// The canonical forms that are stored of these, checked against their digests; throws `storeDamaged` when one does
  /// not match.
  func contents(of digests: Set<AppDigest>) async throws(FleetError) -> [AppDigest: [UInt8]]

  /// Stores a release. The same again is fine; throws `storeConflict` when the digest is not that of the bytes.
  func saveRelease(_ release: ReleaseRecord, trail: Trail) async throws(FleetError)

  func release(_ digest: ReleaseDigest) async throws(FleetError) -> ReleaseRecord?

  /// An app's releases, the youngest first.
  func releases(of app: String, limit: Int) async throws(FleetError) -> [ReleaseRecord]

  /// The releases that were stored since an instant, and of every app so many of the youngest, however old.
  func releases(since instant: Timestamp, andOfEachApp count: Int) async throws(FleetError) -> [ReleaseDigest]

  /// Remembers renders, each in the place of an earlier one with its key.
  func saveRenders(_ renders: [CachedRender]) async throws(FleetError)

  /// The renders that are remembered under these keys.
  func cachedRenders(_ keys: [Digest]) async throws(FleetError) -> [Digest: CachedRender]

  /// The keys of all renders that are remembered.
  func renderKeys() async throws(FleetError) -> Set<Digest>

  /// Forgets the renders under these keys.
  func removeRenders(_ keys: [Digest]) async throws(FleetError)
}

/// A release as it is stored.
public struct ReleaseRecord: Hashable, Sendable {
  public var digest: ReleaseDigest
  public var app: String
  public var commit: String
  /// The canonical JSON that the digest is of.
  public var canonical: [UInt8]
  public var createdAt: Timestamp

  public init(digest: ReleaseDigest, app: String, commit: String, canonical: [UInt8], createdAt: Timestamp) {
    self.digest = digest
    self.app = app
    self.commit = commit
    self.canonical = canonical
    self.createdAt = createdAt
  }
}

/// One render that need not be done again while what it read is the same.
public struct CachedRender: Hashable, Sendable {
  /// Names what was asked for, without the commit.
  public var key: Digest
  /// What the render read and what came of it, in the renderer's own form.
  public var trace: [UInt8]
  /// The digest and the length of these bytes, as they were when they were stored.
  public var result: BlobReference

  public init(key: Digest, trace: [UInt8], result: BlobReference) {
    self.key = key
    self.trace = trace
    self.result = result
  }
}
