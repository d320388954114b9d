import FleetStore
import Manifests
import Synchronization

/// A store that dies with one of its writes, as it does for a hub that is killed there: from then on nothing answers.
final class FaultyStore: HubStore {
  /// What becomes of the write that it dies with.
  enum Death: Sendable, CaseIterable {
    /// The write is lost.
    case before
    /// The write is stored, and nobody hears of it.
    case after
  }

  private struct State {
    var writes = 0
    var isDead = false
  }

  private let store: any HubStore
  private let fatal: Int
  private let death: Death
  private let written: @Sendable (_ call: String) async -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - fatal: the write that it dies with, counted from 1.
  ///   - written: hears of every write, which waits for it.
  init(
    _ store: any HubStore, fatal: Int, _ death: Death,
    written: @escaping @Sendable (_ call: String) async -> Void = { _ in }
  ) {
    self.store = store
    self.fatal = fatal
    self.death = death
    self.written = written
  }

  var isDead: Bool { state.withLock(\.isDead) }
  /// How many writes it was asked for.
  var writes: Int { state.withLock(\.writes) }

  private static let gone = FleetError(.storeUnavailable, "the hub was killed")

  func write<Result: Sendable>(
    _ call: String = #function, _ body: (any HubStore) async throws(FleetError) -> Result
  ) async throws(FleetError) -> Result {
    let (isDead, isFatal) = state.withLock { state in
      guard !state.isDead else { return (true, false) }
      state.writes += 1
      if state.writes == fatal { state.isDead = true }
      return (false, state.isDead)
    }
    await written(String(call.prefix { $0 != "(" }))
    if isDead || (isFatal && death == .before) { throw FaultyStore.gone }
    let result = try await body(store)
    if isFatal { throw FaultyStore.gone }
    return result
  }

  func read<Result: Sendable>(
    _ body: (any HubStore) async throws(FleetError) -> Result
  ) async throws(FleetError) -> Result {
    if isDead { throw FaultyStore.gone }
    return try await body(store)
  }

  func close() async throws(FleetError) { try await store.close() }
}
