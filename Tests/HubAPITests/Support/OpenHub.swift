import Authority
import CoreMetrics
import FleetModel
import FleetStore
import GRPCCore
import HubSite
import Logging
import NIOPosix
import Programs
import ReleasePipeline
import RolloutEngine
import Settings
import Testing
import Trust

@testable import Wire
@testable import flotilla_hub

/// A hub with its door open on a free port of the loopback, and connections to it as anybody.
struct OpenHub: Sendable {
  let site: Site
  let hub: FleetHub
  let port: Int

  /// Operators of every role that the hub's store knows, each named like the role.
  static let operators = OperatorRole.allCases.map {
    OperatorRecord(
      name: $0.rawValue, role: $0, environments: [], certificateSerial: nil, createdAt: Timestamp(seconds: 1))
  }

  /// Runs a hub that has read the fleet, and stops it when `body` returns; hands over its site, for the audit log.
  static func with(
    _ fleet: SmallFleet = SmallFleet(), operators more: [OperatorRecord] = [],
    afterwards: (Site) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (OpenHub) async throws -> Void
  ) async throws {
    try await Site.with(fleet) { site in
      var site = site
      site.operators = operators + more
      let ready = site
      try await ready.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        try await open(ready, hub, body)
      }
      try await afterwards(ready)
    }
  }

  private static func open(
    _ site: Site, _ hub: FleetHub, _ body: @escaping @Sendable (OpenHub) async throws -> Void
  ) async throws {
    let door = try HubDoor(
      hub: hub, keys: site.keys, listen: HostAndPort(host: "127.0.0.1", port: 0), address: "localhost:7443",
      readiness: Readiness(), metrics: HubMetrics(factory: NOOPMetricsHandler.instance),
      logger: Logger(label: "door") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await door.run() }
      let port = try #require(await door.server.boundPort)
      do {
        try await body(OpenHub(site: site, hub: hub, port: port))
      } catch {
        group.cancelAll()
        throw error
      }
      door.server.beginGracefulShutdown()
      try await group.waitForAll()
    }
  }

  private var address: HubAddress { HubAddress(host: "127.0.0.1", port: port) }

  /// What a client shows: a certificate of the fleet's authority for this name, or none.
  private func tls(_ name: FleetIdentityName?) throws -> ClientTLS {
    let trust = HubTrust(anchor: .certificates([site.keys.authority.certificate.der]), fleet: "small")
    guard let name else { return ClientTLS(identity: nil, trust: trust) }
    let key = try PrivateKey.generate(.ecdsaP256)
    let certificate = try site.keys.authority.issue(name, for: key.publicKey, at: .now, lifetime: .seconds(3600))
    return ClientTLS(
      identity: try TLSIdentity(certificateChain: [certificate.der], privateKey: .pem(try key.pem())), trust: trust)
  }

  func connect<Result: Sendable>(
    as name: FleetIdentityName?, _ body: @Sendable @escaping (HubChannel) async throws -> Result
  ) async throws -> Result {
    try await HubChannel.withConnection(
      to: address, tls: try tls(name), eventLoopGroup: .singletonMultiThreadedEventLoopGroup, body)
  }

  /// What an operator of this role gets.
  func ask<Answer: Sendable>(
    as role: OperatorRole = .admin,
    _ question: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Answer
  ) async throws -> Answer {
    try await connect(as: .operator(role.rawValue)) { try await question(FlotillaV1.OperatorClient($0)) }
  }

  /// Drives these until the first rollout of web has failed on one of them.
  func driveToFailure(_ agents: [TestAgent], degrading one: TestAgent) async throws {
    await one.set(degraded: ["web"])
    try await hub.drive(agents, until: "the rollout has failed") {
      site.clock.advance(by: .seconds(5))
      // An agent that is heard lets the hub look at its clock.
      if let uid = await one.uid { _ = try await hub.agents.beginPull(by: uid) }
      return try await hub.rollout(of: "web")?.state == .failed
    }
  }

  /// gRPC's own client over a connection of ours: any method with any bytes, and the status as it crosses the wire.
  func connectRaw(as name: FleetIdentityName?, _ body: (RawClient) async throws -> Void) async throws {
    let connector = HubConnector(
      address: address, material: try tls(name).current, eventLoopGroup: .singletonMultiThreadedEventLoopGroup,
      ending: ConnectionEnding(address))
    try await RawClient.with(connector, body)
  }
}
