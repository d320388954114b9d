import Authority
import FleetModel
import HubAPI
import Logging
import Manifests
import NIOPosix
import Programs
import ReleasePipeline
import ServiceLifecycle
import Settings
import Trust
import Wire

/// The hub's gRPC server with its certificate, which it renews itself.
struct HubDoor: Service {
  let server: WireServer
  private let tls: ServerTLS
  private let keys: HubKeys
  private let hosts: [String]
  private let hub: FleetHub
  private let readiness: Readiness
  private let logger: Logger

  /// Between two looks at the certificate's age.
  private static let renewalInterval: Duration = .seconds(3600)

  init(
    hub: FleetHub, keys: HubKeys, listen: HostAndPort, address: String, readiness: Readiness, metrics: HubMetrics,
    logger: Logger
  ) throws(FleetError) {
    self.hub = hub
    self.keys = keys
    self.readiness = readiness
    self.logger = logger
    hosts = HostAndPort(address).map { [$0.host] } ?? []
    let roots = [keys.authority.certificate.der]
    tls = try ServerTLS(identity: try HubDoor.identity(keys, hosts), clientRoots: roots)
    let denylist = hub.denylist
    var configuration = WireServer.Configuration(
      host: listen.host, port: listen.port, tls: tls, fleet: keys.authority.fleet,
      refusal: { peer in
        var cluster: ClusterUID?
        if case .cluster(let uid) = peer.identity.name { cluster = uid }
        guard denylist.refuses(serial: peer.certificate.serialText, cluster: cluster) else { return nil }
        return FleetError(.certificateRevoked, "this certificate was revoked", nextStep: "ask an admin")
      }, now: { .now }, statuses: HubStatuses.table)
    configuration.callEnded = { metrics.callEnded($0, $1) }
    server = WireServer(
      configuration,
      services: [
        AgentHandlers(hub: hub, version: Program.version, now: { .now }),
        EnrollmentHandlers(hub: hub),
        OperatorHandlers(hub: hub, version: Program.version, started: .now),
        ReflectionHandlers(access: hub.access, services: HubDoor.services.union(HubDoor.standardServices)),
        HealthHandlers(services: HubDoor.services) { readiness.isReady },
      ],
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup, logger: logger)
  }

  private static let standardServices: Set<String> = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]
  private static let services: Set<String> = ["flotilla.v1.Agent", "flotilla.v1.Enrollment", "flotilla.v1.Operator"]

  func run() async throws {
    async let _ = noteListening()
    try await withGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        group.addTask { try await renewCertificate() }
        defer { group.cancelAll() }
        try await group.next()
      }
    } onGracefulShutdown: {
      hub.sessions.closeAll()
      server.beginGracefulShutdown()
    }
  }

  private func noteListening() async {
    if await server.boundPort != nil { readiness.has(.port) }
  }

  private func renewCertificate() async throws {
    while true {
      try await Task.sleep(for: HubDoor.renewalInterval)
      do {
        try tls.update(identity: try HubDoor.identity(keys, hosts), clientRoots: [keys.authority.certificate.der])
      } catch {
        logger.error("the hub's certificate cannot be renewed", metadata: ["error": "\(error)"])
      }
    }
  }

  /// A certificate for a key that only this process has.
  private static func identity(_ keys: HubKeys, _ hosts: [String]) throws(FleetError) -> TLSIdentity {
    let key = try PrivateKey.generate(.ecdsaP256)
    let certificate = try keys.authority.issueHub(for: key.publicKey, hosts: hosts, at: .now)
    return try TLSIdentity(
      certificateChain: [certificate.der, keys.authority.certificate.der], privateKey: .pem(try key.pem()))
  }
}
