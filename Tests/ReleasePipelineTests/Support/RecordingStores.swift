import FleetStore
import Synchronization

/// Counts what hubs write.
final class RecordingStores: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  /// How often each call was made that writes.
  var calls: [String: Int] { counts.withLock { $0 } }

  func wrap(_ store: any HubStore) -> any HubStore {
    FaultyStore(store, fatal: .max, .before) { call in self.counts.withLock { $0[call, default: 0] += 1 } }
  }
}
