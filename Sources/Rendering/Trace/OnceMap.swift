import Manifests
import Synchronization

/// Values that are made once for each key, also when several tasks ask at the same time: the others wait.
///
/// What a maker throws is kept too, unless it is that it was cancelled: the next one who asks makes it. A maker must not ask for a key whose maker may ask for its own.
final class OnceMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private final class Cell: Sendable {
    let state = Mutex<Result<Value, FleetError>?>(nil)
  }

  private let cells = Mutex<[Key: Cell]>([:])

  func value(_ key: Key, make: () throws(FleetError) -> Value) throws(FleetError) -> Value {
    let cell = cells.withLock { cells in
      if let cell = cells[key] { return cell }
      let cell = Cell()
      cells[key] = cell
      return cell
    }
    let result = cell.state.withLock { state in
      if let known = state { return known }
      let made: Result<Value, FleetError>
      do throws(FleetError) { made = .success(try make()) } catch { made = .failure(error) }
      if !made.isCancellation { state = made }
      return made
    }
    return try result.get()
  }

  /// The values that were made, of those that did not throw.
  var made: [Key: Value] {
    cells.withLock { $0 }.compactMapValues { cell in
      cell.state.withLockIfAvailable { try? $0?.get() } ?? nil
    }
  }
}

extension Result where Failure == FleetError {
  /// Whether it says nothing but that whoever asked was cancelled.
  var isCancellation: Bool {
    if case .failure(let error) = self { error.code == .renderCancelled } else { false }
  }
}
