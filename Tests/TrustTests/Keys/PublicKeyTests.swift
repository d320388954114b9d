import Foundation
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A public key has one spelling")
struct PublicKeyTests {
  @Test(
    "another kind, curve or spelling of a key that openssl makes is refused",
    arguments: [
      "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384",
      "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "genpkey -algorithm X25519",
      "genpkey -algorithm ED448",
      "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit",
    ])
  func otherKinds(command: String) async throws {
    let error = try await withTemporaryDirectory { folder in
      try openssl(command + " -out key.pem", in: folder)
      try openssl("pkey -in key.pem -pubout -outform DER -out key.der", in: folder)
      let spki = try file("key.der", in: folder)
      return try refusal { _ = try PublicKey(spki: spki) }
    }
    #expect(error?.code == .invalidKey)
  }

  @Test("a compressed point is refused, the same point in full is taken")
  func compressedPoint() async throws {
    try await withTemporaryDirectory { folder in
      try openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem", in: folder)
      try openssl("pkey -in key.pem -pubout -outform DER -out full.der", in: folder)
      try openssl("ec -in key.pem -pubout -conv_form compressed -outform DER -out compressed.der", in: folder)
      let (full, compressed) = (try file("full.der", in: folder), try file("compressed.der", in: folder))
      let key = try PublicKey(spki: full)
      #expect(key.spki == full)
      let error = try refusal { _ = try PublicKey(spki: compressed) }
      #expect(error?.code == .invalidKey)
    }
  }

  @Test("a point off its curve is refused")
  func offCurve() throws {
    var spki = try PrivateKey.generate(.ecdsaP256).publicKey.spki
    spki[90] ^= 1
    let error = try refusal { _ = try PublicKey(spki: spki) }
    #expect(error?.code == .invalidKey)
  }

  @Test("no truncation of a key and nothing behind it is taken", arguments: PublicKey.Algorithm.allCases)
  func lengths(algorithm: PublicKey.Algorithm) throws {
    let spki = try PrivateKey.generate(algorithm).publicKey.spki
    for bytes in spki.indices.map({ Array(spki.prefix($0)) }) + [spki + [0]] {
      let error = try refusal { _ = try PublicKey(spki: bytes) }
      #expect(error?.code == .invalidKey)
    }
  }

  @Test("an Ed25519 key has 32 bytes", arguments: [0, 31, 33])
  func rawLength(count: Int) throws {
    let error = try refusal { _ = try PublicKey(ed25519: [UInt8](repeating: 1, count: count)) }
    #expect(error?.code == .invalidKey)
  }
}

@Suite("A private key leaves only as a file")
struct PrivateKeyTests {
  @Test(
    "a key is read back from its file, with and without a passphrase", arguments: PublicKey.Algorithm.allCases,
    [nil, "correct horse"])
  func roundTrip(algorithm: PublicKey.Algorithm, passphrase: String?) throws {
    let key = try PrivateKey.generate(algorithm)
    let pem = try key.pem(passphrase: passphrase)
    #expect(try PrivateKey.read(pem: pem, passphrase: passphrase).publicKey == key.publicKey)
  }

  @Test("a wrong passphrase, none, and damaged bytes give one and the same error")
  func oneError() throws {
    let pem = try PrivateKey.generate(.ed25519).pem(passphrase: "right")
    let attempts: [([UInt8], String?)] = [
      (pem, "wrong"), (pem, nil), (Array(pem.dropLast(60)), "right"), ([], nil), (Array("x".utf8), "right"),
    ]
    let errors = try Set(
      attempts.map { bytes, passphrase in
        try refusal { _ = try PrivateKey.read(pem: bytes, passphrase: passphrase) }
      })
    #expect(errors.count == 1)
    #expect(errors.first??.code == .invalidKey)
  }

  @Test(
    "a passphrase that libcrypto would cut is refused", arguments: ["", "a\0b", String(repeating: "x", count: 1025)])
  func cutPassphrases(passphrase: String) throws {
    let key = try PrivateKey.generate(.ed25519)
    let write = try refusal { _ = try key.pem(passphrase: passphrase) }
    #expect(write?.code == .invalidKey)
    let pem = try key.pem(passphrase: "other")
    let read = try refusal { _ = try PrivateKey.read(pem: pem, passphrase: passphrase) }
    #expect(read?.code == .invalidKey)
  }

  @Test("an encrypted key is one that openssl opens, under AES-256 and scrypt")
  func opensslOpens() async throws {
    let key = try PrivateKey.generate(.ed25519)
    let pem = try key.pem(passphrase: "correct horse")
    try await withTemporaryDirectory { folder in
      try Data(pem).write(to: URL(fileURLWithPath: folder + "/key.pem"))
      let structure = try openssl("asn1parse -in key.pem", in: folder)
      #expect(structure.contains("scrypt") && structure.contains("aes-256-cbc"))
      try Data("correct horse".utf8).write(to: URL(fileURLWithPath: folder + "/passphrase"))
      try openssl("pkey -in key.pem -passin file:passphrase -pubout -outform DER -out public.der", in: folder)
      #expect(try file("public.der", in: folder) == key.publicKey.spki)
    }
  }

  @Test("nothing that prints a key shows more than its kind")
  func printing() throws {
    let key = try PrivateKey.generate(.ed25519)
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] { #expect(text.contains("a private key (ed25519)")) }
    #expect(dumped.count < 100)
  }
}
