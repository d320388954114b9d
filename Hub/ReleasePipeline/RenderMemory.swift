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
    /// Those of them that the last render did not need, the oldest first.
    var old: [String: [Digest]] = [:]
  }

  /// Bounds on what is kept of an app beside what its last render rests on.
  enum Limits {
    /// For each entry that is needed one more is kept, for a commit that goes back to what was there before.
    static let oldForEachNeeded = 1
    /// Kept in any case: some commits' worth of a small app.
    static let old = 100
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
  /// - Parameters:
  ///   - isWhole: whether the app was rendered for all its clusters.
  ///   - needed: what that render rests on; of what is not in it the oldest is forgotten.
  func end(_ app: String, isWhole: Bool = true, needed: () -> Set<Digest>? = { nil }) async throws(FleetError) -> Int {
    // Of an app that was not rendered at all everything is as it was.
    let needed = state.withLock({ $0.used.isEmpty }) ? nil : needed()
    let (made, keys, isNews) = state.withLock { state in
      let known = state.keys[app] ?? Set(state.loaded.keys)
      let all = known.union(state.used)
      let keys = needed.map { needed in state.old.trim(app, all, needed) } ?? all
      if isWhole || state.keys[app] != nil { state.keys[app] = keys }
      return (state.made, keys, keys != known)
    }
    var renders = made.filter { keys.contains($0.key) }.map { CachedRender(key: $0.key, $0.value) }
    if isNews { renders.append(CachedRender(key: RenderMemory.index(of: app), keys.sorted().flatMap(\.bytes))) }
    if !renders.isEmpty { try await store.saveRenders(renders) }
    state.withLock { state in
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

extension [String: [Digest]] {
  /// Keeps what is needed of an app, and of the rest what was needed last; returns what is kept.
  fileprivate mutating func trim(_ app: String, _ all: Set<Digest>, _ needed: Set<Digest>) -> Set<Digest> {
    let known = (self[app] ?? []).filter { !needed.contains($0) }
    let fresh = all.subtracting(needed).subtracting(known).sorted()
    let limit = Swift.max(RenderMemory.Limits.old, needed.count * RenderMemory.Limits.oldForEachNeeded)
    let kept = (known + fresh).suffix(limit)
    self[app] = Array(kept)
    return all.intersection(needed).union(kept)
  }
}
