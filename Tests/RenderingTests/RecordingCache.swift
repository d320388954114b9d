import Digests
import Rendering
import Synchronization

enum Damage {
  case flipByte, truncate, empty
}

/// A cache that counts what is put, and can be damaged.
final class RecordingCache: RenderCache {
  private let state = Mutex<(entries: [Digest: [UInt8]], puts: Int)>(([:], 0))

  var puts: Int { state.withLock { $0.puts } }

  func get(_ key: Digest) -> [UInt8]? { state.withLock { $0.entries[key] } }

  func put(_ key: Digest, _ bytes: [UInt8]) {
    state.withLock { state in
      state.entries[key] = bytes
      state.puts += 1
    }
  }

  func damage(_ damage: Damage) {
    state.withLock { state in
      state.entries = state.entries.mapValues { bytes in
        var bytes = bytes
        switch damage {
        case .flipByte: bytes[bytes.count - 5] ^= 1
        case .truncate: bytes.removeLast(7)
        case .empty: bytes = []
        }
        return bytes
      }
    }
  }
}
