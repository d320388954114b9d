public import Authority
public import FleetModel
public import FleetStore
import GitSource
public import LocalFleet
import Logging
import Manifests
import Programs
public import ReleasePipeline
public import Rendering
import Synchronization
import TestSupport
import Testing

/// Where a hub stands: its keys, its state on disk, and the repository that it follows.
public struct Site: Sendable {
  public let directory: String
  public let repository: WorkingRepository
  public let keys: HubKeys
  let root: [UInt8]
  public let clock = TestClock()
  public var enrollment = EnrollmentPolicy.token
  /// Who may drive the hub, as its store is to have it.
  public var operators: [OperatorRecord] = []
  /// Between two tries of what does not render for a cluster that joined.
  public var amendmentRetry: Duration = .milliseconds(100)
  public var retention = Retention()
  /// What renders charts for the hub.
  public var charts: (any ChartInflater)?
  /// What answers the checks of stages; nobody, unless a test says who.
  public var probes: any AnalysisProbing = NoProbes()
  /// What the hub logs.
  public let log = LogRecorder()

  /// Makes a site in a directory of its own, and takes it away afterwards.
  public static func with<Result: Sendable>(
    _ fleet: SmallFleet = SmallFleet(), _ body: (Site) async throws -> Result
  ) async throws -> Result {
    try await withTemporaryDirectory { directory in
      let repository = try WorkingRepository(files: fleet.files, in: "\(directory)/fleet")
      let created = try HubKeys.create(
        in: "\(directory)/keys", fleet: "small", quorum: .development, rootDirectory: "\(directory)/root",
        passphrases: [], at: .now)
      return try await body(
        Site(directory: directory, repository: repository, keys: created.keys, root: created.root))
    }
  }

  /// Runs a hub on the state in a folder, which may be new, and stops it when `body` returns.
  ///
  /// - Parameters:
  ///   - wrap: puts something between the hub and its store.
  ///   - isKilled: whether the hub is to be stopped, whatever waits for it. A hub whose store refuses everything lets
  ///     callers wait, for it would go on when the store does.
  @discardableResult
  public func runHub<Result: Sendable>(
    state: String = "state", wrap: (SQLiteStore) -> any HubStore = { $0 },
    isKilled: @escaping @Sendable () -> Bool = { false },
    _ body: @escaping @Sendable (FleetHub) async throws -> Result
  ) async throws -> Result {
    let sqlite = try SQLiteStore(directory: "\(directory)/\(state)/store")
    do {
      try await sqlite.establishFleet(
        FleetIdentity(name: "small", epoch: 1, createdAt: Timestamp(seconds: 1_700_000_000)), trail: .none)
      try await sqlite.saveRoot(root, version: 1, trail: .none)
      for record in operators { try await sqlite.saveOperator(record, trail: .none) }
      let result = try await runHub(state: state, on: wrap(sqlite), isKilled, body)
      try await sqlite.close()
      return result
    } catch {
      try await sqlite.close()
      throw error
    }
  }

  /// The audit log of a hub that has been stopped.
  public func audit(state: String = "state") async throws -> [AuditRecord.Content] {
    let store = try SQLiteStore(directory: "\(directory)/\(state)/store")
    do {
      let records = try await store.auditRecords(after: 0, limit: 10_000)
      try await store.close()
      return records.map(\.content)
    } catch {
      try await store.close()
      throw error
    }
  }

  private func runHub<Result: Sendable>(
    state: String, on store: any HubStore, _ isKilled: @escaping @Sendable () -> Bool,
    _ body: @escaping @Sendable (FleetHub) async throws -> Result
  ) async throws -> Result {
    let logger = log.logger
    var polling = PollSettings()
    polling.interval = .milliseconds(50)
    polling.minimumGap = .milliseconds(10)
    let clock = clock
    let source = try GitSource(
      settings: try GitSourceSettings(
        location: try RepositoryLocation(repository.folder), reference: .branch("main"), polling: polling),
      stateDirectory: "\(directory)/\(state)/git", logger: logger)
    var parts = FleetHub.Parts(
      store: store, keys: keys, source: source, address: "localhost:7443", isDevelopmentRoot: true,
      enrollment: enrollment, probes: probes, now: { clock.now }, random: { 0.5 }, logger: logger)
    parts.amendmentRetry = amendmentRetry
    parts.retention = retention
    parts.charts = charts
    let hub = try await FleetHub(parts)
    return try await withThrowingTaskGroup(of: Result?.self) { group in
      group.addTask {
        try await hub.run()
        return nil
      }
      group.addTask { try await body(hub) }
      group.addTask {
        while !isKilled() { try await Task.sleep(for: .milliseconds(10)) }
        throw FleetError(FleetError.Code("hub-ended"), "the hub was killed")
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw FleetError(FleetError.Code("hub-ended"), "the hub ended before the test")
    }
  }
}

/// The time of day, which a test can put forward.
public final class TestClock: Sendable {
  private let ahead = Mutex(Duration.zero)

  public var now: Timestamp { ahead.withLock { Timestamp.now + $0 } }

  public func advance(by time: Duration) { ahead.withLock { $0 += time } }
}

/// Asks until the answer is there. Nothing that is waited for here takes more than a fraction of a second on a machine
/// with nothing else to do.
public func awaited<Answer>(
  _ what: String, within time: Duration = .seconds(240), _ question: () async throws -> Answer?
) async throws -> Answer {
  let deadline = ContinuousClock.now + time
  while ContinuousClock.now < deadline {
    if let answer = try await question() { return answer }
    try await Task.sleep(for: .milliseconds(10))
  }
  throw FleetError(FleetError.Code("waited-in-vain"), "this did not come to be: \(what)")
}

/// As `awaited`, for what is either so or not.
public func awaited(_ what: String, within time: Duration = .seconds(240), _ holds: () async throws -> Bool)
  async throws
{
  _ = try await awaited(what, within: time) { () -> Bool? in try await holds() ? true : nil }
}
