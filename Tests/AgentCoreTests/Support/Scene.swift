import FleetModel
import Synchronization

@testable import AgentCore

/// A reconciler at work on a target in memory.
struct Scene: Sendable {
  let target = MemoryTarget()
  let clock = HandClock()
  private let heard = Mailbox()
  let reconciler: Reconciler

  /// Runs a reconciler while `body` lasts. Retries follow within milliseconds; full checks only when they are wanted.
  static func with(
    retry: RetrySchedule = RetrySchedule(first: .milliseconds(1), longest: .milliseconds(20)),
    _ body: (Scene) async throws -> Void
  ) async throws {
    let scene = Scene(retry: retry)
    let run = Task { try await scene.reconciler.run() }
    do {
      try await body(scene)
    } catch {
      run.cancel()
      throw error
    }
    run.cancel()
    _ = await run.result
  }

  private init(retry: RetrySchedule) {
    var settings = Reconciler.Settings()
    settings.retry = retry
    settings.fullCheckInterval = .seconds(86_400)
    let (clock, heard) = (clock, heard)
    reconciler = Reconciler(
      target: target, settings: settings, logger: Fixtures.logger, now: { clock.now }, random: { 0.5 },
      notify: { heard.add($0) })
  }

  func desire(_ apps: [DesiredApp], removals: [Bundle.Removal] = []) {
    reconciler.desire(Fixtures.state(apps, removals: removals))
  }

  func report(_ app: String) async -> Report.App? { await reconciler.report(listing: 10).first { $0.name == app } }

  /// Waits until the app's part of the report is so; the suite's time limit ends a wait for nothing.
  @discardableResult
  func until(_ app: String, _ holds: (Report.App) async throws -> Bool) async throws -> Report.App {
    while true {
      if let report = await report(app), try await holds(report) { return report }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  func until(_ holds: () async throws -> Bool) async throws {
    while !(try await holds()) { try await Task.sleep(for: .milliseconds(2)) }
  }

  /// Waits while the clock goes on, for what is tried again after a while.
  func untilInTime(_ holds: () async throws -> Bool) async throws {
    try await until {
      clock.advance(by: .milliseconds(20))
      // The clock wakes nobody.
      target.tell(.drifted(app: "nobody"))
      return try await holds()
    }
  }

  /// The reasons of the events of a kind, in order.
  func events(_ kind: String) -> [String] { heard.events.filter { $0.kind == kind }.map(\.reason) }
}

/// A clock that goes on only by hand.
final class HandClock: Sendable {
  private let instant = Mutex(Timestamp(seconds: 1_800_000_000))

  var now: Timestamp { instant.withLock { $0 } }
  func advance(by time: Duration) { instant.withLock { $0 = $0 + time } }
}

/// What a reconciler told.
private final class Mailbox: Sendable {
  private let all = Mutex<[(kind: String, reason: String)]>([])

  var events: [(kind: String, reason: String)] { all.withLock { $0 } }

  func add(_ notice: Reconciler.Notice) {
    if case .event(let kind, let reason) = notice { all.withLock { $0.append((kind, reason)) } }
  }
}
