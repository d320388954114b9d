public import Digests
public import FleetModel
internal import GRDB
public import Manifests

/// Copies a store, also one that a hub works with, and puts a copy in the place of a store that is lost.
///
/// A copy is the database as it was at one instant, and every blob that it names then. It is a folder like a store's own,
/// without a lock.
public enum StoreBackup {
  /// What a copy holds.
  public struct Contents: Hashable, Sendable {
    public var fleet: String
    /// The digest of the copied database.
    public var database: Digest
    public var blobs: Int
    /// The last record of its audit log.
    public var auditHead: AuditChain.Head?

    public init(fleet: String, database: Digest, blobs: Int, auditHead: AuditChain.Head?) {
      self.fleet = fleet
      self.database = database
      self.blobs = blobs
      self.auditHead = auditHead
    }
  }

  /// Bounds on backups.
  enum Limits {
    /// How often a copy is begun again because the hub collected a blob meanwhile that it names. Twice in a row hardly
    /// happens: collections are far apart.
    static let tries = 3
    /// How far the versions of every view are set ahead after a restore: more than a hub publishes for one cluster
    /// between two backups, and so little that 2^33 restores fit into what a version may be.
    static let versionsAhead: Int64 = 1 << 20
  }

  private static let database = "store.sqlite"
  private static let blobs = "blobs"

  /// Copies the store of a directory into a new one, and puts that into the store's audit log first.
  ///
  /// Blocks while it works. Throws `storeUnavailable` where there is no store or the target is there already,
  /// `storeNewer`, `storeDamaged`.
  public static func copy(
    from directory: String, to target: String, record: AuditRecord.Content
  ) throws(FleetError) -> Contents {
    let source = "\(directory)/\(database)"
    guard Folder.holds(source) else {
      throw FleetError(
        .storeUnavailable, "there is no store", at: .init(file: directory), nextStep: "name the hub's state directory")
    }
    guard !Folder.holds(target) else {
      throw FleetError(
        .storeUnavailable, "there is something already", at: .init(file: target), nextStep: "name a new folder")
    }
    do {
      try Schema.refuseNewer(source)
      try append(record, to: source)
      try Folder.create(target)
      for _ in 0..<Limits.tries {
        try copyDatabase(source, to: "\(target)/\(database)")
        try copyBlobs(from: "\(directory)/\(blobs)", to: "\(target)/\(blobs)")
        if try missingBlobs(in: target).isEmpty { return try contents(of: target) }
      }
    } catch {
      throw FleetError(error, database: source)
    }
    throw FleetError(
      .storeUnavailable, "the hub's blobs changed faster than they could be copied", at: .init(file: directory),
      nextStep: "try again")
  }

  /// Puts a copy where there is no store yet, checks every blob and the audit log, and sets every version ahead, so that
  /// none is used twice that was used after the copy was made.
  ///
  /// Throws `storeDamaged` or `auditChainBroken` for a copy that is not what was written; then there is no store yet.
  public static func restore(
    from copy: String, to directory: String, expecting contents: Contents, record: AuditRecord.Content
  ) async throws(FleetError) {
    guard try digest(of: "\(copy)/\(database)") == contents.database else {
      throw FleetError(
        .storeDamaged, "the database of the backup is not what was written", at: .init(file: copy),
        nextStep: "take another backup")
    }
    guard !Folder.holds("\(directory)/\(database)") else {
      throw FleetError(
        .storeUnavailable, "there is a store already", at: .init(file: directory),
        nextStep: "restore into an empty state directory")
    }
    // Made beside its place, and put there whole: a try that was killed is begun again over what it left.
    let unfinished = directory + ".unfinished"
    try Folder.create(unfinished)
    try copyBlobs(from: "\(copy)/\(blobs)", to: "\(unfinished)/\(blobs)", checking: true)
    for file in [database, "\(database)-wal", "\(database)-shm"] { try Folder.remove("\(unfinished)/\(file)") }
    try copyFile("\(copy)/\(database)", to: "\(unfinished)/\(database)")
    try Folder.sync(unfinished)
    try requireBlobs(in: unfinished, of: copy)
    let store = try SQLiteStore(directory: unfinished)
    do throws(FleetError) {
      guard try await store.verifyAudit() == contents.auditHead else {
        throw FleetError(.storeDamaged, "the audit log of the backup is not what was written", at: .init(file: copy))
      }
      try await store.setVersionsAhead(by: Limits.versionsAhead, trail: Trail(audit: [record]))
    } catch {
      try await store.close()
      throw error
    }
    try await store.close()
    try Folder.move(unfinished, to: directory)
  }

  private static func requireBlobs(in folder: String, of copy: String) throws(FleetError) {
    let missing: [Digest]
    do {
      missing = try missingBlobs(in: folder)
    } catch {
      throw FleetError(error, database: "\(folder)/\(database)")
    }
    guard !missing.isEmpty else { return }
    throw FleetError(
      .storeDamaged, "the backup lacks \(counted(missing.count, "blob")) that its database names",
      at: .init(file: copy), nextStep: "take another backup")
  }

  // MARK: The database

  /// A hub may hold the store meanwhile: SQLite lets one of the two write after the other.
  private static func append(_ record: AuditRecord.Content, to path: String) throws {
    var configuration = Configuration()
    configuration.busyMode = .timeout(10)
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    try queue.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        try database.append(Trail(audit: [record]))
        return .commit
      }
    }
  }

  private static func copyDatabase(_ source: String, to target: String) throws {
    for leftover in ["", "-wal", "-shm", "-journal"] { try Folder.remove(target + leftover) }
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    let from = try DatabaseQueue(path: source, configuration: configuration)
    defer { try? from.close() }
    let into = try DatabaseQueue(path: target)
    defer { try? into.close() }
    // All pages in one step: in WAL mode that keeps no writer waiting, and is one state of the database.
    try from.backup(to: into)
    try into.writeWithoutTransaction { database in
      // One file without a log beside it.
      _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
      let findings = try String.fetchAll(database, sql: "PRAGMA quick_check(1)")
      guard findings == ["ok"] else {
        throw FleetError(
          .storeDamaged, "the copied database does not hold", at: .init(file: source),
          cause: findings.joined(separator: "; "))
      }
    }
    try Folder.sync(target)
  }

  private static func contents(of copy: String) throws -> Contents {
    let path = "\(copy)/\(database)"
    let (fleet, head) = try reading(path) { database in
      (
        try database.value("SELECT name FROM fleet") as String?,
        try database.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1") { columns in
          AuditChain.Head(n: try columns.next(), hash: try columns.next())
        }
      )
    }
    guard let fleet else {
      throw FleetError(.storeDamaged, "the store belongs to no fleet", nextStep: "run `flotilla-hub init` first")
    }
    return Contents(
      fleet: fleet, database: try digest(of: path), blobs: try BlobFolder.list("\(copy)/\(blobs)").count,
      auditHead: head)
  }

  private static func reading<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result {
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    defer { try? queue.close() }
    return try queue.read(body)
  }

  // MARK: Blobs

  /// Blobs that the database of a folder names and that its blobs lack.
  private static func missingBlobs(in folder: String) throws -> [Digest] {
    let needed = try reading("\(folder)/\(database)") { database in
      try database.blobsOfBundles().union(try database.manifestsOfAssignments())
    }
    return needed.subtracting(try BlobFolder.list("\(folder)/\(blobs)")).sorted()
  }

  private static func copyBlobs(
    from source: String, to target: String, checking: Bool = false
  ) throws(FleetError) {
    try Folder.create(target)
    let present = checking ? [] : try BlobFolder.list(target)
    var prefixes: Set<String> = []
    for digest in try BlobFolder.list(source).subtracting(present).sorted() {
      let name = digest.hex
      let prefix = String(name.prefix(2))
      if prefixes.insert(prefix).inserted { try Folder.create("\(target)/\(prefix)") }
      // One that the hub collects meanwhile is not there any longer; whether it is missed is seen afterwards.
      guard let file = try StoredFile(reading: "\(source)/\(prefix)/\(name)") else { continue }
      let bytes = try file.read(from: 0, count: try file.length())
      guard !checking || Digest(of: bytes) == digest else {
        throw FleetError(
          .storeDamaged, "a blob of the backup is not what its name says",
          at: .init(file: "\(source)/\(prefix)/\(name)"), nextStep: "take another backup")
      }
      try StoredFile(writing: "\(target)/\(prefix)/\(name)").write(bytes)
    }
    for prefix in prefixes { try Folder.sync("\(target)/\(prefix)") }
    try Folder.sync(target)
  }

  // MARK: Files

  private static let part = 1 << 20

  private static func digest(of path: String) throws(FleetError) -> Digest {
    guard let file = try StoredFile(reading: path) else {
      throw FleetError(.storeUnavailable, "the backup lacks a file", at: .init(file: path))
    }
    var builder = DigestBuilder()
    let length = try file.length()
    var offset = 0
    while offset < length {
      let bytes = try file.read(from: offset, count: min(part, length - offset))
      guard !bytes.isEmpty else { break }
      builder.update(bytes)
      offset += bytes.count
    }
    return builder.finish()
  }

  private static func copyFile(_ source: String, to target: String) throws(FleetError) {
    guard let from = try StoredFile(reading: source) else {
      throw FleetError(.storeUnavailable, "the backup lacks a file", at: .init(file: source))
    }
    let into = try StoredFile(writing: target)
    let length = try from.length()
    var offset = 0
    while offset < length {
      let bytes = try from.read(from: offset, count: min(part, length - offset))
      guard !bytes.isEmpty else { break }
      try into.write(bytes, at: offset)
      offset += bytes.count
    }
    try into.sync()
  }
}

extension Database {
  /// Every bundle that is stored of any cluster, and what those bundles name.
  func blobsOfBundles() throws -> Set<Digest> {
    let lists: [DigestList] = try all("SELECT DISTINCT blobs FROM bundles") { try $0.next() }
    return lists.reduce(into: []) { $0.formUnion($1.digests) }
  }

  /// The manifest sets of everything that is assigned.
  fileprivate func manifestsOfAssignments() throws -> Set<Digest> {
    let contents: [[UInt8]] = try all(
      "SELECT DISTINCT canonical FROM assignments JOIN contents USING (digest)"
    ) { try $0.next() }
    var found: Set<Digest> = []
    for bytes in contents {
      if case .present(_, let manifests, _) = try AppContent(canonicalBytes: bytes, file: "contents") {
        found.insert(manifests)
      }
    }
    return found
  }
}
