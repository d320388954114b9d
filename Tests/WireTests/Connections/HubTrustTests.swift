import Digests
import Manifests
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Wire

@Suite("Whom a client takes for the hub", .timeLimit(.minutes(1)))
struct HubTrustTests {
  private func keyDigest(_ certificate: [UInt8]) throws -> Digest {
    Digest(of: try NIOSSLCertificate(bytes: certificate, format: .der).extractPublicKey().toSPKIBytes())
  }

  @Test("a hub of another authority is not the hub")
  func otherAuthority() async throws {
    try await TestHub.run([ScriptedAgent()], identity: "foreign-hub") { hub in
      let error = await fails(.hubNotTrusted) { try await hub.whoAmI(as: "fra-1") }
      #expect(error?.message.contains("127.0.0.1:\(hub.port)") == true)
    }
  }

  @Test("an agent's or an operator's certificate does not make a hub", arguments: ["fra-1", "ola", "nobody"])
  func notAHub(name: String) async throws {
    try await TestHub.run([ScriptedAgent()], identity: name) { hub in
      await fails(.hubNotTrusted) { try await hub.whoAmI(as: "fra-1") }
    }
  }

  @Test("the hub of another fleet is not this fleet's, also under the same authority")
  func otherFleet() async throws {
    try await TestHub.run([ScriptedAgent()], identity: "other-hub") { hub in
      let error = await fails(.hubNotTrusted) { try await hub.whoAmI(as: "fra-1") }
      #expect(error?.message.contains("other") == true)
    }
  }

  @Test("an agent that knows only the authority's key finds the hub by it, and enrols")
  func pinnedKey() async throws {
    try await TestHub.run([OpenEnrollment()]) { hub in
      let trust = HubTrust(anchor: .publicKey(try keyDigest(hub.pki.authority)), fleet: nil)
      let answer = try await hub.connect(as: nil, trust: trust) { channel in
        try await FlotillaV1.EnrollmentClient(channel).enroll(.init())
      }
      #expect(answer.outcome == .credentials(.init(fleet: "nobody")))
    }
  }

  @Test("another key than the pinned one is refused before anything is sent", arguments: ["ca2", "hub"])
  func wrongPin(which: String) async throws {
    try await TestHub.run([OpenEnrollment()]) { hub in
      // The hub's own key is shown too, but it signs nothing.
      let certificate = which == "hub" ? try hub.pki.identity("hub").certificate : hub.pki.otherAuthority
      let trust = HubTrust(anchor: .publicKey(try keyDigest(certificate)), fleet: nil)
      await fails(.hubNotTrusted) {
        try await hub.connect(as: nil, trust: trust) { try await FlotillaV1.EnrollmentClient($0).enroll(.init()) }
      }
    }
  }

  @Test("a server that only shows the pinned authority's certificate, without one of its own from it, is refused")
  func borrowedAuthority() async throws {
    let pki = try await TestPKI.shared.value
    let foreign = try pki.identity("foreign-hub")
    let borrowed = try TLSIdentity(
      certificateChain: [foreign.certificate, pki.authority], privateKey: .pem(foreign.key))
    try await TestHub.run([OpenEnrollment()]) { hub in
      try hub.tls.update(identity: borrowed, clientRoots: [pki.authority])
      let trust = HubTrust(anchor: .publicKey(try keyDigest(pki.authority)), fleet: nil)
      await fails(.hubNotTrusted) {
        try await hub.connect(as: nil, trust: trust) { try await FlotillaV1.EnrollmentClient($0).enroll(.init()) }
      }
    }
  }

  @Test(
    "where the address counts too, a certificate that does not name it is refused", arguments: ["hub", "hub-named"])
  func hostname(identity: String) async throws {
    try await TestHub.run([ScriptedAgent()], identity: identity) { hub in
      let trust = HubTrust(anchor: .certificates([hub.pki.authority]), fleet: "acme", checksHostname: true)
      if identity == "hub-named" {
        equal(try await hub.whoAmI(as: "fra-1", trust: trust), "acme/cluster/fra-1")
      } else {
        await fails(.hubNotTrusted) { try await hub.whoAmI(as: "fra-1", trust: trust) }
      }
    }
  }

  @Test("where nothing listens, the error names the address and the next step")
  func nothingListens() async throws {
    try await TestHub.run([]) { hub in
      let closed = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .bind(host: "127.0.0.1", port: 0).get()
      let port = try #require(closed.localAddress?.port)
      try await closed.close()
      let tls = try hub.clientTLS(as: nil)
      let error = await fails(.unavailable) {
        try await hub.connect(with: tls, to: HubAddress(host: "127.0.0.1", port: port)) { _ in }
      }
      #expect(error?.message.contains("127.0.0.1:\(port)") == true)
      #expect(error?.nextStep.isEmpty == false)
    }
  }

  @Test("a connection attempt to somebody who never answers ends with its task")
  func cancelledAttempt() async throws {
    try await TestHub.run([]) { hub in
      let accepted = Signal()
      let silent = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .childChannelInitializer { channel in
          accepted.send()
          return channel.eventLoop.makeSucceededVoidFuture()
        }
        .bind(host: "127.0.0.1", port: 0).get()
      let port = try #require(silent.localAddress?.port)
      let tls = try hub.clientTLS(as: nil)
      let attempt = Task {
        try await hub.connect(with: tls, to: HubAddress(host: "127.0.0.1", port: port)) { _ in }
      }
      try await accepted.wait()
      attempt.cancel()
      let result = try await within(.seconds(5)) { await attempt.result }
      #expect(throws: (any Error).self) { try result.get() }
      try await silent.close()
    }
  }

  @Test("connections given up at any moment leave nothing behind", arguments: 1...4)
  func givenUp(seed: Int) async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      let tls = try hub.clientTLS(as: "fra-1")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<24 {
          group.addTask {
            var random = RandomSource(seed: UInt64(seed * 100 + index))
            let attempt = Task { try await hub.connect(with: tls) { try await $0.whoAmI() } }
            // No synchronisation: the moment is what the test varies.
            try await Task.sleep(for: .microseconds(random.below(40_000)))
            attempt.cancel()
            _ = try await within(.seconds(20)) { await attempt.result }
          }
        }
        try await group.waitForAll()
      }
      try await within(.seconds(10)) { while hub.server.connectionCount > 0 { await Task.yield() } }
    }
  }
}
