import CLibCrypto
public import Digests
public import Manifests

/// A public key that signatures verify with.
public struct PublicKey: Hashable, Sendable {
  public enum Algorithm: String, Hashable, Sendable, CaseIterable {
    case ed25519
    case ecdsaP256 = "ecdsa-sha2-nistp256"
  }

  public let algorithm: Algorithm
  /// SubjectPublicKeyInfo in DER.
  public let spki: [UInt8]

  /// Reads a SubjectPublicKeyInfo in DER; throws `invalid-key` for any other kind of key.
  public init(spki: [UInt8]) throws(FleetError) {
    let handle = try PublicKeyHandle(spki: spki)
    algorithm = handle.algorithm
    self.spki = spki
  }

  /// The Ed25519 key of these 32 bytes.
  public init(ed25519 raw: [UInt8]) throws(FleetError) {
    guard raw.count == 32 else { throw FleetError(.invalidKey, "an Ed25519 key has 32 bytes, not \(raw.count)") }
    // RFC 8410, section 4: the fixed head of the SubjectPublicKeyInfo of an Ed25519 key.
    try self.init(spki: [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00] + raw)
  }

  /// The 32 bytes of an Ed25519 key; nil for another kind.
  public var ed25519Bytes: [UInt8]? { algorithm == .ed25519 ? Array(spki.suffix(32)) : nil }

  public var spkiDigest: Digest { Digest(of: spki) }

  /// Whether this key made the signature: 64 bytes for Ed25519, DER for ECDSA (over SHA-256).
  public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let handle = try? PublicKeyHandle(spki: spki) else { return false }
    return handle.isValid(signature, for: message)
  }
}

/// A key in libcrypto's hands, for the length of one use.
private struct PublicKeyHandle: ~Copyable {
  let pointer: OpaquePointer
  let algorithm: PublicKey.Algorithm

  init(spki: [UInt8]) throws(FleetError) {
    let parsed = spki.withUnsafeBufferPointer { buffer -> (OpaquePointer?, Bool) in
      var position = buffer.baseAddress
      let key = d2i_PUBKEY(nil, &position, buffer.count)
      let isWhole = position == buffer.baseAddress.map { $0 + buffer.count }
      return (key, isWhole)
    }
    guard let key = parsed.0 else { throw LibCrypto.failure("not a public key", code: .invalidKey) }
    guard parsed.1, let algorithm = PublicKeyHandle.algorithm(of: key) else {
      EVP_PKEY_free(key)
      throw FleetError(.invalidKey, "not an Ed25519 or P-256 public key")
    }
    pointer = key
    self.algorithm = algorithm
  }

  deinit { EVP_PKEY_free(pointer) }

  static func algorithm(of key: OpaquePointer) -> PublicKey.Algorithm? {
    if EVP_PKEY_is_a(key, "ED25519") == 1 { return .ed25519 }
    guard EVP_PKEY_is_a(key, "EC") == 1 else { return nil }
    var name = [CChar](repeating: 0, count: 64)
    var count = 0
    guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return nil }
    let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text == "prime256v1" || text == "P-256" ? .ecdsaP256 : nil
  }

  func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    let digest = algorithm == .ed25519 ? nil : EVP_sha256()
    guard EVP_DigestVerifyInit(context, nil, digest, nil, pointer) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}
