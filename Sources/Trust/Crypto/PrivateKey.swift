import CLibCrypto
public import Manifests

/// A private key. Nothing prints it; its bytes leave only through `pem`.
///
/// Agents make theirs with it; the hub's signing keys are held by `Authority` alone.
public final class PrivateKey: Sendable {
  // An EVP_PKEY is immutable after it was made and its reference count is atomic; using one key in several threads at
  // once is safe as long as each has its own context (openssl-threads(7)), and every method below makes its own.
  nonisolated(unsafe) private let pointer: OpaquePointer
  public let publicKey: PublicKey

  private init(_ pointer: OpaquePointer) throws(FleetError) {
    self.pointer = pointer
    do {
      publicKey = try PublicKey(
        spki: try LibCrypto.encoded { start in i2d_PUBKEY(pointer, start) })
    } catch {
      EVP_PKEY_free(pointer)
      throw error
    }
  }

  deinit { EVP_PKEY_free(pointer) }

  /// Makes a new key.
  public static func generate(_ algorithm: PublicKey.Algorithm) throws(FleetError) -> PrivateKey {
    let made =
      switch algorithm {
      case .ed25519: crypto_generate_ed25519()
      case .ecdsaP256: crypto_generate_p256()
      }
    guard let made else { throw LibCrypto.failure("no key can be made") }
    return try PrivateKey(made)
  }

  /// Reads PKCS#8 in PEM. The errors of a wrong passphrase and of damaged bytes are the same.
  public static func read(pem: [UInt8], passphrase: String? = nil) throws(FleetError) -> PrivateKey {
    if let passphrase { try check(passphrase) }
    let key = pem.withUnsafeBytes { bytes in
      crypto_read_private_pem(bytes.baseAddress, Int32(clamping: bytes.count), passphrase)
    }
    ERR_clear_error()  // what it left may speak of the key's content
    guard let key else {
      throw FleetError(
        .invalidKey, "the private key cannot be read", nextStep: "check the file, and its passphrase if it has one")
    }
    return try PrivateKey(key)
  }

  /// PKCS#8 in PEM; where a passphrase is given, encrypted with AES-256 under a key that scrypt makes of it.
  public func pem(passphrase: String? = nil) throws(FleetError) -> [UInt8] {
    guard let passphrase else {
      return try LibCrypto.written { bio in
        PEM_write_bio_PKCS8PrivateKey(bio, pointer, nil, nil, 0, nil, nil)
      }
    }
    try PrivateKey.check(passphrase)
    return try LibCrypto.written { bio in
      crypto_write_encrypted_private_pem(bio, pointer, passphrase, Int32(passphrase.utf8.count))
    }
  }

  /// What libcrypto's reader takes of a passphrase (PEM_BUFSIZE); it would cut a longer one.
  private static let longestPassphrase = 1024

  /// Refuses a passphrase that would not be used as it is: libcrypto reads it up to its first NUL.
  private static func check(_ passphrase: String) throws(FleetError) {
    guard (1...longestPassphrase).contains(passphrase.utf8.count), !passphrase.utf8.contains(0) else {
      throw FleetError(
        .invalidKey, "a passphrase has 1 to \(longestPassphrase) bytes, none of them zero",
        nextStep: "choose another passphrase")
    }
  }

  /// A signature: 64 bytes for Ed25519, DER for ECDSA over SHA-256.
  public func signature(of message: [UInt8]) throws(FleetError) -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { throw LibCrypto.failure("no memory") }
    defer { EVP_MD_CTX_free(context) }
    let digest = publicKey.algorithm == .ed25519 ? nil : EVP_sha256()
    guard EVP_DigestSignInit(context, nil, digest, nil, pointer) == 1 else {
      throw LibCrypto.failure("the key cannot sign")
    }
    var count = 0
    guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else {
      throw LibCrypto.failure("the key cannot sign")
    }
    var signature = [UInt8](repeating: 0, count: count)
    guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
      throw LibCrypto.failure("the key cannot sign")
    }
    return Array(signature.prefix(count))
  }

  /// Runs `body` with libcrypto's key, for what signs certificates and requests.
  package func withPointer<Result>(
    _ body: (OpaquePointer) throws(FleetError) -> Result
  ) throws(FleetError) -> Result {
    try body(pointer)
  }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "a private key (\(publicKey.algorithm.rawValue))" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
