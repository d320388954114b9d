internal import GRDB
public import Manifests

/// The hub's memory in a directory: a SQLite database, and a folder of blobs beside it.
///
/// One hub at a time: the directory is locked while the store is open, and a second one is refused. Everything is
/// written with `synchronous=FULL` in WAL mode; writes that come together share a transaction.
public final class SQLiteStore: HubStore {
  let pool: DatabasePool
  let writes: WriteQueue
  let blobFolder: BlobFolder
  private let lock: DirectoryLock

  /// Opens the store in this directory, which is created when it is missing, and brings its schema up to date.
  ///
  /// Blocks while it works. Throws `storeUnavailable`, also when another hub holds the directory, `storeNewer` when a
  /// newer program wrote it, `storeDamaged` when it is no database.
  ///
  /// - Parameter transactionEnded: hears how long each transaction took that writes.
  public convenience init(
    directory: String, transactionEnded: @escaping @Sendable (Duration) -> Void = { _ in }
  ) throws(FleetError) {
    try self.init(directory: directory, pageLimit: nil, transactionEnded: transactionEnded)
  }

  /// - Parameter pageLimit: how many pages the database may have; nil for as many as the disk holds.
  init(
    directory: String, pageLimit: Int?, transactionEnded: @escaping @Sendable (Duration) -> Void = { _ in }
  ) throws(FleetError) {
    try Folder.create(directory)
    lock = try DirectoryLock(directory)
    let path = directory + "/store.sqlite"
    do {
      if Folder.holds(path) { try Schema.refuseNewer(path) }
      pool = try DatabasePool(path: path, configuration: SQLiteStore.configuration(pageLimit: pageLimit))
      try Schema.update(pool)
    } catch {
      throw FleetError(error, database: path)
    }
    writes = WriteQueue(pool: pool, transactionEnded: transactionEnded)
    blobFolder = try BlobFolder(directory + "/blobs")
  }

  public func close() async throws(FleetError) {
    await writes.close()
    do {
      // The last connection to close is a reader, which cannot do this: without it a copy of the database file alone
      // would lack what stands in its log.
      _ = try await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
      try pool.close()
    } catch {
      throw FleetError(error, database: pool.path)
    }
    lock.release()
  }

  private static func configuration(pageLimit: Int?) -> Configuration {
    var configuration = Configuration()
    configuration.label = "store"
    configuration.foreignKeysEnabled = true
    // Only another program, such as sqlite3 on the command line, can hold the database besides this hub.
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { database in
      guard !database.configuration.readonly else { return }
      // GRDB sets NORMAL in WAL mode, with which a power cut may take the last transactions.
      try database.execute(sql: "PRAGMA synchronous = FULL")
      // So that the log shrinks again after a burst.
      try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
      if let pageLimit { try database.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    }
    return configuration
  }

  /// Reads one state of the database, whatever is written meanwhile.
  func read<Result: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(FleetError) -> Result {
    do {
      return try await pool.read(body)
    } catch {
      throw FleetError(error, database: pool.path)
    }
  }
}
