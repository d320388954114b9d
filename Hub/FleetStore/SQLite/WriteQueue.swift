internal import GRDB
internal import Manifests
import Synchronization

/// Bounds on writes.
enum WriteLimits {
  /// Writes that may wait when they can be shed. One for every second of 10,000 agents is a fraction of this, and a
  /// report of 50 apps is some 40 KB with its envelope, so that a full queue holds 160 MB at worst.
  static let waiting = 4096
  /// Writes in one transaction: one fsync for all, and yet nobody waits for more than some tens of milliseconds.
  static let batch = 64
}

/// The one way into the database for writes: gathers what waits into one transaction, and so into one fsync.
///
/// Each write runs in a savepoint, so that one that fails takes nothing of the others with it; its caller goes on when
/// the transaction that holds it is durable. What the hub itself decided comes before what peers send: a whole fleet
/// reports just while its bundles are published. Each of the two is carried out in the order in which it came.
final class WriteQueue: Sendable {
  private struct State {
    /// What the hub itself decided.
    var own: [any Write] = []
    /// What peers send, and can be shed.
    var sent: [any Write] = []
    var isDraining = false
    var isClosed = false

    var waiting: Int { own.count + sent.count }
  }

  private let pool: DatabasePool
  private let transactionEnded: @Sendable (Duration) -> Void
  private let state = Mutex(State())

  init(pool: DatabasePool, transactionEnded: @escaping @Sendable (Duration) -> Void = { _ in }) {
    self.pool = pool
    self.transactionEnded = transactionEnded
  }

  /// How many writes no transaction has taken yet.
  var waiting: Int { state.withLock(\.waiting) }

  /// Carries out a write and returns when it is durable.
  ///
  /// - Parameter sheds: whether it may be refused with `storeBusy` when too many wait. For what many peers send; what
  ///   the hub itself decided always gets in.
  func perform<Result: Sendable>(
    sheds: Bool = false, _ body: @escaping @Sendable (Database) throws -> Result
  ) async throws(FleetError) -> Result {
    let outcome: Swift.Result<Result, FleetError> = await withCheckedContinuation { continuation in
      let write = PendingWrite(body: body, path: pool.path, continuation: continuation)
      if let refusal = submit(write, sheds: sheds) { write.conclude(refusal) }
    }
    return try outcome.get()
  }

  /// Refuses writes from now on and returns when those before are done.
  func close() async {
    state.withLock { $0.isClosed = true }
    await withCheckedContinuation { continuation in
      // The writer is serial, so this runs after what was handed to it; a drain that runs goes on until none waits.
      pool.asyncWriteWithoutTransaction { _ in continuation.resume() }
    }
  }

  private func submit(_ write: any Write, sheds: Bool) -> FleetError? {
    state.withLock { state in
      if state.isClosed { return FleetError(.storeUnavailable, "the store is closed") }
      if sheds, state.waiting >= WriteLimits.waiting {
        let message = "\(state.waiting) writes wait for the database already"
        return FleetError(.storeBusy, message, nextStep: "try again in a moment")
      }
      if sheds { state.sent.append(write) } else { state.own.append(write) }
      if !state.isDraining {
        state.isDraining = true
        // Under the lock, so that `close` comes after every drain that began before it. This only puts the drain
        // into the writer's queue.
        pool.asyncWriteWithoutTransaction { database in self.drain(into: database) }
      }
      return nil
    }
  }

  private func drain(into database: Database) {
    while let batch = nextBatch() { commit(batch, to: database) }
  }

  private func nextBatch() -> [any Write]? {
    state.withLock { state in
      let own = state.own.prefix(WriteLimits.batch)
      let batch = own + state.sent.prefix(WriteLimits.batch - own.count)
      state.own.removeFirst(own.count)
      state.sent.removeFirst(batch.count - own.count)
      state.isDraining = !batch.isEmpty
      return batch.isEmpty ? nil : Array(batch)
    }
  }

  private func commit(_ batch: [any Write], to database: Database) {
    var failure: (any Error)?
    let start = ContinuousClock.now
    do {
      try database.inTransaction(.immediate) {
        for write in batch {
          write.attempt(in: database)
          // A full disk makes SQLite roll back the whole transaction, and then that is everybody's error.
          if !database.isInsideTransaction, let error = write.error { throw error }
        }
        return .commit
      }
    } catch {
      failure = error
    }
    transactionEnded(ContinuousClock.now - start)
    for write in batch { write.conclude(failure) }
  }
}

/// A write that waits for its turn.
private protocol Write: AnyObject, Sendable {
  /// Runs the write; afterwards `error` says whether it failed.
  func attempt(in database: Database)
  var error: (any Error)? { get }
  /// Tells the caller what became of it, `failure` being what befell the transaction around it.
  func conclude(_ failure: (any Error)?)
}

private final class PendingWrite<Success: Sendable>: Write {
  private let body: @Sendable (Database) throws -> Success
  private let path: String
  private let continuation: CheckedContinuation<Result<Success, FleetError>, Never>
  private let result = Mutex<Result<Success, any Error>?>(nil)

  init(
    body: @escaping @Sendable (Database) throws -> Success, path: String,
    continuation: CheckedContinuation<Result<Success, FleetError>, Never>
  ) {
    self.body = body
    self.path = path
    self.continuation = continuation
  }

  func attempt(in database: Database) {
    let outcome = Result {
      var success: Success?
      try database.inSavepoint {
        success = try body(database)
        return .commit
      }
      guard let success else { throw FleetError(.storeUnavailable, "a write ended without a result") }
      return success
    }
    result.withLock { $0 = outcome }
  }

  var error: (any Error)? {
    result.withLock { if case .failure(let error)? = $0 { error } else { nil } }
  }

  func conclude(_ failure: (any Error)?) {
    let outcome = result.withLock { $0 }
    switch (outcome, failure) {
    case (.failure(let error)?, _), (_, let error?):
      continuation.resume(returning: .failure(FleetError(error, database: path)))
    case (.success(let success)?, nil): continuation.resume(returning: .success(success))
    case (nil, nil):
      let error = FleetError(.storeUnavailable, "a write was dropped")
      continuation.resume(returning: .failure(error.within(FleetError.Address(file: path))))
    }
  }
}
