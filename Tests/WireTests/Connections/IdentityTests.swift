import FleetModel
import GRPCCore
import Manifests
import Testing

@testable import Wire

@Suite("Who calls", .timeLimit(.minutes(1)))
struct IdentityTests {
  @Test("a client without a certificate can enrol and ask for a renewal, as nobody")
  func anonymousEnrolment() async throws {
    try await TestHub.run([OpenEnrollment(), ScriptedAgent()]) { hub in
      try await hub.connect(as: nil) { channel in
        let client = FlotillaV1.EnrollmentClient(channel)
        equal(try await client.enroll(.init()).outcome, .credentials(.init(fleet: "nobody")))
        equal(try await client.requestChallenge(.init()).challenge, Array("nobody".utf8))
        equal(try await client.renewByChallenge(.init()).credentials?.fleet, "nobody")
      }
    }
  }

  @Test("a client without a certificate can do nothing else")
  func anonymousElsewhere() async throws {
    try await TestHub.run([OpenEnrollment(), ScriptedAgent()]) { hub in
      try await hub.connect(as: nil) { channel in
        let (agent, enrollment) = (FlotillaV1.AgentClient(channel), FlotillaV1.EnrollmentClient(channel))
        await fails(.certificateRequired) { try await enrollment.renew(.init()) }
        await fails(.certificateRequired) { try await agent.getMetadata(.init()) }
        await fails(.certificateRequired) { try await agent.getBlobs(.init()) { for try await _ in $0 {} } }
        let session = await failure {
          try await agent.session(sending: { _ in }) { for try await _ in $0 {} }
        }
        #expect(session?.code == .certificateRequired)
        #expect(session?.nextStep.isEmpty == false)
      }
    }
  }

  @Test("only the three methods that prove themselves are open")
  func openMethods() {
    let all =
      FlotillaV1.EnrollmentMethods.all + FlotillaV1.AgentMethods.all + FlotillaV1.OperatorMethods.all
      + GrpcHealthV1.HealthMethods.all
    let open = all.filter(PeerPolicy.isOpen).map(\.method)
    #expect(open == ["Enroll", "RequestChallenge", "RenewByChallenge"])
  }

  @Test("the identity is the certificate's", arguments: ["fra-1", "fra-2"])
  func clusterIdentity(name: String) async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      equal(try await hub.whoAmI(as: name), "acme/cluster/\(name)")
    }
  }

  @Test("an operator is an operator")
  func operatorIdentity() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      equal(try await hub.whoAmI(as: "ola"), "acme/operator/ola")
    }
  }

  @Test("many connections at once keep their identities apart")
  func manyIdentities() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<60 {
          let name = ["fra-1", "fra-2", "ola"][index % 3]
          group.addTask {
            try await hub.connect(as: name) { channel in
              for _ in 0..<10 { equal(try await channel.whoAmI().hasSuffix(name), true) }
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("a client cannot pass for another connection by naming its number")
  func forgedNumber() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.connect(as: "fra-1") { _ in
        try await hub.withRawClient(as: "fra-2") { client in
          for number in ["1", "2", "0", "x"] {
            let answer = try await client.unary(
              request: ClientRequest(
                message: FlotillaV1.GetMetadataRequest(), metadata: ["flotilla-connection": .string(number)]),
              descriptor: FlotillaV1.AgentMethods.getMetadata.descriptor,
              serializer: MessageEncoder<FlotillaV1.GetMetadataRequest>(),
              deserializer: MessageDecoder<FlotillaV1.GetMetadataResponse>(limit: WireLimits.messageBytes),
              options: .defaults
            ) { try $0.message }
            #expect(String(decoding: answer.content, as: UTF8.self) == "acme/cluster/fra-2")
          }
        }
      }
    }
  }

  @Test("a certificate without an identity gets nowhere, and hears why")
  func unusableCertificate() async throws {
    try await TestHub.run([ScriptedAgent(), OpenEnrollment()]) { hub in
      try await hub.connect(as: "nobody") { channel in
        await fails(.certificateUnusable) { try await channel.whoAmI() }
        await fails(.certificateUnusable) { try await FlotillaV1.EnrollmentClient(channel).enroll(.init()) }
      }
    }
  }

  @Test(
    "an expired certificate and one of another authority do not get through the handshake",
    arguments: ["expired", "stranger"])
  func refusedCertificate(name: String) async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      let error = await failure { try await hub.whoAmI(as: name) }
      #expect(error?.code == (name == "expired" ? .certificateExpired : .certificateUnusable))
      #expect(error?.cause.hasPrefix(name == "expired" ? "SSLV3_ALERT_CERTIFICATE_EXPIRED" : "TLSV1_ALERT") == true)
      #expect(error?.nextStep.isEmpty == false)
    }
  }

  @Test("connections beyond the server's number, and beyond one identity's, are closed at once")
  func tooManyConnections() async throws {
    var limits = WireServer.Limits()
    (limits.connections, limits.connectionsPerIdentity) = (3, 2)
    try await TestHub.run([ScriptedAgent()], limits: limits) { hub in
      try await hub.connect(as: "fra-1") { first in
        equal(try await first.whoAmI(), "acme/cluster/fra-1")
        try await hub.connect(as: "fra-1") { second in
          equal(try await second.whoAmI(), "acme/cluster/fra-1")
          await fails(.unavailable) { try await hub.whoAmI(as: "fra-1") }
          // The one that was closed counts until its end has come through.
          try await within(.seconds(60)) { while hub.server.connectionCount > 2 { await Task.yield() } }
          try await hub.connect(as: "fra-2") { third in
            equal(try await third.whoAmI(), "acme/cluster/fra-2")
            await fails(.unavailable) { try await hub.whoAmI(as: "ola") }
          }
        }
      }
      try await within(.seconds(60)) { while hub.server.connectionCount > 0 { await Task.yield() } }
      equal(try await hub.whoAmI(as: "fra-1"), "acme/cluster/fra-1")
    }
  }
}
