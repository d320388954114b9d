import Digests
import FleetModel
import FleetStore
import Manifests
import Rendering
import Synchronization

/// What was rendered, beyond a restart: the renderer's cache over the store.
///
/// The renderer asks without waiting, so an app's entries are brought from the store before the app is rendered, and
/// what it made is stored afterwards. Entries hold only where everything they read is unchanged: the renderer checks.
final class RenderMemory: RenderCache {
  private struct State {
    var loaded: [Digest: [UInt8]] = [:]
    var made: [Digest: [UInt8]] = [:]
    var used: Set<Digest> = []
    /// The keys of each app that was rendered since this hub started.
    var keys: [String: Set<Digest>] = [:]
  }

  /// Entries that are read from the store at once: some megabytes.
  private static let readAtOnce = 500

  private let store: any HubStore
  private let state = Mutex(State())

  init(store: any HubStore) { self.store = store }

  func get(_ key: Digest) -> [UInt8]? {
    state.withLock { state in
      guard let bytes = state.made[key] ?? state.loaded[key] else { return nil }
      state.used.insert(key)
      return bytes
    }
  }

  func put(_ key: Digest, _ bytes: [UInt8]) {
    state.withLock { state in
      state.made[key] = bytes
      state.used.insert(key)
    }
  }

  /// Brings what is stored of an app, the first time that it is rendered.
  ///
  /// - Parameter again: whether to bring it whatever was rendered before, for a renderer that begins anew.
  func begin(_ app: String, again: Bool = false) async throws(FleetError) {
    var loaded: [Digest: [UInt8]] = [:]
    if state.withLock({ again || $0.keys[app] == nil }) {
      let keys = try await storedKeys(of: app)
      for start in stride(from: 0, to: keys.count, by: RenderMemory.readAtOnce) {
        let part = Array(keys[start..<min(start + RenderMemory.readAtOnce, keys.count)])
        loaded.merge(try await store.cachedRenders(part).compactMapValues(\.intactBytes)) { $1 }
      }
    }
    state.withLock { state in
      state.loaded = loaded
      state.made = [:]
      state.used = []
    }
  }

  /// Stores what was made since `begin`; returns how much that is.
  ///
  /// - Parameter isWhole: whether the app was rendered for all its clusters, so that what was not used is not needed.
  func end(_ app: String, isWhole: Bool = true) async throws(FleetError) -> Int {
    let (made, keys, isNews) = state.withLock { state in
      let keys = state.used.union(state.keys[app] ?? (isWhole ? [] : Set(state.loaded.keys)))
      let isNews = keys != state.keys[app] ?? Set(state.loaded.keys)
      return (state.made, keys, isNews)
    }
    var renders = made.map { CachedRender(key: $0.key, $0.value) }
    if isNews { renders.append(CachedRender(key: RenderMemory.index(of: app), keys.sorted().flatMap(\.bytes))) }
    if !renders.isEmpty { try await store.saveRenders(renders) }
    state.withLock { state in
      state.keys[app] = keys
      state.loaded = [:]
      state.made = [:]
    }
    return made.count
  }

  /// The keys under which something of an app is stored, the list of them included.
  func keys(of app: String) async throws(FleetError) -> Set<Digest> {
    var keys = state.withLock { $0.keys[app] } ?? []
    if keys.isEmpty { keys.formUnion(try await storedKeys(of: app)) }
    keys.insert(RenderMemory.index(of: app))
    return keys
  }

  private func storedKeys(of app: String) async throws(FleetError) -> [Digest] {
    let index = RenderMemory.index(of: app)
    let bytes = try await store.cachedRenders([index])[index]?.intactBytes ?? []
    return stride(from: 0, to: bytes.count, by: Digest.byteCount).compactMap { start in
      Digest(bytes: Array(bytes[start..<min(start + Digest.byteCount, bytes.count)]))
    }
  }

  /// Under this key stand the keys of an app's entries, one after the other.
  private static func index(of app: String) -> Digest { Digest(of: Array("render keys of app \(app)".utf8)) }
}

extension CachedRender {
  fileprivate init(key: Digest, _ bytes: [UInt8]) {
    self.init(key: key, trace: bytes, result: BlobReference(sha256: Digest(of: bytes), length: bytes.count))
  }

  /// nil when the bytes are not those that were stored: then it is rendered again.
  fileprivate var intactBytes: [UInt8]? { Digest(of: trace) == result.sha256 ? trace : nil }
}
