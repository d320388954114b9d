import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

/// Bytes from the network and from sticks: none traps, and none is taken for more than it says.
@Suite("Damaged metadata, envelopes, certificates and tokens")
struct DamagedInputTests {
  private let repository: TestRepository

  init() throws { repository = try TestRepository() }

  private func damaged(_ what: String, _ original: [UInt8], _ rounds: Int, _ read: ([UInt8]) throws -> Void) throws {
    var random = Randomness("damaged \(what)")
    for _ in 0..<rounds { _ = try refusal { try read(Mutation.mutate(original, using: &random)) } }
  }

  @Test("a file of metadata that is damaged after it was signed is refused, or still says the same")
  func afterSigning() throws {
    let published = try repository.publish()
    let trusted = try repository.trusted()
    var intact = trusted
    try intact.take(published)
    for role in [MetadataRole.timestamp, .snapshot, .targets] {
      try damaged("\(role) after signing", published[role], 400) { bytes in
        var changed = published
        changed[role] = bytes
        var view = trusted
        try view.take(changed)
        #expect(view.versions == intact.versions)
      }
    }
    let digest = Digest(of: published.root)
    try damaged("root after signing", published.root, 400) { bytes in
      _ = try RootMetadata(trusting: bytes, digest: digest)
      #expect(bytes == published.root)
    }
  }

  @Test(
    "what a holder of the keys signs may be anything", arguments: [MetadataRole.root, .timestamp, .snapshot, .targets])
  func beforeSigning(_ role: MetadataRole) throws {
    var random = Randomness("damaged \(role) before signing")
    for _ in 0..<250 {
      var bent = repository
      let bend: (inout Value) -> Void = { signed in
        for _ in 0..<20 {
          let text = Mutation.mutate(JSON.canonical(signed), using: &random)
          guard let value = try? JSON.parse(text, file: "signed"),
            (try? MetadataJSON.parse(text, file: "signed", limit: 1 << 20)) != nil
          else { continue }
          signed = value
          return
        }
      }
      switch role {
      case .root: bent.root.bend = bend
      case .timestamp: bent.timestamp.bend = bend
      case .snapshot: bent.snapshot.bend = bend
      case .targets: bent.targets.bend = bend
      }
      let published = try bent.publish()
      _ = try refusal {
        let root = role == .root ? published.root : try repository.publish().root
        var view = TrustedView(
          root: try RootMetadata(trusting: root, digest: Digest(of: root)), fleet: "acme",
          cluster: TestRepository.cluster)
        try view.take(published)
      }
    }
  }

  @Test("an envelope that is damaged holds no report, or the one that was signed")
  func envelopes() throws {
    let key = try PrivateKey.generate(.ed25519)
    let report = Report(
      fleet: "acme", cluster: uid("c-1"), seq: 3, prev: nil, boot: "b-1", time: TestRepository.now,
      timeFloor: TestRepository.now, agent: .init(version: "0.1.0", target: "directory", server: ""),
      trusted: .init(root: 1, timestamp: 2, snapshot: 2, targets: 2), bundleSeq: 7, apps: [], events: [],
      droppedEvents: 0)
    let envelope = try ReportEnvelope.sign(report.canonicalBytes, with: key)
    try damaged("envelopes", envelope, 1_500) { bytes in
      let read = try UnverifiedReport(envelope: bytes).verified(by: key.publicKey, for: uid("c-1"), of: "acme")
      #expect(read.report == report)
    }
  }

  @Test("keys, requests for certificates and certificates in DER and PEM")
  func derAndPEM() async throws {
    let key = try PrivateKey.generate(.ecdsaP256)
    let request = try CertificateRequest(for: key)
    try damaged("requests", request.der, 1_000) { _ = try CertificateRequest(der: $0) }
    try damaged("public keys", key.publicKey.spki, 1_000) { bytes in
      _ = try PublicKey(spki: bytes).isValid([UInt8](repeating: 7, count: 70), for: bytes)
    }
    try damaged("private keys", try key.pem(), 300) { _ = try PrivateKey.read(pem: $0) }
    let certificate = try await withTemporaryDirectory { folder in
      try openssl(
        [
          "req", "-x509", "-nodes", "-subj", "/", "-days", "1", "-keyout", "key.pem", "-outform", "DER", "-out",
          "c.der",
          "-newkey", "ed25519", "-addext", "subjectAltName=URI:spiffe://acme/cluster/c-1",
        ], in: folder)
      return try file("c.der", in: folder)
    }
    try damaged("certificates", certificate, 1_500) { _ = try Certificate(der: $0).identity() }
  }

  @Test("a token that is damaged is refused, or is another token")
  func tokens() throws {
    let ticket = try JoinTicket(
      id: "t-1", address: "hub.example.com:7443", fleet: "acme", authority: Digest(of: "ca"), root: Digest(of: "root"))
    try damaged("tokens", Array(ticket.text.utf8), 2_000) { bytes in
      let read = try JoinTicket(text: String(decoding: bytes, as: UTF8.self))
      _ = try read.proof(request: bytes, reportKey: bytes)
    }
  }
}
