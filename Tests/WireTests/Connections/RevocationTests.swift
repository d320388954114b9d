import FleetModel
import Manifests
import Testing
import Trust

@testable import Wire

@Suite("Revocation and expiry on live connections", .timeLimit(.minutes(1)))
struct RevocationTests {
  /// Opens a session, runs `act` once it is up, and returns when the hub has ended the session.
  private func sessionEnds(
    _ hub: TestHub, _ channel: HubChannel, after act: @Sendable @escaping () async throws -> Void
  ) async throws {
    let up = Signal()
    try await FlotillaV1.AgentClient(channel).session(
      sending: { writer in
        try await writer.write(.init(body: .hello(.init())))
        try await Signal().wait(.seconds(60))
      },
      onResponses: { responses in
        do {
          for try await _ in responses where !up.hasHappened {
            up.send()
            try await act()
          }
        } catch let error as FleetError {
          #expect(error.code == .unavailable)
        }
        #expect(up.hasHappened)
      })
  }

  @Test("what a connection may is looked at anew within five seconds")
  func recheckInterval() {
    #expect(WireServer.Limits().recheck <= .seconds(5))
  }

  @Test("a revoked identity's open stream is cut, and it gets in no more")
  func revokedStream() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        try await sessionEnds(hub, channel) { hub.revoked.revoke(.cluster(uid("fra-1"))) }
      }
      try await hub.connect(as: "fra-1") { channel in
        let error = await failure { try await channel.whoAmI() }
        #expect(error?.code == .certificateRevoked)
        #expect(error?.address.cluster == "x")
      }
      equal(try await hub.whoAmI(as: "fra-2"), "acme/cluster/fra-2")
    }
  }

  @Test("the next call on a live connection is refused at once, before the connection is cut")
  func revokedCall() async throws {
    var limits = WireServer.Limits()
    limits.recheck = .seconds(3600)
    try await TestHub.run([ScriptedAgent()], limits: limits) { hub in
      try await hub.connect(as: "fra-1") { channel in
        equal(try await channel.whoAmI(), "acme/cluster/fra-1")
        hub.revoked.revoke(.cluster(uid("fra-1")))
        await fails(.certificateRevoked) { try await channel.whoAmI() }
      }
    }
  }

  @Test("a certificate that ends while its connection lives works no more, and its stream is cut")
  func expiredWhileOpen() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        try await sessionEnds(hub, channel) { hub.clock.set(Timestamp(seconds: 2_300_000_000)) }
      }
      await fails(.certificateExpired) { try await hub.whoAmI(as: "fra-1") }
    }
  }

  @Test("a hub can cut one identity's connections at once and leaves the others alone")
  func disconnect() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.connect(as: "fra-2") { other in
        try await hub.connect(as: "fra-1") { channel in
          _ = try await sessionEnds(hub, channel) {
            #expect(hub.server.disconnect { $0.identity.name == .cluster(uid("fra-1")) } == 1)
          }
        }
        equal(try await other.whoAmI(), "acme/cluster/fra-2")
      }
    }
  }

  @Test("the server forgets connections that are closed")
  func forgets() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      for _ in 0..<5 { _ = try await hub.whoAmI(as: "fra-1") }
      try await within(.seconds(10)) {
        while hub.server.connectionCount > 0 { await Task.yield() }
      }
    }
  }
}
