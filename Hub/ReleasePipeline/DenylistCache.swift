public import FleetModel
import FleetStore
import Manifests
import Synchronization

/// Who is refused although the certificate verifies, in memory: it is asked on every call.
public final class DenylistCache: Sendable {
  private let current: Mutex<Denylist>

  init(store: any HubStore) async throws(FleetError) {
    current = Mutex(try await store.denylist())
  }

  /// Whether a certificate, or the cluster it is of, was revoked.
  public func refuses(serial: String, cluster: ClusterUID?) -> Bool {
    current.withLock { list in list.serials.contains(serial) || cluster.map(list.clusters.contains) ?? false }
  }

  /// Takes over what the store has by now.
  func reload(from store: any HubStore) async throws(FleetError) {
    let next = try await store.denylist()
    // What was read before something was added must not take that away again.
    current.withLock { list in
      guard next.revision >= list.revision else { return }
      list = Denylist(
        revision: next.revision, serials: next.serials, clusters: next.clusters.union(list.clusters))
    }
  }

  /// Refuses a cluster from now on, as the store was told before.
  func add(_ cluster: ClusterUID) { current.withLock { _ = $0.clusters.insert(cluster) } }
}
