import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A certificate request proves that its sender has the key")
struct CertificateRequestTests {
  @Test("a request is read back, and openssl finds it good")
  func roundTrip() async throws {
    let key = try PrivateKey.generate(.ecdsaP256)
    let request = try CertificateRequest(for: key)
    #expect(try CertificateRequest(der: request.der).publicKey == key.publicKey)
    try await withTemporaryDirectory { folder in
      try Data(request.der).write(to: URL(fileURLWithPath: folder + "/request.der"))
      let text = try openssl("req -in request.der -inform DER -verify -noout -text", in: folder)
      #expect(text.contains("verify OK"))
      #expect(text.contains("Subject: \n") || text.contains("Subject:\n"))
    }
  }

  @Test("a request that openssl makes is taken, whatever names it asks for")
  func opensslRequest() async throws {
    let der = try await opensslRequest(["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
    #expect(try CertificateRequest(der: der).publicKey.algorithm == .ecdsaP256)
  }

  @Test(
    "a request for a key of another kind is refused",
    arguments: [
      ["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["ed25519"],
    ])
  func otherKeys(key: [String]) async throws {
    let der = try await opensslRequest(key)
    let error = try refusal { _ = try CertificateRequest(der: der) }
    #expect(error?.code == .invalidCertificate || error?.code == .invalidKey)
    let own = try refusal { _ = try CertificateRequest(for: try .generate(.ed25519)) }
    #expect(own?.code == .invalidCertificate)
  }

  @Test("no flipped bit, no truncation, nothing behind it and nothing oversized is taken")
  func damaged() throws {
    let der = try CertificateRequest(for: try .generate(.ecdsaP256)).der
    var damaged = der.indices.map { Array(der.prefix($0)) }
    damaged += [der + [0], der + [UInt8](repeating: 0, count: CertificateRequest.bytes)]
    for index in der.indices {
      for bit in 0..<8 {
        var bytes = der
        bytes[index] ^= 1 << UInt8(bit)
        damaged.append(bytes)
      }
    }
    for bytes in damaged {
      let error = try refusal { _ = try CertificateRequest(der: bytes) }
      #expect(error != nil)
    }
  }

  @Test("the key of another request cannot be put under a signature")
  func swappedKey() throws {
    let (mine, yours) = (try PrivateKey.generate(.ecdsaP256), try PrivateKey.generate(.ecdsaP256))
    var der = try CertificateRequest(for: mine).der
    let place = try #require(der.indices.first { der[$0...].starts(with: mine.publicKey.spki) })
    der.replaceSubrange(place..<place + yours.publicKey.spki.count, with: yours.publicKey.spki)
    let error = try refusal { _ = try CertificateRequest(der: der) }
    #expect(error?.code == .invalidCertificate)
  }

  private func opensslRequest(_ key: [String]) async throws -> [UInt8] {
    try await withTemporaryDirectory { folder in
      try openssl(
        ["req", "-new", "-nodes", "-subj", "/CN=admin", "-keyout", "key.pem", "-outform", "DER", "-out", "r.der"]
          + ["-addext", "subjectAltName=URI:spiffe://acme/operator/admin", "-newkey"] + key, in: folder)
      return try file("r.der", in: folder)
    }
  }
}

@Suite("PEM and base64 have one spelling")
struct PEMTests {
  /// RFC 4648, section 10.
  private static let vectors: [(String, String)] = [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ]

  @Test("base64 as in RFC 4648", arguments: vectors)
  func base64(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
    #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
  }

  @Test(
    "what encoding would not have made is refused",
    arguments: [
      "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm-_", "Z=g=", "Zg==Zg==", "\u{e9}mm",
    ])
  func malformedBase64(text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }

  @Test(
    "a block is read back, also beside others and with either kind of line ends", arguments: [0, 1, 47, 48, 49, 1000])
  func blocks(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let block = String(decoding: PEM.encode(bytes, label: "THING"), as: UTF8.self)
    let other = String(decoding: PEM.encode([1], label: "OTHER THING"), as: UTF8.self)
    #expect(PEM.decode(other + block + other, label: "THING") == bytes)
    #expect(PEM.decode(block.split(separator: "\n").joined(separator: "\r\n"), label: "THING") == bytes)
    #expect(PEM.decode(block, label: "OTHER THING") == nil)
    #expect(block.split(separator: "\n").allSatisfy { $0.count <= 64 })
  }

  @Test(
    "a block without its end, or with something else inside, is none",
    arguments: [
      "-----BEGIN THING-----\nAAAA", "AAAA\n-----END THING-----", "-----BEGIN THING-----\nA A\n-----END THING-----",
      "-----BEGIN THING-----\nHeader: x\n\nAAAA\n-----END THING-----", "",
    ])
  func malformedBlocks(text: String) {
    #expect(PEM.decode(text, label: "THING") == nil)
  }
}
