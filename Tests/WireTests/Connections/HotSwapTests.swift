import Manifests
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing
import Trust

@testable import Wire

@Suite("Certificates change while both sides run", .timeLimit(.minutes(1)))
struct HotSwapTests {
  /// The certificate that a hub shows now, in DER.
  private func shown(by hub: TestHub) async throws -> [UInt8] {
    let context = try NIOSSLContext(configuration: .clientDefault)
    let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [UInt8].self)
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { certificates, verdict in
            promise.completeWith(Result { try certificates.first?.toDERBytes() ?? [] })
            verdict.succeed(NIOSSLVerificationResult.failed)
          }
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .connect(host: "127.0.0.1", port: hub.port).get()
    let certificate = try await within(.seconds(10)) { try await promise.futureResult.get() }
    try? await channel.close()
    return certificate
  }

  @Test("the server's new certificate is used from the next connection on; the old connection goes on")
  func serverCertificate() async throws {
    try await TestHub.run([ScriptedAgent()]) { hub in
      equal(try await shown(by: hub), try hub.pki.identity("hub").certificate)
      try await hub.connect(as: "fra-1") { old in
        try hub.tls.update(identity: try hub.pki.identity("hub2").tls, clientRoots: [hub.pki.authority])
        equal(try await shown(by: hub), try hub.pki.identity("hub2").certificate)
        equal(try await hub.whoAmI(as: "fra-2"), "acme/cluster/fra-2")
        equal(try await old.whoAmI(), "acme/cluster/fra-1")
      }
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
    let certificates = Mutex<[[UInt8]]>([])
    let agent = ScriptedAgent(onGetMetadata: { _, call in
      let certificate = try call.requirePeer().certificate.der
      certificates.withLock { $0.append(certificate) }
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
        hub.pki.identity("fra-1").certificate, hub.pki.identity("fra-1-again").certificate
      )
      #expect(certificates.withLock { $0 } == [first, second, first])
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
  func keysAreNotPrinted() async throws {
    let pki = try await TestPKI.shared.value
    let key = TLSPrivateKey.pem(Array("-----BEGIN PRIVATE KEY-----\nsecret".utf8))
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("115") && !text.contains("secret"))
    }
    let error = #expect(throws: FleetError.self) {
      try TLSIdentity(certificateChain: [pki.authority], privateKey: key)
    }
    #expect(error.map { "\($0)".contains("secret") } == false)
  }
}
