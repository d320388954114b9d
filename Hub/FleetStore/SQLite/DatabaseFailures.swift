internal import GRDB
internal import Manifests

extension FleetError {
  /// What an operator is told of an error that came out of the database.
  ///
  /// SQLite's message is the cause; it names tables and columns, never values.
  init(_ error: any Error, database path: String) {
    let address = Address(file: path)
    switch error {
    case let error as FleetError: self = error
    case is CancellationError:
      self.init(.storeCancelled, "the caller no longer waits for what it asked the database", at: address)
    case let error as DatabaseError: self.init(sqlite: error, at: address)
    default: self.init(.storeUnavailable, "the database failed", at: address, cause: "\(error)")
    }
  }

  private init(sqlite error: DatabaseError, at address: Address) {
    let cause = error.message ?? "\(error.resultCode)"
    if error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY {
      // What rows refer to are clusters, and entries that the same transaction stored before.
      self.init(.clusterUnknown, "no cluster has this uid", at: address, cause: cause)
      return
    }
    switch error.resultCode {
    case .SQLITE_FULL:
      self.init(
        .storeFull, "no space is left for the database", at: address, cause: cause,
        nextStep: "make room on its disk; the hub goes on by itself")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .storeDamaged, "the database is damaged", at: address, cause: cause, nextStep: "restore the last backup")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(.storeBusy, "another process holds the database", at: address, cause: cause)
    case .SQLITE_CONSTRAINT:
      self.init(.storeConflict, "the database refuses what contradicts it", at: address, cause: cause)
    case .SQLITE_INTERRUPT:
      self.init(.storeCancelled, "the caller no longer waits for what it asked the database", at: address)
    case .SQLITE_MISUSE:
      self.init(.storeUnavailable, "the store is closed", at: address, cause: cause)
    default:
      self.init(
        .storeUnavailable, "the database cannot be read or written", at: address, cause: cause,
        nextStep: "check the disk, and that the hub's user may write its state directory")
    }
  }
}
