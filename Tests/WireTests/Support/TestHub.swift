import FleetModel
import GRPCCore
import Logging
import Manifests
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Trust

@testable import Wire

/// A server on a free port of the loopback, with everything that a test wants to change about it.
final class TestHub: Sendable {
  let pki: TestPKI
  let tls: ServerTLS
  let port: Int
  let server: WireServer
  /// Clusters and operators that are shut out.
  let revoked: Revocations
  let clock: TestClock

  private init(pki: TestPKI, tls: ServerTLS, port: Int, server: WireServer, revoked: Revocations, clock: TestClock) {
    self.pki = pki
    self.tls = tls
    self.port = port
    self.server = server
    self.revoked = revoked
    self.clock = clock
  }

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  final class Revocations: Sendable {
    private let roles = Mutex<Set<FleetIdentityName>>([])
    func revoke(_ role: FleetIdentityName) { roles.withLock { _ = $0.insert(role) } }
    func refusal(_ peer: Peer) -> FleetError? {
      roles.withLock { $0.contains(peer.identity.name) }
        ? FleetError(.certificateRevoked, "shut out", at: .init(cluster: "x")) : nil
    }
  }

  final class TestClock: Sendable {
    private let time = Mutex(Timestamp(seconds: 1_800_000_000))
    var now: Timestamp { time.withLock { $0 } }
    func set(_ now: Timestamp) { time.withLock { $0 = now } }
  }

  /// Runs a server with these services around `body`, and sees to it that it ends.
  static func run(
    _ services: [any RegistrableRPCService], identity: String = "hub",
    limits: WireServer.Limits = .init(), statuses: [FleetError.Code: WireStatus] = [:],
    _ body: @escaping @Sendable (TestHub) async throws -> Void
  ) async throws {
    let pki = try await TestPKI.shared.value
    let tls = try ServerTLS(identity: pki.identity(identity).tls, clientRoots: [pki.authority])
    let (revoked, clock) = (Revocations(), TestClock())
    var configuration = WireServer.Configuration(
      host: "127.0.0.1", port: 0, tls: tls, fleet: "acme", refusal: { revoked.refusal($0) },
      now: { clock.now }, statuses: statuses)
    configuration.limits = limits
    let server = WireServer(
      configuration, services: services, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
      logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let port = try #require(await server.boundPort)
      let hub = TestHub(pki: pki, tls: tls, port: port, server: server, revoked: revoked, clock: clock)
      do {
        try await body(hub)
      } catch {
        group.cancelAll()
        throw error
      }
      server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }

  var address: HubAddress { HubAddress(host: "127.0.0.1", port: port) }

  func clientTLS(as name: String?, trust: HubTrust? = nil) throws -> ClientTLS {
    ClientTLS(
      identity: try name.map { try pki.identity($0).tls },
      trust: trust ?? HubTrust(anchor: .certificates([pki.authority]), fleet: "acme"))
  }

  /// A connection with the certificate of that name, or with none.
  func connect<Result: Sendable>(
    as name: String?, trust: HubTrust? = nil, _ body: @Sendable @escaping (HubChannel) async throws -> Result
  ) async throws -> Result {
    try await connect(with: try clientTLS(as: name, trust: trust), body)
  }

  func connect<Result: Sendable>(
    with tls: ClientTLS, to address: HubAddress? = nil,
    _ body: @Sendable @escaping (HubChannel) async throws -> Result
  ) async throws -> Result {
    try await HubChannel.withConnection(
      to: address ?? self.address, tls: tls, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
      body)
  }

  /// gRPC's own client over a connection of ours, for what a well-behaved client does not do.
  func withRawClient(
    as name: String, _ body: (GRPCClient<HubConnector.Transport>) async throws -> Void
  ) async throws {
    let connector = HubConnector(
      address: address, material: try clientTLS(as: name).current,
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup, ending: ConnectionEnding(address))
    let client = GRPCClient(transport: try await connector.connect().0)
    async let connections: Void = client.runConnections()
    try await body(client)
    client.beginGracefulShutdown()
    try await connections
  }
}

/// A uid that the test knows to be one.
func uid(_ text: String) -> ClusterUID { ClusterUID(text) ?? { preconditionFailure("\(text) is no uid") }() }
