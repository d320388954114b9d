import AgentCore
import AsyncHTTPClient
import DirectoryTarget
import FleetModel
import Glibc
import KubernetesTarget
import Logging
import Manifests
import NIOPosix
import Programs
import ServiceLifecycle
import Settings
import Trust
import UnixSignals

/// `flotilla-agent run`: enrols if need be, wires the agent together and runs it until it is asked to stop.
enum RunCommand {
  static func run(_ arguments: [String]) async throws {
    if SettingsTable.asksForHelp(arguments) { return print(AgentSettings.table.help()) }
    let values = try AgentSettings.table.resolve(arguments: arguments, environment: Host.environment)
    try refuseTwoProbes(values)
    let kubernetes = try KubernetesTarget.Settings(values)
    let logger = Logger.bootstrap("flotilla-agent", values)
    let group = MultiThreadedEventLoopGroup.singleton
    let state = StateDirectory(path: values[AgentSettings.stateDirectory], files: HostFileSystem())
    let lock = try StateLock(of: state)
    defer { lock.release() }
    try prepare(state, logger)
    let api = try apiClient(values, group, logger)
    let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: HTTPProbe.clientConfiguration)
    let running = RunningAgent(targetKind: values[AgentSettings.target].rawValue)
    let service = AgentService {
      try await makeAgent(values, kubernetes, state, api, http, group, logger, known: running.has).run()
    }
    let admin = values[AgentSettings.adminListen].map {
      AdminServer(listen: $0, group: group, answer: running.answer, logger: logger)
    }
    // Services are stopped in the reverse order: who asks is answered to the end.
    let all: [any Service] = [admin].compactMap(\.self) + [service]
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: all.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    do {
      try await services.run()
    } catch {
      await api?.close()
      try? await http.shutdown()
      throw error
    }
    await api?.close()
    try await http.shutdown()
  }

  /// A client of the API server that is to be managed; nil when it is none.
  private static func apiClient(
    _ values: SettingValues, _ group: MultiThreadedEventLoopGroup, _ logger: Logger
  ) throws -> APIClient? {
    guard values[AgentSettings.target] == .kubernetes else { return nil }
    let access =
      if let file = values[AgentSettings.kubeconfig] {
        try Kubeconfig.access(try ConfigurationFile.read(file), file: file, context: values[AgentSettings.context])
      } else {
        try ServiceAccount.access(environment: Host.environment)
      }
    var settings = APIClient.Settings()
    settings.userAgent = "flotilla-agent/\(Program.version)"
    return APIClient(access: access, group: group, settings: settings, logger: logger)
  }

  private static func prepare(_ state: StateDirectory, _ logger: Logger) throws(FleetError) {
    for path in try state.prepare() {
      logger.warning(
        "other users could read or write this until now; if they are not to be trusted, revoke the cluster and enrol again",
        metadata: ["file": "\(path)"])
    }
  }

  private static func refuseTwoProbes(_ values: SettingValues) throws(FleetError) {
    guard values[AgentSettings.probeHTTP] != nil, values[AgentSettings.probeCommand] != nil else { return }
    throw FleetError(
      .usage, "two probes are given, and their answers could differ", at: .init(field: "probe-command, probe-http"),
      nextStep: "give either probe-command or probe-http")
  }

  /// Who is asked how the objects in the folder are; nil when nobody is.
  private static func probe(_ values: SettingValues, _ http: HTTPClient) -> (any HealthProbe)? {
    if let url = values[AgentSettings.probeHTTP] { return HTTPProbe(url: url, client: http) }
    return values[AgentSettings.probeCommand].flatMap(CommandProbe.init)
  }

  private static func makeTarget(
    _ values: SettingValues, _ kubernetes: KubernetesTarget.Settings, _ api: APIClient?, _ http: HTTPClient,
    _ logger: Logger, _ holder: LeaseHolder
  ) -> any ApplyTarget {
    if let api {
      var settings = kubernetes
      settings.holder = holder
      return KubernetesTarget(
        client: api, settings: settings, logger: logger, now: { .now }, random: { Double.random(in: 0..<1) })
    }
    return DirectoryTarget(
      directory: values[AgentSettings.directory], kind: values[AgentSettings.directoryKind], files: HostFileSystem(),
      probe: probe(values, http), logger: logger)
  }

  private static func makeAgent(
    _ values: SettingValues, _ kubernetes: KubernetesTarget.Settings, _ state: StateDirectory, _ api: APIClient?,
    _ http: HTTPClient, _ group: MultiThreadedEventLoopGroup, _ logger: Logger, known: (Agent, any ApplyTarget) -> Void
  ) async throws -> Agent {
    let version = SemanticVersion(Program.version) ?? SemanticVersion(major: 0, minor: 0, patch: 0)
    let boot = try SecureRandom.bytes(8).hexText
    var settings = Agent.Settings(version: version, boot: boot)
    settings.reconcile.fullCheckInterval = values[AgentSettings.fullCheckInterval]
    let identity = try await identity(values, state, group, logger)
    let holder = LeaseHolder(identity: "\(identity.fleet)/\(identity.cluster.rawValue)", boot: boot)
    let target = makeTarget(values, kubernetes, api, http, logger, holder)
    let agent = try Agent(
      identity: identity, target: target, state: state, settings: settings, eventLoopGroup: group, logger: logger,
      clock: { .now }, random: { Double.random(in: 0..<1) })
    known(agent, target)
    return agent
  }

  private static func identity(
    _ values: SettingValues, _ state: StateDirectory, _ group: MultiThreadedEventLoopGroup, _ logger: Logger
  ) async throws -> AgentIdentity {
    if let identity = try AgentIdentity(in: state) { return identity }
    guard let file = values[AgentSettings.tokenFile] else {
      throw FleetError(
        .usage, "the agent is not enrolled", at: .init(file: state.path),
        nextStep: "make a token with `flotilla cluster token NAME` and give it with --token-file")
    }
    let token = String(decoding: try ConfigurationFile.read(file), as: UTF8.self)
    let enrolment = EnrollAgent(
      state: state, version: Program.version, eventLoopGroup: group, logger: logger)
    return try await enrolment.enroll(token: token)
  }

}

/// The agent as a service: its work is cancelled when the group shuts down.
private struct AgentService: Service {
  let work: @Sendable () async throws -> Void

  func run() async throws {
    do {
      try await cancelWhenGracefulShutdown { try await work() }
    } catch is CancellationError {}
  }
}

extension KubernetesTarget.Settings {
  /// What the settings say of how an API server is managed.
  fileprivate init(_ values: SettingValues) throws(FleetError) {
    self.init()
    namespace = values[AgentSettings.inventoryNamespace]
    namespaces = values[AgentSettings.namespaces]
    if let wrong = namespaces.first(where: { !Names.isLabel($0[...]) }) {
      throw FleetError(.usage, "`\(wrong)` is no name of a namespace", at: .init(field: "namespaces"))
    }
    guard let text = values[AgentSettings.impersonate] else { return }
    accounts = AppAccounts(text)
    guard accounts != nil else {
      throw FleetError(
        .usage, "`\(text)` is no service account", at: .init(field: "impersonate"),
        nextStep: "give NAMESPACE/NAME, such as flotilla-apps/{app}")
    }
  }
}
