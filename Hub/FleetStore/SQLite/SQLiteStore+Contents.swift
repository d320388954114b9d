public import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func saveContents(_ contents: [AppDigest: [UInt8]]) async throws(FleetError) {
    for (digest, bytes) in contents { try requireDigest(digest.digest, of: bytes, "app content") }
    try await writes.perform { database in
      for (digest, bytes) in contents {
        try database.run("INSERT OR REPLACE INTO contents VALUES (?, ?)", digest, bytes)
      }
    }
  }

  public func contents(of digests: Set<AppDigest>) async throws(FleetError) -> [AppDigest: [UInt8]] {
    try await read { database in
      var found: [AppDigest: [UInt8]] = [:]
      for digest in digests {
        guard let bytes: [UInt8] = try database.value("SELECT canonical FROM contents WHERE digest = ?", digest)
        else { continue }
        try requireIntact(bytes, digest.digest, "app content")
        found[digest] = bytes
      }
      return found
    }
  }

  public func saveRelease(_ release: ReleaseRecord, trail: Trail) async throws(FleetError) {
    try requireDigest(release.digest.digest, of: release.canonical, "release")
    try await writes.perform { database in
      guard try database.release(release.digest) == nil else { return }
      try database.run(
        "INSERT INTO releases (digest, app, commit_id, canonical, created_at) VALUES (?, ?, ?, ?, ?)",
        release.digest, release.app, release.commit, release.canonical, release.createdAt)
      try database.append(trail)
    }
  }

  public func release(_ digest: ReleaseDigest) async throws(FleetError) -> ReleaseRecord? {
    try await read { try $0.release(digest) }
  }

  public func releases(of app: String, limit: Int) async throws(FleetError) -> [ReleaseRecord] {
    try await read { database in
      try database.all(
        "\(ReleaseRecord.selection) WHERE app = ? ORDER BY number DESC LIMIT ?", app, max(0, limit),
        read: ReleaseRecord.init)
    }
  }

  public func releases(
    since instant: Timestamp, andOfEachApp count: Int
  ) async throws(FleetError) -> [ReleaseDigest] {
    try await read { database in
      try database.all(
        """
        SELECT digest FROM (
          SELECT digest, created_at, row_number() OVER (PARTITION BY app ORDER BY number DESC) AS place FROM releases)
        WHERE created_at >= ? OR place <= ?
        """, instant, max(0, count)
      ) { try $0.next() }
    }
  }

  public func saveRenders(_ renders: [CachedRender]) async throws(FleetError) {
    try await writes.perform { database in
      for render in renders {
        try database.run(
          "INSERT OR REPLACE INTO renders VALUES (?, ?, ?, ?)", render.key, render.trace, render.result.sha256,
          render.result.length)
      }
    }
  }

  public func cachedRenders(_ keys: [Digest]) async throws(FleetError) -> [Digest: CachedRender] {
    try await read { database in
      var found: [Digest: CachedRender] = [:]
      for key in keys {
        found[key] = try database.one("SELECT trace, result, length FROM renders WHERE key = ?", key) { columns in
          let trace: [UInt8] = try columns.next()
          let result = BlobReference(sha256: try columns.next(), length: try columns.next())
          return CachedRender(key: key, trace: trace, result: result)
        }
      }
      return found
    }
  }
}

extension SQLiteStore {
  public func renderKeys() async throws(FleetError) -> Set<Digest> {
    try await read { database in
      let keys: [Digest] = try database.all("SELECT key FROM renders") { try $0.next() }
      return Set(keys)
    }
  }

  public func removeRenders(_ keys: [Digest]) async throws(FleetError) {
    try await writes.perform { database in
      for key in keys { try database.run("DELETE FROM renders WHERE key = ?", key) }
    }
  }
}

/// Refuses to store bytes under a digest that is not theirs.
private func requireDigest(_ digest: Digest, of bytes: [UInt8], _ what: String) throws(FleetError) {
  guard Digest(of: bytes) == digest else {
    throw FleetError(.storeConflict, "\(digest.short) is not the digest of this \(what)")
  }
}

/// Refuses to hand out stored bytes that their digest no longer matches.
private func requireIntact(_ bytes: [UInt8], _ digest: Digest, _ what: String) throws(FleetError) {
  guard Digest(of: bytes) == digest else {
    throw FleetError(
      .storeDamaged, "the stored \(what) \(digest.short) is not what was stored", nextStep: "restore the last backup")
  }
}

extension ReleaseRecord {
  fileprivate static let selection = "SELECT digest, app, commit_id, canonical, created_at FROM releases"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      digest: try columns.next(), app: try columns.next(), commit: try columns.next(), canonical: try columns.next(),
      createdAt: try columns.next())
    try requireIntact(canonical, digest.digest, "release")
  }
}

extension Database {
  fileprivate func release(_ digest: ReleaseDigest) throws -> ReleaseRecord? {
    try one("\(ReleaseRecord.selection) WHERE digest = ?", digest, read: ReleaseRecord.init)
  }
}
