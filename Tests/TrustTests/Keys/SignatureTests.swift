import Manifests
import TestSupport
import Testing
import Trust

@Suite("Signatures are those of the standards")
struct SignatureTests {
  /// RFC 8032, section 7.1, tests 1 to 3: public key, message, signature.
  private static let ed25519: [(String, String, String)] = [
    (
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        + "655141438e7a100b"
    ),
    (
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        + "b00d291612bb0c00"
    ),
    (
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        + "c027beceea1ec40a"
    ),
  ]

  private static let p256Head = "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
  private static let p256Point =
    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
    + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"

  private func bytes(_ hex: String) throws -> [UInt8] { try #require([UInt8](hexText: hex)) }

  @Test("Ed25519 as in RFC 8032", arguments: ed25519)
  func ed25519Examples(key: String, message: String, signature: String) throws {
    let key = try PublicKey(ed25519: try bytes(key))
    let (message, signature) = (try bytes(message), try bytes(signature))
    #expect(key.isValid(signature, for: message))
    #expect(!key.isValid(signature, for: message + [0]))
    for index in signature.indices {
      var flipped = signature
      flipped[index] ^= 1
      #expect(!key.isValid(flipped, for: message))
    }
  }

  @Test("ECDSA over P-256 and SHA-256 as in RFC 6979")
  func p256() throws {
    let key = try PublicKey(spki: try bytes(Self.p256Head + Self.p256Point))
    let signature = try bytes(
      "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
        + "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")
    let message = Array("sample".utf8)
    #expect(key.algorithm == .ecdsaP256)
    #expect(key.isValid(signature, for: message))
    #expect(!key.isValid(signature, for: Array("sampl".utf8)))
    #expect(!key.isValid(signature + [0], for: message))
    #expect(!key.isValid([], for: message))
  }

  @Test("what one key of either kind signs verifies with it and with no other", arguments: PublicKey.Algorithm.allCases)
  func ownSignatures(algorithm: PublicKey.Algorithm) throws {
    let (key, other) = (try PrivateKey.generate(algorithm), try PrivateKey.generate(algorithm))
    for message in [[], Array("m".utf8), [UInt8](repeating: 7, count: 100_000)] {
      let signature = try key.signature(of: message)
      #expect(key.publicKey.isValid(signature, for: message))
      #expect(!other.publicKey.isValid(signature, for: message))
    }
  }

  @Test("HMAC and HKDF as in RFC 4231 and RFC 5869")
  func messageCodes() throws {
    let code = try MessageCode.hmac(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
    #expect(code.hexText == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let derived = try MessageCode.derivedKey(from: [UInt8](repeating: 0x0b, count: 22), for: "")
    #expect(derived.hexText == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    #expect(MessageCode.areEqual(code, code))
    #expect(!MessageCode.areEqual(code, Array(code.dropLast())))
    #expect(!MessageCode.areEqual(code, derived))
  }
}
