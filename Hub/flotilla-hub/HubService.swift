import Analyses
import AsyncHTTPClient
import Authority
import Charts
import FleetModel
import FleetStore
import GitSource
import Logging
import Manifests
import Programs
import ReleasePipeline
import ServiceLifecycle
import Settings
import Synchronization
import Wire

/// The hub itself: opens its store and its keys, then runs the pipeline and the gRPC port until the group shuts down.
struct HubService: Service {
  let values: SettingValues
  let metrics: HubMetrics
  let readiness: Readiness
  let running: RunningHub
  let logger: Logger

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await openAndServe()
    } onGracefulShutdown: {
      readiness.stop()
    }
  }

  private func openAndServe() async throws {
    let state = values[HubSettings.stateDirectory]
    let store = try SQLiteStore(
      directory: "\(state)/store", transactionEnded: { metrics.storeTransactionEnded($0) })
    do {
      try await run(on: store, state)
    } catch {
      try await store.close()
      throw error
    }
    try await store.close()
  }

  private func run(on store: SQLiteStore, _ state: String) async throws {
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: HTTPProbes.clientConfiguration)
    do {
      try await run(on: store, state, HTTPProbes(client: client))
    } catch {
      try? await client.shutdown()
      throw error
    }
    try await client.shutdown()
  }

  private func run(on store: SQLiteStore, _ state: String, _ probes: HTTPProbes) async throws {
    guard let identity = try await store.fleetIdentity(), let address = try await store.hubSetting(HubState.address)
    else {
      throw FleetError(
        .usage, "the hub has no keys yet", at: .init(file: state), nextStep: "run `flotilla-hub init`")
    }
    readiness.has(.store)
    let keys = try HubKeys.open("\(state)/keys", fleet: identity.name)
    readiness.has(.keys)
    let reachedAt = String(decoding: address, as: UTF8.self)
    var parts = FleetHub.Parts(
      store: store, keys: keys,
      source: try GitSource(settings: try values.gitSource(), stateDirectory: "\(state)/git", logger: logger),
      address: reachedAt, isDevelopmentRoot: try await store.hubSetting(HubState.developmentRoot) != nil,
      enrollment: values[HubSettings.enrollment], probes: probes, now: { .now }, random: { Double.random(in: 0..<1) },
      metrics: metrics, logger: logger)
    parts.retention = values.retention
    parts.charts = try helm(state)
    let hub = try await FleetHub(parts)
    if hub.isDevelopmentRoot { logger.warning("the fleet's root is one unencrypted key: never use it for real") }
    let door = try HubDoor(
      hub: hub, keys: keys, listen: values[HubSettings.listen], address: reachedAt, readiness: readiness,
      metrics: metrics, logger: logger)
    running.set(hub, door)
    try await serve(hub, door)
  }

  /// What renders charts; nil when the operator has not set it up.
  private func helm(_ state: String) throws(FleetError) -> Helm? {
    guard let program = values[HubSettings.helm] else { return nil }
    let workspaces = "\(state)/charts"
    try Helm.prepareWorkspaces(workspaces)
    let helm = try Helm(program: program, deadline: values[HubSettings.helmTimeout], workspaces: workspaces)
    logger.info("charts are rendered", metadata: ["program": "\(helm.identity)"])
    return helm
  }

  /// Runs both until one of them ends; the door's end is the group's shutdown.
  private func serve(_ hub: FleetHub, _ door: HubDoor) async throws {
    async let _ = noteFirstLook(of: hub)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await hub.run() }
      group.addTask { try await door.run() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func noteFirstLook(of hub: FleetHub) async {
    await hub.firstLook()
    readiness.has(.repository)
  }
}

/// The hub that runs, for the numbers that are looked at rather than counted.
final class RunningHub: Sendable {
  private let parts = Mutex<(hub: FleetHub, door: HubDoor)?>(nil)

  func set(_ hub: FleetHub, _ door: HubDoor) { parts.withLock { $0 = (hub, door) } }

  /// Brings its numbers up to date, if it runs already.
  func refresh(_ metrics: HubMetrics) async {
    guard let (hub, door) = parts.withLock({ $0 }) else { return }
    await hub.refreshMetrics()
    metrics.showConnections(door.server.connectionCount)
  }
}
