import Digests
import Manifests
import Rendering
import Synchronization

/// A manifest set as far as the pipeline needs it: the objects themselves are let go of, and its bytes once they are
/// stored. A commit goes on from what the one before has rendered, so this is kept for every app and cluster.
final class RenderedSet: Sendable {
  let digest: Digest
  /// Which objects there are, for the checks of whole clusters.
  let outline: ObjectOutline
  /// nil when they are stored, or were let go of.
  private let pending: Mutex<[UInt8]?>
  private let stored = Atomic(false)

  init(_ set: ManifestSet, _ outlines: ObjectOutlines) {
    digest = set.digest
    outline = outlines.outline(of: set)
    pending = Mutex(set.canonicalBytes)
  }

  /// Whether the bytes have been stored.
  var isStored: Bool { stored.load(ordering: .relaxed) }

  /// The bytes; nil when they were let go of.
  var bytes: [UInt8]? { pending.withLock { $0 } }

  func noteStored() {
    stored.store(true, ordering: .relaxed)
    letGo()
  }

  func noteRemoved() { stored.store(false, ordering: .relaxed) }

  /// Forgets the bytes: who needs them renders the app again.
  func letGo() { pending.withLock { $0 = nil } }
}
