import Manifests
import Synchronization

/// The manifest sets that were made last, whatever overlay they are of, for who renders one app on one cluster at a time.
final class RecentSets: Sendable {
  /// The bytes that are kept, in canonical form: enough for ten thousand apps of ordinary size. As objects they take some
  /// eight times as much.
  private static let limit = 32 << 20

  private struct Key: Hashable {
    /// Overlay builds are not gone while a set of them is kept, so that none takes another one's place.
    var build: OverlayBuild
    var parameters: OverlayBuild.Parameters

    static func == (left: Key, right: Key) -> Bool {
      left.build === right.build && left.parameters == right.parameters
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(ObjectIdentifier(build))
      hasher.combine(parameters)
    }
  }

  private struct State {
    var sets: [Key: ManifestSet] = [:]
    var order: [Key] = []
    var size = 0
  }

  private let state = Mutex(State())

  func find(_ build: OverlayBuild, _ parameters: OverlayBuild.Parameters) -> ManifestSet? {
    state.withLock { $0.sets[Key(build: build, parameters: parameters)] }
  }

  func add(_ set: ManifestSet, _ build: OverlayBuild, _ parameters: OverlayBuild.Parameters) {
    let key = Key(build: build, parameters: parameters)
    state.withLock { state in
      guard state.sets.updateValue(set, forKey: key) == nil else { return }
      state.order.append(key)
      state.size += set.canonicalBytes.count
      guard state.size > RecentSets.limit, state.order.count > 1 else { return }
      // Half of them at once, so that the list is not shifted for every one.
      for old in state.order.prefix(state.order.count / 2) {
        state.size -= state.sets.removeValue(forKey: old)?.canonicalBytes.count ?? 0
      }
      state.order.removeFirst(state.order.count / 2)
    }
  }
}
