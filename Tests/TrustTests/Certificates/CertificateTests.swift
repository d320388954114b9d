import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

/// A self-signed certificate in DER that openssl makes, with these alternative names.
private func certificate(names: String?, key: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]) async throws
  -> [UInt8]
{
  try await withTemporaryDirectory { folder in
    try openssl(
      ["req", "-x509", "-nodes", "-subj", "/", "-days", "1", "-keyout", "key.pem", "-outform", "DER", "-out", "c.der"]
        + ["-newkey"] + key + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []), in: folder)
    return try file("c.der", in: folder)
  }
}

@Suite("Whose a certificate is stands in exactly one URI")
struct CertificateIdentityTests {
  @Test(
    "the identity of a cluster, an operator and the hub is read",
    arguments: [
      ("spiffe://acme/cluster/c-1", FleetIdentityName.cluster(uid("c-1"))),
      ("spiffe://acme/operator/ola", .operator("ola")), ("spiffe://acme/hub", .hub),
    ])
  func identities(uri: String, name: FleetIdentityName) async throws {
    let read = try Certificate(der: try await certificate(names: "URI:\(uri)"))
    #expect(try read.identity() == PeerIdentity(fleet: "acme", name: name))
    #expect(read.publicKey.algorithm == .ecdsaP256)
    #expect(read.notBefore < read.notAfter)
  }

  @Test("DNS names and addresses beside the URI do not matter")
  func otherNames() async throws {
    let der = try await certificate(names: "DNS:hub.example.com,IP:192.0.2.1,URI:spiffe://acme/hub,email:a@example.com")
    #expect(try Certificate(der: der).identity().name == .hub)
  }

  @Test(
    "no URI, two, or one of another form is no identity",
    arguments: [
      nil, "DNS:spiffe.acme", "URI:spiffe://acme/hub,URI:spiffe://acme/cluster/c-1",
      "URI:spiffe://acme/cluster/c-1,URI:spiffe://acme/cluster/c-1", "URI:https://acme/hub",
      "URI:spiffe://acme/cluster/C-1",
    ])
  func noIdentity(names: String?) async throws {
    let read = try Certificate(der: try await certificate(names: names))
    let error = try refusal { _ = try read.identity() }
    #expect(error?.code == .invalidCertificate)
  }

  @Test("a URI with a zero byte is refused and not cut there")
  func zeroByte() async throws {
    var der = try await certificate(names: "URI:spiffe://acme/cluster/c-1~evil")
    // Not the first tilde of all: keys and serial numbers are of any bytes.
    let name = try #require(der.firstRange(of: Array("~evil".utf8)))
    der[name.lowerBound] = 0
    let error = try refusal { _ = try Certificate(der: der) }
    #expect(error?.code == .invalidCertificate)
  }

  @Test(
    "a certificate of a key that the project does not use is refused",
    arguments: [
      ["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    ])
  func otherKeys(key: [String]) async throws {
    let der = try await certificate(names: "URI:spiffe://acme/hub", key: key)
    let error = try refusal { _ = try Certificate(der: der) }
    #expect(error?.code == .invalidKey)
  }

  @Test("no truncation is read, nothing may follow, and no flipped bit traps")
  func damaged() async throws {
    let der = try await certificate(names: "URI:spiffe://acme/cluster/c-1")
    for bytes in der.indices.map({ Array(der.prefix($0)) }) + [der + [0]] {
      let error = try refusal { _ = try Certificate(der: bytes) }
      #expect(error != nil)
    }
    var readable = 0
    for index in der.indices {
      for bit in 0..<8 {
        var bytes = der
        bytes[index] ^= 1 << UInt8(bit)
        let error = try refusal { _ = try Certificate(der: bytes).identity() }
        if error == nil { readable += 1 }
      }
    }
    // Names of issuers, serials and the signature itself are for TLS to check.
    #expect(readable < der.count * 8)
  }
}

@Suite("A SPIFFE URI is read byte for byte")
struct PeerIdentityTests {
  @Test(
    "each form is written as it is read",
    arguments: [
      "spiffe://acme/hub", "spiffe://acme/operator/ola", "spiffe://acme/cluster/c-1",
      "spiffe://a.b_c-d/operator/o.l_a-1",
    ])
  func roundTrip(uri: String) throws {
    #expect(try #require(PeerIdentity(uri: uri)).uri == uri)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "spiffe://", "spiffe:///hub", "spiffe://acme", "spiffe://acme/", "spiffe://acme/hub/", "spiffe://acme//hub",
      "SPIFFE://acme/hub", "spiffe://ACME/hub", "spiffe://acme/Hub", "spiffe://acme/hub?x", "spiffe://acme/hub#x",
      "spiffe://acme:443/hub", "spiffe://x@acme/hub", "spiffe://acme/cluster/", "spiffe://acme/cluster/c-1/x",
      "spiffe://acme/cluster/c%2d1", "spiffe://acme/cluster/C-1", "spiffe://acme/cluster/c_1",
      "spiffe://acme/cluster/..",
      "spiffe://acme/operator/", "spiffe://acme/operator/..", "spiffe://acme/operator/-x", "spiffe://acme/operator/Ola",
      "spiffe://acme/operator/\u{e9}", "spiffe://acme/operator/o\u{301}", "spiffe://acme/hub\n", " spiffe://acme/hub",
      "spiffe://acme/hub\0", "spiffe:/acme/hub", "https://acme/hub",
    ])
  func malformed(uri: String) {
    #expect(PeerIdentity(uri: uri) == nil)
  }

  @Test("a name is bounded", arguments: [(63, true), (64, false)])
  func length(count: Int, isTaken: Bool) {
    let name = String(repeating: "a", count: count)
    #expect((PeerIdentity(uri: "spiffe://\(name)/hub") != nil) == isTaken)
    #expect((PeerIdentity(uri: "spiffe://acme/operator/\(name)") != nil) == isTaken)
  }
}
