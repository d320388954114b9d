import FleetModel
import FleetStore
import Logging
import Manifests

/// Puts refusals into the audit log, and lets nobody fill it by being refused.
///
/// Whoever reaches the port can be refused as often as they like. So only so many refusals of one actor are recorded one
/// by one in an hour; the rest are counted, and a record at the hour's end says how many those were.
actor RefusalRecorder {
  enum Limits {
    /// How long the refusals of an actor are counted together.
    static let window: Duration = .seconds(3600)
    /// Refusals of one actor that are recorded in a window: enough to see what is tried, and for all strangers together,
    /// who are one actor, a megabyte of log in a day.
    static let recordedPerWindow = 100
    /// Between two looks for windows that are over.
    static let sweepInterval: Duration = .seconds(60)
  }

  /// The actor of everybody who has no certificate of the fleet.
  static let stranger = "agent"

  private struct Window {
    var begin: Timestamp
    var recorded = 0
    var counted = 0
    var last: Timestamp
  }

  private let store: any HubStore
  private let metrics: HubMetrics
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private var windows: [String: Window] = [:]

  init(store: any HubStore, metrics: HubMetrics, now: @escaping @Sendable () -> Timestamp, logger: Logger) {
    self.store = store
    self.metrics = metrics
    self.now = now
    self.logger = logger
  }

  /// Records a refusal, or counts it.
  func record(_ entry: AuditRecord.Content) async throws(FleetError) {
    var trail: [AuditRecord.Content] = []
    if let window = windows[entry.actor], isOver(window) { trail += close(entry.actor, window) }
    var window = windows[entry.actor] ?? Window(begin: now(), last: now())
    window.last = now()
    if window.recorded < Limits.recordedPerWindow {
      window.recorded += 1
      trail.append(entry)
    } else {
      window.counted += 1
      metrics.count(.refusalsCounted)
    }
    windows[entry.actor] = window
    if !trail.isEmpty { try await store.record(Trail(audit: trail)) }
  }

  /// Closes windows that are over until the task is cancelled, and then all of them.
  func run() async {
    while (try? await Task.sleep(for: Limits.sweepInterval)) != nil { await sweep { self.isOver($0) } }
    await sweep { _ in true }
  }

  private func isOver(_ window: Window) -> Bool { now().since(window.begin) >= Limits.window }

  private func sweep(_ isOver: (Window) -> Bool) async {
    let trail = windows.filter { isOver($0.value) }.sorted { $0.key < $1.key }.flatMap { close($0.key, $0.value) }
    guard !trail.isEmpty else { return }
    do {
      try await store.record(Trail(audit: trail))
    } catch {
      logger.error("refusals cannot be recorded", metadata: ["error": "\(error)"])
    }
  }

  /// Ends a window; the record of what was only counted in it.
  private func close(_ actor: String, _ window: Window) -> [AuditRecord.Content] {
    windows[actor] = nil
    guard window.counted > 0 else { return [] }
    return [
      AuditRecord.Content(
        time: now(), actor: actor, action: "refusals.count", subject: counted(window.counted, "refusal"),
        outcome: "refused",
        reason: "not recorded one by one, after \(window.recorded) from \(window.begin) to \(window.last)")
    ]
  }
}
