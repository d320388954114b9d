public import Digests
import Synchronization

/// Keeps what was rendered, beyond one renderer: in memory, or where a hub keeps its state.
///
/// There are two kinds of entries. For each overlay there is what its last build looked at, put again when that has
/// changed. A manifest set stands under a digest of everything it came from, and never changes; where several
/// hubs share a cache they put the same. Both forms are text, and neither has a secret that its manifests have not.
///
/// A cache is free to forget. What it gives back is checked: a wrong or truncated entry counts as none and is rendered
/// again. It is asked from several tasks at once.
public protocol RenderCache: Sendable {
  /// The bytes that were put last under this key; nil when there are none any more.
  func get(_ key: Digest) -> [UInt8]?

  /// Keeps bytes under a key, in the place of those that were there.
  func put(_ key: Digest, _ bytes: [UInt8])
}

/// A cache in memory that forgets what was put longest ago.
public final class MemoryRenderCache: RenderCache {
  /// The bytes that it keeps when nothing else is said: some thousand apps of ordinary size.
  public static let defaultBytes = 256 << 20

  private struct State {
    var entries: [Digest: (bytes: [UInt8], age: Int)] = [:]
    var keys: [Int: Digest] = [:]
    var size = 0
    var oldest = 0
    var next = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter bytes: how much it keeps at most, keys not counted.
  public init(bytes: Int = MemoryRenderCache.defaultBytes) { limit = bytes }

  public func get(_ key: Digest) -> [UInt8]? {
    state.withLock { $0.entries[key]?.bytes }
  }

  public func put(_ key: Digest, _ bytes: [UInt8]) {
    state.withLock { state in
      if let old = state.entries[key] {
        state.size -= old.bytes.count
        state.keys[old.age] = nil
      }
      state.entries[key] = (bytes, state.next)
      state.keys[state.next] = key
      state.next += 1
      state.size += bytes.count
      while state.size > limit, state.oldest < state.next {
        if let oldest = state.keys.removeValue(forKey: state.oldest), let entry = state.entries[oldest] {
          state.size -= entry.bytes.count
          state.entries[oldest] = nil
        }
        state.oldest += 1
      }
    }
  }
}
