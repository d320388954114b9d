public import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func allocateVersions(
    _ requests: [ClusterUID: PublicationExtent]
  ) async throws(FleetError) -> [ClusterUID: PublicationVersions] {
    try await writes.perform { database in
      var allocated: [ClusterUID: PublicationVersions] = [:]
      for (cluster, extent) in requests {
        _ = try database.knownCluster(cluster)
        allocated[cluster] = try database.allocateVersions(for: cluster, extent)
      }
      return allocated
    }
  }

  public func publish(
    _ publications: [Publication], at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      for publication in publications { try database.publish(publication, at: now) }
      try database.append(trail)
    }
  }

  public func setVersionsAhead(by count: Int64, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      try database.run(
        """
        INSERT INTO view_versions SELECT uid, ?1, ?1, ?1, ?1 FROM clusters WHERE true ON CONFLICT (cluster) DO UPDATE
        SET targets = targets + ?1, snapshot = snapshot + ?1, timestamp = timestamp + ?1, bundle_seq = bundle_seq + ?1
        """, count)
      try database.append(trail)
    }
  }

  public func overtakenPublications() async throws(FleetError) -> Set<ClusterUID> {
    try await read { database in
      let clusters: [ClusterUID] = try database.all(
        """
        SELECT cluster FROM publications JOIN view_versions AS used USING (cluster) WHERE used.targets > publications.targets
        OR used.snapshot > publications.snapshot OR used.timestamp > publications.timestamp
        OR used.bundle_seq > publications.bundle_seq
        """
      ) { try $0.next() }
      return Set(clusters)
    }
  }

  public func publication(of cluster: ClusterUID) async throws(FleetError) -> PublicationRecord? {
    try await read { try $0.publication(of: cluster) }
  }

  public func publications() async throws(FleetError) -> [PublicationRecord] {
    try await read { database in
      try database.all("\(PublicationRecord.selection) ORDER BY cluster", read: PublicationRecord.init)
    }
  }

  public func metadata(
    of cluster: ClusterUID, _ role: ViewRole, version: Int64?
  ) async throws(FleetError) -> [UInt8]? {
    try await read { database in
      guard let version = try version ?? database.publication(of: cluster)?.versions[role] else { return nil }
      return try database.metadata(of: cluster, role, version)
    }
  }

  public func view(
    of cluster: ClusterUID, after root: Int64, held: Digest?
  ) async throws(FleetError) -> PublishedView? {
    try await read { database in
      guard let record = try database.publication(of: cluster) else { return nil }
      var metadata: [ViewRole: [UInt8]] = [:]
      for role in ViewRole.allCases {
        metadata[role] = try database.metadata(of: cluster, role, record.versions[role])
      }
      let bundle = try database.bundle(of: record)
      let known: DigestList? = try held.flatMap {
        try database.value("SELECT blobs FROM bundles WHERE cluster = ? AND digest = ? LIMIT 1", cluster, $0)
      }
      let roots = try database.all(
        "SELECT version, bytes FROM roots WHERE version > ? ORDER BY version LIMIT ?", root,
        PublicationLimits.rootsAtOnce
      ) { RootRecord(version: try $0.next(), bytes: try $0.next()) }
      return PublishedView(
        record: record, metadata: metadata, roots: roots, bundle: bundle.bytes,
        blobs: bundle.blobs.subtracting(known?.digests ?? []))
    }
  }

  public func publishedBundle(of cluster: ClusterUID) async throws(FleetError) -> PublishedBundle? {
    try await read { database in
      guard let record = try database.publication(of: cluster) else { return nil }
      return PublishedBundle(record: record, bytes: try database.bundle(of: record).bytes)
    }
  }

  public func bundle(of cluster: ClusterUID, _ digest: Digest) async throws(FleetError) -> [UInt8]? {
    try await read { database in
      try database.value(
        "SELECT bytes FROM bundles WHERE cluster = ? AND digest = ? ORDER BY bundle_seq DESC LIMIT 1", cluster, digest)
    }
  }

  public func bundles(of cluster: ClusterUID) async throws(FleetError) -> [[UInt8]] {
    try await read { database in
      try database.all("SELECT bytes FROM bundles WHERE cluster = ? ORDER BY bundle_seq", cluster) { try $0.next() }
    }
  }

  public func readableBlobs(of cluster: ClusterUID) async throws(FleetError) -> Set<Digest> {
    try await read { database in
      let lists: [DigestList] = try database.all("SELECT blobs FROM bundles WHERE cluster = ?", cluster) {
        try $0.next()
      }
      return lists.reduce(into: []) { $0.formUnion($1.digests) }
    }
  }

  public func blobsOfBundles() async throws(FleetError) -> Set<Digest> {
    try await read { try $0.blobsOfBundles() }
  }

  public func saveRoot(_ bytes: [UInt8], version: Int64, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      if let stored: [UInt8] = try database.value("SELECT bytes FROM roots WHERE version = ?", version) {
        guard stored == bytes else {
          throw FleetError(.storeConflict, "version \(version) of the root metadata has other content")
        }
        return
      }
      let last: Int64 = try database.value("SELECT MAX(version) FROM roots") ?? 0
      guard version == last + 1 else {
        throw FleetError(.storeConflict, "version \(version) of the root metadata cannot follow version \(last)")
      }
      try database.run("INSERT INTO roots VALUES (?, ?)", version, bytes)
      try database.append(trail)
    }
  }

  public func root(version: Int64?) async throws(FleetError) -> RootRecord? {
    try await read { database in
      try database.one(
        "SELECT version, bytes FROM roots WHERE ?1 IS NULL OR version = ?1 ORDER BY version DESC LIMIT 1", version
      ) { RootRecord(version: try $0.next(), bytes: try $0.next()) }
    }
  }
}

/// Digests one after the other in one column.
struct DigestList: Cell {
  var digests: Set<Digest>

  init(_ digests: Set<Digest>) { self.digests = digests }

  init?(cell: DatabaseValue) {
    guard let bytes = [UInt8](cell: cell), bytes.count.isMultiple(of: Digest.byteCount) else { return nil }
    digests = []
    for start in stride(from: 0, to: bytes.count, by: Digest.byteCount) {
      guard let digest = Digest(bytes: bytes[start..<start + Digest.byteCount]) else { return nil }
      digests.insert(digest)
    }
  }

  var cell: DatabaseValue { digests.sorted().flatMap(\.bytes).cell }
}

extension PublicationRecord {
  fileprivate static let selection = """
    SELECT cluster, targets, snapshot, timestamp, bundle_seq, prev_seq, bundle, timestamp_at, targets_at
    FROM publications
    """

  fileprivate init(_ columns: inout Columns) throws {
    let cluster: ClusterUID = try columns.next()
    let versions = PublicationVersions(
      targets: try columns.next(), snapshot: try columns.next(), timestamp: try columns.next(),
      bundleSeq: try columns.next(), prevSeq: try columns.next())
    self.init(
      cluster: cluster, versions: versions, bundle: try columns.next(), timestampAt: try columns.next(),
      targetsAt: try columns.next())
  }
}

extension Database {
  func publication(of cluster: ClusterUID) throws -> PublicationRecord? {
    try one("\(PublicationRecord.selection) WHERE cluster = ?", cluster, read: PublicationRecord.init)
  }

  /// The bundle of a publication, checked, and what it names.
  fileprivate func bundle(of record: PublicationRecord) throws -> Publication.NewBundle {
    let stored = try one(
      "SELECT bytes, blobs FROM bundles WHERE cluster = ? AND bundle_seq = ?", record.cluster, record.versions.bundleSeq
    ) { (bytes: try $0.next() as [UInt8], blobs: try $0.next() as DigestList) }
    guard let stored, Digest(of: stored.bytes) == record.bundle else {
      throw FleetError(
        .storeDamaged, "the bundle that is published is not what was stored",
        at: FleetError.Address(cluster: record.cluster.rawValue))
    }
    return Publication.NewBundle(bytes: stored.bytes, blobs: stored.blobs.digests)
  }

  func metadata(of cluster: ClusterUID, _ role: ViewRole, _ version: Int64) throws -> [UInt8]? {
    try value(
      "SELECT bytes FROM view_metadata WHERE cluster = ? AND role = ? AND version = ?", cluster, role, version)
  }
}
