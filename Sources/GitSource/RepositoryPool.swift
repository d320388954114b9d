internal import Manifests
internal import Synchronization

/// Open handles of one repository, each lent to one caller at a time.
final class RepositoryPool: Sendable {
  private final class Slot: Sendable {
    let handle = Mutex<RepositoryHandle?>(nil)
  }

  /// Enough for the cores of a hub; a reader holds a slot for microseconds to milliseconds.
  private static let slotCount = 8

  private let slots: [Slot]
  private let path: Mutex<String?>
  private let next = Atomic(0)
  private let damage = Atomic(false)

  init(path: String?) {
    self.path = Mutex(path)
    slots = (0..<Self.slotCount).map { _ in Slot() }
  }

  /// Whether something here could not be read that should have been.
  var isDamaged: Bool { damage.load(ordering: .relaxed) }

  func noteDamage() { damage.store(true, ordering: .relaxed) }

  /// There is another repository at the path now.
  func forgetDamage() { damage.store(false, ordering: .relaxed) }

  /// Lends a handle to `body`, which must not ask for another one.
  func withHandle<Value: Sendable>(
    _ body: @Sendable (borrowing RepositoryHandle) throws(FleetError) -> Value
  ) throws(FleetError) -> Value {
    for slot in slots {
      if let value = try slot.handle.withLockIfAvailable({ handle throws(FleetError) in try use(&handle, body) }) {
        return value
      }
    }
    let (turn, _) = next.add(1, ordering: .relaxed)
    let slot = slots[Int(turn.magnitude % UInt(slots.count))]
    return try slot.handle.withLock { handle throws(FleetError) in try use(&handle, body) }
  }

  /// Closes all handles, lets `body` rearrange what is on disk while nobody reads, and goes on at the path it returns.
  func whileClosed(_ body: @Sendable () throws(FleetError) -> String) throws(FleetError) {
    try whileClosed(from: 0, body)
  }

  private func whileClosed(from index: Int, _ body: @Sendable () throws(FleetError) -> String) throws(FleetError) {
    guard index < slots.count else {
      let newPath = try body()
      return path.withLock { $0 = newPath }
    }
    try slots[index].handle.withLock { handle throws(FleetError) in
      handle = nil
      try whileClosed(from: index + 1, body)
    }
  }

  private func use<Value: Sendable>(
    _ handle: inout RepositoryHandle?, _ body: @Sendable (borrowing RepositoryHandle) throws(FleetError) -> Value
  ) throws(FleetError) -> Value {
    if handle == nil {
      guard let path = path.withLock({ $0 }) else {
        throw FleetError(.gitCommitMissing, "nothing has been fetched yet", nextStep: "see the error of the last fetch")
      }
      handle = try RepositoryHandle(path: path)
    }
    do throws(FleetError) {
      switch handle {
      case .some(let open): return try body(open)
      case .none: throw FleetError(.gitRepositoryCorrupt, "the repository cannot be opened")
      }
    } catch {
      if error.code == .gitRepositoryCorrupt { noteDamage() }
      throw error
    }
  }
}
