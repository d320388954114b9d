import FleetStore
import Synchronization

/// The store of a hub that is to be killed.
final class Dying: Sendable {
  private let store = Mutex<FaultyStore?>(nil)

  var writes: Int { store.withLock { $0?.writes ?? 0 } }
  var isDead: Bool { store.withLock { $0?.isDead ?? false } }

  func wrap(_ inner: any HubStore, _ fatal: Int, _ death: FaultyStore.Death) -> any HubStore {
    let faulty = FaultyStore(inner, fatal: fatal, death)
    store.withLock { $0 = faulty }
    return faulty
  }
}
