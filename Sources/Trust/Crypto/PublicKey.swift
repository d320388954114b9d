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

  // A SubjectPublicKeyInfo of either kind is a fixed head and the key's own bytes. Anything that does not begin so is
  // refused, also where it means the same key (a compressed point, explicit parameters): two spellings of one key would
  // count as two keys.
  /// RFC 8410, section 4.
  private static let ed25519Head: [UInt8] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]
  /// RFC 5480, section 2: the curve by its name, then an uncompressed point.
  private static let p256Head: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]

  /// Reads a SubjectPublicKeyInfo in DER; throws `invalid-key` for any other kind or spelling of a key.
  public init(spki: [UInt8]) throws(FleetError) {
    if spki.count == 44, spki.starts(with: PublicKey.ed25519Head) {
      algorithm = .ed25519
    } else if spki.count == 91, spki.starts(with: PublicKey.p256Head) {
      algorithm = .ecdsaP256
    } else {
      throw FleetError(.invalidKey, "not an Ed25519 key, nor a P-256 key with its curve's name and a plain point")
    }
    self.spki = spki
    // Makes sure that a point lies on its curve.
    _ = try PublicKeyHandle(spki, algorithm)
  }

  /// The Ed25519 key of these 32 bytes.
  public init(ed25519 raw: [UInt8]) throws(FleetError) {
    guard raw.count == 32 else { throw FleetError(.invalidKey, "an Ed25519 key has 32 bytes, not \(raw.count)") }
    try self.init(spki: PublicKey.ed25519Head + raw)
  }

  /// The 32 bytes of an Ed25519 key; nil for another kind.
  public var ed25519Bytes: [UInt8]? { algorithm == .ed25519 ? Array(spki.suffix(32)) : nil }

  public var spkiDigest: Digest { Digest(of: spki) }

  /// Whether this key made the signature: 64 bytes for Ed25519, DER for ECDSA (over SHA-256).
  public func isValid(_ signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let handle = try? PublicKeyHandle(spki, algorithm) else { return false }
    return handle.isValid(signature, for: message)
  }
}

/// A key in libcrypto's hands, for the length of one use.
private struct PublicKeyHandle: ~Copyable {
  let pointer: OpaquePointer
  let algorithm: PublicKey.Algorithm

  init(_ spki: [UInt8], _ algorithm: PublicKey.Algorithm) throws(FleetError) {
    let key =
      switch algorithm {
      case .ed25519: EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, Array(spki.suffix(32)), 32)
      case .ecdsaP256:
        spki.withUnsafeBufferPointer { buffer in
          var position = buffer.baseAddress
          return d2i_PUBKEY(nil, &position, buffer.count)
        }
      }
    guard let key else { throw LibCrypto.failure("not a public key", code: .invalidKey) }
    pointer = key
    self.algorithm = algorithm
  }

  deinit { EVP_PKEY_free(pointer) }

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
