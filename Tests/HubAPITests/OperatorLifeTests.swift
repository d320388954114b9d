import FleetModel
import FleetStore
import GRPCCore
import HubSite
import Manifests
import NIOPosix
import ReleasePipeline
import TestSupport
import Testing
import Trust

@testable import Wire

/// An operator of a test with their own key and what the hub issued for it.
private struct Person: Sendable {
  let key: PrivateKey
  let credentials: FlotillaV1.OperatorCredentials

  static func added(
    to hub: OpenHub, _ name: String, _ role: FlotillaV1.OperatorRole, _ environments: [String] = []
  ) async throws -> Person {
    let key = try PrivateKey.generate(.ecdsaP256)
    let csr = try CertificateRequest(for: key).der
    let answer = try await hub.ask {
      try await $0.addOperator(.init(name: name, role: role, environments: environments, csr: csr))
    }
    return Person(key: key, credentials: try #require(answer.credentials))
  }

  func connect<Answer: Sendable>(
    to hub: OpenHub, _ question: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Answer
  ) async throws -> Answer {
    let identity = try TLSIdentity(certificateChain: credentials.certificateChain, privateKey: .pem(try key.pem()))
    let trust = HubTrust(anchor: .certificates(credentials.hubCA), fleet: credentials.fleet)
    return try await HubChannel.withConnection(
      to: HubAddress(host: "127.0.0.1", port: hub.port), tls: ClientTLS(identity: identity, trust: trust),
      eventLoopGroup: .singletonMultiThreadedEventLoopGroup
    ) { try await question(FlotillaV1.OperatorClient($0)) }
  }
}

@Suite("Operators come, change and go", .timeLimit(.minutes(8)))
struct OperatorLifeTests {
  @Test("one who was added connects with their own key, as what they were added as and no more")
  func added() async throws {
    try await OpenHub.with(
      afterwards: { site in
        let record = try #require(try await site.audit().first { $0.action == "operator.add" })
        #expect(record.actor == "operator/admin" && record.subject == "ana" && record.outcome == "done")
        #expect(record.reason == "deployer of dev")
      }
    ) { hub in
      let ana = try await Person.added(to: hub, "ana", .deployer, ["dev"])
      let apps = try await ana.connect(to: hub) { try await $0.listApps(.init()) }.apps
      #expect(apps.map(\.name) == ["db", "web"])
      let refused = try await refusal {
        _ = try await ana.connect(to: hub) { try await $0.addOperator(.init(name: "eve", role: .admin)) }
      }
      #expect(refused?.code == .operatorRefused)
      let listed = try await hub.ask { try await $0.listOperators(.init()) }.accounts
      #expect(listed.map(\.name) == ["admin", "ana", "deployer", "viewer"])
      let account = try #require(listed.first { $0.name == "ana" })
      #expect(account.role == .deployer && account.environments == ["dev"])
      #expect(account.certificateNotAfterUnixMs == ana.credentials.notAfterUnixMs)
    }
  }

  @Test(
    "one who is removed is refused at once, a stream that is open included, and again after another of the name came")
  func removed() async throws {
    try await OpenHub.with { hub in
      let ana = try await Person.added(to: hub, "ana", .viewer)
      let ended = try await refusal {
        try await ana.connect(to: hub) { client in
          try await client.watchEvents(.init(after: 0)) { events in
            var isRemoved = false
            for try await _ in events {
              if !isRemoved {
                _ = try await hub.ask { try await $0.removeOperator(.init(name: "ana", reason: "left")) }
              }
              isRemoved = true
            }
          }
        }
      }
      #expect(ended != nil)
      let after = try await refusal { _ = try await ana.connect(to: hub) { try await $0.listApps(.init()) } }
      #expect(after?.code == .certificateRevoked)
      let second = try await Person.added(to: hub, "ana", .viewer)
      _ = try await second.connect(to: hub) { try await $0.listApps(.init()) }
      let still = try await refusal { _ = try await ana.connect(to: hub) { try await $0.listApps(.init()) } }
      #expect(still?.code == .certificateRevoked)
    }
  }

  @Test("a changed role holds from the next call on")
  func changed() async throws {
    try await OpenHub.with { hub in
      let ana = try await Person.added(to: hub, "ana", .viewer)
      let before = try await refusal { _ = try await ana.connect(to: hub) { try await $0.syncNow(.init()) } }
      #expect(before?.code == .operatorRefused)
      _ = try await hub.ask { try await $0.changeOperator(.init(name: "ana", role: .deployer)) }
      _ = try await ana.connect(to: hub) { try await $0.syncNow(.init()) }
      let unknown = try await refusal {
        _ = try await hub.ask { try await $0.changeOperator(.init(name: "bob", role: .viewer)) }
      }
      #expect(unknown?.code == .operatorUnknown)
    }
  }

  @Test("everybody renews their own certificate, and nobody another's")
  func renewed() async throws {
    try await OpenHub.with { hub in
      let ana = try await Person.added(to: hub, "ana", .viewer)
      let key = try PrivateKey.generate(.ecdsaP256)
      let csr = try CertificateRequest(for: key).der
      let answer = try await ana.connect(to: hub) { try await $0.renewOperator(.init(csr: csr)) }
      let renewed = Person(key: key, credentials: try #require(answer.credentials))
      let identity = try Certificate(der: try #require(renewed.credentials.certificateChain.first)).identity()
      #expect(identity == PeerIdentity(fleet: "small", name: .operator("ana")))
      let apps = try await renewed.connect(to: hub) { try await $0.listApps(.init()) }.apps
      #expect(apps.count == 2)
      let removed = try await hub.ask { try await $0.removeOperator(.init(name: "ana")) }
      #expect(removed == .init())
      for person in [ana, renewed] {
        let refused = try await refusal { _ = try await person.connect(to: hub) { try await $0.listApps(.init()) } }
        #expect(refused?.code == .certificateRevoked)
      }
    }
  }

  @Test("what makes no sense is refused, and is in the audit log")
  func refused() async throws {
    try await OpenHub.with(
      afterwards: { site in
        let refused = try await site.audit().filter { $0.outcome == "refused" && $0.action.hasPrefix("operator.") }
        #expect(refused.count == 8)
        #expect(refused.allSatisfy { $0.actor == "operator/admin" && !$0.reason.isEmpty })
      }
    ) { hub in
      let csr = try CertificateRequest(for: try PrivateKey.generate(.ecdsaP256)).der
      let requests: [(FlotillaV1.AddOperatorRequest, FleetError.Code)] = [
        (.init(name: "../ana", role: .viewer, csr: csr), .invalidField),
        (.init(name: "viewer", role: .viewer, csr: csr), .storeConflict),
        (.init(name: "ana", role: .viewer, environments: ["dev"], csr: csr), .invalidField),
        (.init(name: "ana", role: .deployer, environments: ["nowhere"], csr: csr), .invalidField),
        (.init(name: "ana", role: .viewer, csr: [1, 2, 3]), .invalidCertificate),
      ]
      for (request, code) in requests {
        let refused = try await refusal { _ = try await hub.ask { try await $0.addOperator(request) } }
        #expect(refused?.code == code, "\(request.name): \(String(describing: refused))")
      }
      let noRole = try await refusal {
        _ = try await hub.ask { try await $0.addOperator(.init(name: "ana", csr: csr)) }
      }
      #expect(noRole?.code == .invalidRequest)
      let nobody = try await refusal { _ = try await hub.ask { try await $0.removeOperator(.init(name: "ana")) } }
      #expect(nobody?.code == .operatorUnknown)
      let last = try await refusal { _ = try await hub.ask { try await $0.removeOperator(.init(name: "admin")) } }
      #expect(last?.code == .storeConflict && last?.nextStep.contains("flotilla operator add") == true)
      let demoted = try await refusal {
        _ = try await hub.ask { try await $0.changeOperator(.init(name: "admin", role: .admin, environments: ["dev"])) }
      }
      #expect(demoted?.code == .storeConflict)
    }
  }
}
