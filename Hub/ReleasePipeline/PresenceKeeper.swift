import FleetModel
import FleetStore
import Logging
import Manifests
import RolloutEngine

/// Turns sessions that come and go into clusters that are online or offline, tells the engine, and keeps in the store
/// when each was last heard of.
///
/// Heartbeats only change memory; they reach the store together, every few seconds.
actor PresenceKeeper {
  /// Between two writes of what heartbeats said: how stale `last seen` may be after a crash.
  private static let flushInterval: Duration = .seconds(5)

  private let store: any HubStore
  private let changed: @Sendable ([RolloutEvent]) async -> Void
  private let now: @Sendable () -> Timestamp
  private let logger: Logger
  private var tracker = PresenceTracker()
  private var unsaved: Set<ClusterUID> = []
  private var lastSeen: [ClusterUID: Timestamp] = [:]

  init(
    store: any HubStore, now: @escaping @Sendable () -> Timestamp, logger: Logger,
    changed: @escaping @Sendable ([RolloutEvent]) async -> Void
  ) {
    self.store = store
    self.now = now
    self.logger = logger
    self.changed = changed
  }

  func heard(_ cluster: ClusterUID) {
    lastSeen[cluster] = now()
    unsaved.insert(cluster)
  }

  func isOnline(_ cluster: ClusterUID) -> Bool { tracker.isOnline(cluster) }

  var online: Set<ClusterUID> { tracker.online }

  /// When the cluster was last heard of since this hub started; nil before that.
  func lastHeard(_ cluster: ClusterUID) -> Timestamp? { lastSeen[cluster] }

  func take(_ change: AgentSessions.Change) async {
    switch change {
    case .connected(let cluster):
      heard(cluster)
      await announce([tracker.sessionBegan(cluster)].compactMap(\.self))
    case .disconnected(let cluster):
      tracker.sessionEnded(cluster, at: now())
      unsaved.insert(cluster)
    }
  }

  /// Watches the time until the task is cancelled.
  func run() async {
    while (try? await Task.sleep(for: nextStep)) != nil {
      await announce(tracker.timePassed(to: now()))
      await flush()
    }
    await flush()
  }

  private var nextStep: Duration {
    let due = tracker.nextDue.map { max(.milliseconds(50), $0.since(now())) }
    return min(due ?? PresenceKeeper.flushInterval, PresenceKeeper.flushInterval)
  }

  private func announce(_ changes: [PresenceTracker.Change]) async {
    let events = changes.map { change -> RolloutEvent in
      switch change {
      case .cameOnline(let cluster): .clusterConnected(cluster)
      case .wentOffline(let cluster): .clusterDisconnected(cluster)
      }
    }
    if !events.isEmpty { await changed(events) }
  }

  private func flush() async {
    guard !unsaved.isEmpty else { return }
    let presences = unsaved.map { cluster in
      Presence(cluster: cluster, lastSeen: lastSeen[cluster] ?? now(), isConnected: tracker.isOnline(cluster))
    }
    unsaved = []
    do {
      try await store.recordPresence(presences)
    } catch {
      unsaved.formUnion(presences.map(\.cluster))
      logger.warning("presence cannot be stored", metadata: ["error": "\(error)"])
    }
  }
}
