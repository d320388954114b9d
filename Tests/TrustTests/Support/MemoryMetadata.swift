import Digests
import FleetModel
import Manifests
import Synchronization
import Trust

/// A hub that publishes from memory, and remembers what it was asked for.
final class MemorySource: MetadataSource {
  private struct State {
    var files: [String: [UInt8]] = [:]
    var requests: [String] = []
  }

  private let state = Mutex(State())

  init(_ published: Published...) {
    for view in published { publish(view) }
  }

  func publish(_ view: Published) {
    state.withLock { state in
      state.files["\(view.versions.root).root"] = view.root
      state.files["\(view.versions.snapshot).snapshot"] = view.snapshot
      state.files["\(view.versions.targets).targets"] = view.targets
      state.files["timestamp"] = view.timestamp
    }
  }

  /// Publishes a file under a name such as `2.root`; takes it back with nil.
  func set(_ name: String, _ bytes: [UInt8]?) { state.withLock { $0.files[name] = bytes } }

  /// What was asked for since this was asked last.
  func takeRequests() -> [String] {
    state.withLock { state in
      defer { state.requests = [] }
      return state.requests
    }
  }

  func fetch(_ role: MetadataRole, version: Int64?) async throws(FleetError) -> [UInt8]? {
    let name = version.map { "\($0).\(role.rawValue)" } ?? role.rawValue
    return state.withLock { state in
      state.requests.append(name)
      return state.files[name]
    }
  }
}

/// A disk that may fail at any of its writes, and remembers their order.
final class MemoryStorage: MetadataStorage {
  static let full = FleetError(FleetError.Code("disk-full"), "no space left on device")

  private struct State {
    var files: [MetadataRole: [UInt8]] = [:]
    var writes: [String] = []
    /// Writes that still succeed; nil for all.
    var allowed: Int?
  }

  private let state = Mutex(State())

  /// Lets so many writes succeed and every later one fail; all succeed with nil.
  func failAfter(_ writes: Int?) { state.withLock { $0.allowed = writes } }

  var files: [MetadataRole: [UInt8]] { state.withLock { $0.files } }
  var writes: [String] { state.withLock { $0.writes } }

  func load(_ role: MetadataRole) throws(FleetError) -> [UInt8]? { state.withLock { $0.files[role] } }

  func store(_ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError) { try write("store \(role)", role, bytes) }

  func remove(_ role: MetadataRole) throws(FleetError) { try write("remove \(role)", role, nil) }

  private func write(_ name: String, _ role: MetadataRole, _ bytes: [UInt8]?) throws(FleetError) {
    let succeeded = state.withLock { state in
      if let allowed = state.allowed {
        guard allowed > 0 else { return false }
        state.allowed = allowed - 1
      }
      state.files[role] = bytes
      state.writes.append(name)
      return true
    }
    guard succeeded else { throw MemoryStorage.full }
  }
}

/// A client over a source and a storage that a test can look into.
struct TestClient {
  var client: MetadataClient<MemoryStorage>
  let source: MemorySource
  let storage: MemoryStorage

  /// A client that has seen nothing but the first root.
  init(_ first: Published) throws {
    source = MemorySource(first)
    storage = MemoryStorage()
    client = try MetadataClient(
      first: try RootMetadata(trusting: first.root, digest: .init(of: first.root)), fleet: "acme",
      cluster: TestRepository.cluster, storage: storage)
  }

  @discardableResult
  mutating func refresh(at now: Timestamp = TestRepository.now) async throws -> Bool {
    try await client.refresh(from: source, at: now)
  }

  /// Refreshes, and says what was refused.
  mutating func refused(at now: Timestamp = TestRepository.now) async throws -> FleetError? {
    do {
      try await refresh(at: now)
      return nil
    } catch let error as FleetError {
      return error
    }
  }

  /// As after a restart: from what is stored.
  mutating func restart() throws {
    client = try MetadataClient(restoringFor: TestRepository.cluster, of: "acme", storage: storage)
  }

  /// The trusted versions: root, timestamp, snapshot, targets.
  var versions: [Int64] {
    let versions = client.view.versions
    return [versions.root, versions.timestamp, versions.snapshot, versions.targets]
  }
}
