import Authority
import CoreMetrics
import Digests
import FleetModel
import FleetStore
import GitSource
import HubAPI
import Logging
import Manifests
import NIOPosix
import Programs
import ReleasePipeline
import ServiceLifecycle
import Settings
import Trust
import UnixSignals
import Wire

/// `flotilla-hub run`: wires the hub together and runs it until it is asked to stop.
enum RunCommand {
  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(HubSettings.table.help()) }
    let values = try HubSettings.table.resolve(arguments: arguments, environment: Host.environment)
    let logger = Logger.bootstrap("flotilla-hub", values)
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    let state = values[HubSettings.stateDirectory]
    let store = try SQLiteStore(directory: "\(state)/store")
    guard let identity = try await store.fleetIdentity(), let address = try await store.hubSetting(HubState.address)
    else {
      throw FleetError(
        .usage, "the hub has no keys yet", at: .init(file: state), nextStep: "run `flotilla-hub init`")
    }
    let keys = try HubKeys.open("\(state)/keys", fleet: identity.name)
    let hub = try await FleetHub(
      FleetHub.Parts(
        store: store, keys: keys,
        source: try GitSource(
          settings: try values.gitSource(), stateDirectory: "\(state)/git", logger: logger),
        address: String(decoding: address, as: UTF8.self),
        isDevelopmentRoot: try await store.hubSetting(HubState.developmentRoot) != nil,
        enrollment: values[HubSettings.enrollment], now: { .now },
        random: { Double.random(in: 0..<1) }, logger: logger))
    if hub.isDevelopmentRoot { logger.warning("the fleet's root is one unencrypted key: never use it for real") }
    let door = try HubDoor(
      hub: hub, keys: keys, listen: values[HubSettings.listen],
      address: String(decoding: address, as: UTF8.self), logger: logger)
    let admin = AdminServer(
      listen: values[HubSettings.adminListen], hub: hub, door: door, metrics: metrics, logger: logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: HubService(hub: hub), successTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: door, successTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: admin, successTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    try await store.close()
  }

}

/// The pipeline as a service: runs until the group shuts down.
private struct HubService: Service {
  let hub: FleetHub

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await hub.run() }
  }
}
