import Logging
import Programs
import Prometheus
import ReleasePipeline
import ServiceLifecycle
import Settings
import UnixSignals

/// `flotilla-hub run`: runs the hub until it is asked to stop.
enum RunCommand {
  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(HubSettings.table.help()) }
    let values = try HubSettings.table.resolve(arguments: arguments, environment: Host.environment)
    let logger = Logger.bootstrap("flotilla-hub", values)
    HubDescriptors.provide(logger)
    let prometheus = PrometheusMetrics(HubMetrics.all)
    let metrics = HubMetrics(factory: prometheus)
    let (readiness, running) = (Readiness(), RunningHub())
    let admin = AdminServer(
      listen: values[HubSettings.adminListen], readiness: readiness,
      metrics: {
        await running.refresh(metrics)
        return prometheus.text
      }, logger: logger)
    let hub = HubService(values: values, metrics: metrics, readiness: readiness, running: running, logger: logger)
    // Services are stopped in the reverse order: who asks hears that the hub is stopping.
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: admin, successTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: MemoryKeeper(), successTerminationBehavior: .ignore),
          .init(service: hub, successTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }
}
