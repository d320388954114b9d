import Manifests
import Synchronization
import Testing

@testable import Wire

@Suite("Certificates change while both sides run", .timeLimit(.minutes(1)))
struct HotSwapTests {
  /// Keeps the serial numbers of the hub's certificates that a client has seen.
  private final class Seen: Sendable {
    private let serials = Mutex<[[UInt8]]>([])
    var all: [[UInt8]] { serials.withLock { $0 } }

    @Sendable func read(_ certificate: [UInt8]) throws(FleetError) -> Peer {
      let peer = try readTestPeer(certificate)
      serials.withLock { $0.append(peer.serial) }
      return peer
    }
  }

  @Test("the server's new certificate is used from the next connection on; the old connection goes on")
  func serverCertificate() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      let seen = Seen()
      let tls = try hub.clientTLS(as: "fra-1")
      try await hub.connect(with: tls, readPeer: seen.read) { old in
        try hub.tls.update(identity: try hub.pki.identity("hub2").tls, clientRoots: [hub.pki.authority])
        try await hub.connect(with: tls, readPeer: seen.read) { new in
          equal(try await new.whoAmI(), "acme/cluster/fra-1")
          equal(try await old.whoAmI(), "acme/cluster/fra-1")
        }
      }
      let expected = try ["hub", "hub2"].map { try readTestPeer(hub.pki.identity($0).certificate).serial }
      #expect(seen.all == expected)
    }
  }

  @Test("the authorities of clients change from the next connection on")
  func clientAuthorities() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      await fails(.certificateUnusable) { try await hub.whoAmI(as: "stranger") }
      equal(try await hub.whoAmI(as: "fra-1"), "acme/cluster/fra-1")
      try hub.tls.update(identity: try hub.pki.identity("hub").tls, clientRoots: [hub.pki.otherAuthority])
      equal(try await hub.whoAmI(as: "stranger"), "acme/cluster/fra-1")
      await fails(.certificateUnusable) { try await hub.whoAmI(as: "fra-1") }
    }
  }

  @Test("a key that does not belong to its certificate changes nothing")
  func wrongKey() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      let (one, two) = (try hub.pki.identity("hub"), try hub.pki.identity("hub2"))
      let error = await fails(.tlsMaterial) {
        try hub.tls.update(
          identity: try TLSIdentity(certificateChain: [one.certificate], privateKey: .pem(two.key)),
          clientRoots: [hub.pki.authority])
      }
      #expect(error?.nextStep.isEmpty == false)
      equal(try await hub.whoAmI(as: "fra-1"), "acme/cluster/fra-1")
    }
  }

  @Test("a client hears that its connection's certificate is outdated, and its next connection has the new one")
  func clientCertificate() async throws {
    let serials = Mutex<[[UInt8]]>([])
    let agent = ScriptedAgent(onGetMetadata: { _, call in
      let serial = try call.requirePeer().serial
      serials.withLock { $0.append(serial) }
      return .init()
    })
    try await TestHub.run([agent]) { hub in
      let tls = try hub.clientTLS(as: "fra-1")
      try await hub.connect(with: tls) { old in
        _ = try await old.whoAmI()
        async let outdated: Void = within(.seconds(10)) { await old.outdated() }
        tls.update(identity: try hub.pki.identity("fra-1-again").tls, trust: tls.current.trust)
        try await outdated
        try await hub.connect(with: tls) { new in _ = try await new.whoAmI() }
        _ = try await old.whoAmI()
        await old.outdated()
      }
      let (first, second) = try (
        readTestPeer(hub.pki.identity("fra-1").certificate).serial,
        readTestPeer(hub.pki.identity("fra-1-again").certificate).serial
      )
      #expect(serials.withLock { $0 } == [first, second, first])
    }
  }

  @Test("waiting for a newer certificate ends with its task")
  func cancelledWait() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      try await hub.connect(as: "fra-1") { channel in
        let waiting = Task { await channel.outdated() }
        waiting.cancel()
        try await within(.seconds(10)) { await waiting.value }
      }
    }
  }

  @Test("a private key is in no description")
  func keysAreNotPrinted() throws {
    let key = TLSPrivateKey.pem(Array("-----BEGIN PRIVATE KEY-----\nsecret".utf8))
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("115") && !text.contains("secret"))
    }
    let error = #expect(throws: FleetError.self) {
      try TLSIdentity(certificateChain: [TestPKI.shared.get().authority], privateKey: key)
    }
    #expect(error.map { "\($0)".contains("secret") } == false)
  }
}
