import Authority
import Digests
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@Suite("The authority issues what trust demands, and openssl agrees")
struct IssuedCertificateTests {
  /// Issues to a new key, and writes authority and certificate where openssl finds them.
  private func issue(
    _ hub: TestHub, _ name: FleetIdentityName, at now: Timestamp = TestHub.now,
    lifetime: Duration = CertificateAuthority.Lifetime.cluster
  ) throws -> Certificate {
    let key = try PrivateKey.generate(.ecdsaP256)
    let certificate = try hub.keys.authority.issue(name, for: key.publicKey, at: now, lifetime: lifetime)
    try write(certificate, hub)
    return certificate
  }

  private func write(_ certificate: Certificate, _ hub: TestHub) throws {
    try hub.write(hub.keys.authority.certificate.pem, to: "ca.pem")
    try hub.write(certificate.pem, to: "c.pem")
  }

  /// Whether openssl verifies `c.pem` at the tests' instant, with these options.
  private func verifies(_ hub: TestHub, at now: Timestamp = TestHub.now, _ options: String...) throws -> Bool {
    let time = String(now.milliseconds / 1000)
    let result = try runProgram(
      "openssl", ["verify", "-x509_strict", "-attime", time, "-CAfile", "ca.pem"] + options + ["c.pem"], in: hub.folder)
    return result.status == 0
  }

  @Test("openssl reads an agent's certificate as it was meant")
  func agentText() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      _ = try issue(hub, .cluster(uid("c-1")))
      let text = try hub.openssl("x509", "-in", "c.pem", "-noout", "-text")
        .split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
      for line in [
        "Version: 3 (0x2)", "Signature Algorithm: ecdsa-with-SHA256", "Issuer: CN = Flotilla authority of acme",
        "NIST CURVE: P-256", "X509v3 Basic Constraints: critical\nCA:FALSE",
        "X509v3 Key Usage: critical\nDigital Signature\n",
        "X509v3 Extended Key Usage:\nTLS Web Client Authentication\n",
        "X509v3 Subject Alternative Name: critical\nURI:spiffe://acme/cluster/c-1\n",
      ] {
        #expect(text.contains(line), "\(line) is missing in \(text)")
      }
      #expect(text.contains("Subject:\n") || text.contains("Subject: \n"))
    }
  }

  @Test("an agent's certificate is a client's and not a server's; the hub's is both")
  func usages() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      _ = try issue(hub, .cluster(uid("c-1")))
      #expect(try verifies(hub, "-purpose", "sslclient"))
      #expect(try !verifies(hub, "-purpose", "sslserver"))
      let key = try PrivateKey.generate(.ecdsaP256)
      let own = try hub.keys.authority.issueHub(
        for: key.publicKey, hosts: ["hub.example.com", "192.0.2.1", "2001:db8::1"], at: TestHub.now)
      try write(own, hub)
      #expect(try own.identity() == PeerIdentity(fleet: "acme", name: .hub))
      for purpose in ["sslclient", "sslserver"] { #expect(try verifies(hub, "-purpose", purpose)) }
      #expect(try verifies(hub, "-verify_hostname", "hub.example.com"))
      #expect(try verifies(hub, "-verify_ip", "192.0.2.1"))
      #expect(try verifies(hub, "-verify_ip", "2001:db8::1"))
      #expect(try !verifies(hub, "-verify_hostname", "evil.example.com"))
      #expect(try !verifies(hub, "-verify_ip", "192.0.2.2"))
    }
  }

  @Test("the authority may sign certificates and nothing below it may")
  func chain() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      try hub.write(hub.keys.authority.certificate.pem, to: "ca.pem")
      let text = try hub.openssl("x509", "-in", "ca.pem", "-noout", "-text")
      for part in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"] { #expect(text.contains(part)) }
      // An agent that plays authority for somebody else.
      let agentKey = try PrivateKey.generate(.ecdsaP256)
      let agent = try hub.keys.authority.issue(
        .cluster(uid("c-1")), for: agentKey.publicKey, at: TestHub.now, lifetime: .seconds(3600))
      let middle = try hub.write(agent.pem, to: "agent.pem")
      try hub.write(try agentKey.pem(), to: "agent.key")
      try hub.openssl("req", "-new", "-key", "agent.key", "-subj", "/CN=root", "-out", "forged.csr")
      try hub.openssl(
        "x509", "-req", "-in", "forged.csr", "-CA", "agent.pem", "-CAkey", "agent.key", "-CAcreateserial", "-out",
        "c.pem")
      #expect(try !verifies(hub, "-untrusted", middle))
    }
  }

  @Test("another authority of the same fleet's name is another authority")
  func otherAuthority() async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let other = try CertificateAuthority.make(fleet: "acme", at: TestHub.now)
      let key = try PrivateKey.generate(.ecdsaP256)
      try write(
        try other.issue(.hub, for: key.publicKey, at: TestHub.now, lifetime: .seconds(60)), hub)
      #expect(try !verifies(hub))
      #expect(other.pin != hub.keys.authority.pin)
    }
  }

  @Test(
    "a certificate lives a day when connected and thirty otherwise, from five minutes before it was issued",
    arguments: [
      (ClusterDeclaration.Connectivity.connected, Int64(86_400)), (.edge, 30 * 86_400), (.airgapped, 30 * 86_400),
    ])
  func lifetimes(connectivity: ClusterDeclaration.Connectivity, seconds: Int64) async throws {
    try await withTemporaryDirectory { folder in
      let hub = try TestHub(in: folder)
      let certificate = try issue(
        hub, .cluster(uid("c-1")), lifetime: CertificateAuthority.Lifetime.cluster(connectivity))
      #expect(certificate.notBefore == TestHub.now - .seconds(300))
      #expect(certificate.notAfter == TestHub.now + .seconds(seconds))
      #expect(try verifies(hub, at: certificate.notAfter - .seconds(1)))
      #expect(try !verifies(hub, at: certificate.notAfter + .seconds(1)))
      #expect(try !verifies(hub, at: certificate.notBefore - .seconds(1)))
    }
  }

  @Test("no certificate outlives its authority")
  func boundedByAuthority() throws {
    let authority = try CertificateAuthority.make(fleet: "acme", at: TestHub.now, lifetime: .seconds(3600))
    let certificate = try authority.issue(
      .hub, for: try PrivateKey.generate(.ecdsaP256).publicKey, at: TestHub.now, lifetime: .seconds(7200))
    #expect(certificate.notAfter == authority.certificate.notAfter)
  }

  @Test("serial numbers are positive, of 128 bits, and never meet")
  func serials() throws {
    let authority = try CertificateAuthority.make(fleet: "acme", at: TestHub.now)
    let key = try PrivateKey.generate(.ecdsaP256).publicKey
    let serials = try (0..<50).map { _ in
      try authority.issue(.hub, for: key, at: TestHub.now, lifetime: .seconds(60)).serial
    }
    #expect(Set(serials).count == 50)
    for serial in serials {
      #expect(serial.count == 16)
      #expect((serial.first ?? 0xff) < 0x80)
    }
  }

  @Test(
    "a host that openssl's syntax would read as more than a name is refused",
    arguments: [
      "", "a,URI:spiffe://acme/operator/root", "a\nb", "a b", "*.example.com", "DNS:a/b", "\u{e9}.example.com", "a;b",
      "@section", "300.1.1.1", "1:2:3", String(repeating: "a", count: 254),
    ])
  func hosts(host: String) throws {
    let authority = try CertificateAuthority.make(fleet: "acme", at: TestHub.now)
    let key = try PrivateKey.generate(.ecdsaP256).publicKey
    let error = try refusal { _ = try authority.issueHub(for: key, hosts: [host], at: TestHub.now) }
    #expect(error != nil)
  }

  @Test(
    "a fleet's name that could not stand in a URI is refused",
    arguments: ["", "Acme", "a/b", "a b", "-a", ".a", "\u{e9}"])
  func fleetNames(name: String) throws {
    let error = try refusal { _ = try CertificateAuthority.make(fleet: name, at: TestHub.now) }
    #expect(error?.code == .invalidFleetName)
  }
}
