internal import CLibCrypto

/// Computes a SHA-256 digest from bytes that arrive in pieces.
///
/// One builder is one digest: `finish` ends it. Not safe to share between tasks, which its type forbids.
public struct DigestBuilder: ~Copyable {
  private let context: OpaquePointer

  // Looked up once: every implicit EVP_sha256 fetch costs more than hashing a small object.
  private static let algorithm = Algorithm()

  /// Starts a digest.
  public init() {
    // EVP_MD_CTX_new fails only when memory ran out, and then the process cannot go on.
    guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
    self.context = context
    precondition(
      EVP_DigestInit_ex2(context, DigestBuilder.algorithm.pointer, nil) == 1,
      "SHA-256 is not available in this libcrypto")
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes to what is digested.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    precondition(EVP_DigestUpdate(context, base, bytes.count) == 1, "libcrypto refused to digest")
  }

  /// Adds bytes to what is digested.
  public mutating func update(_ bytes: some Sequence<UInt8>) {
    if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { update($0) }
    }
  }

  /// The digest of everything added.
  public consuming func finish() -> Digest {
    let bytes = [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { buffer, count in
      var length: UInt32 = 0
      precondition(EVP_DigestFinal_ex(context, buffer.baseAddress, &length) == 1, "libcrypto refused to digest")
      count = Int(length)
    }
    guard let digest = Digest(bytes: bytes) else { fatalError("SHA-256 gave \(bytes.count) bytes") }
    return digest
  }
}

extension DigestBuilder {
  /// libcrypto's SHA-256, fetched once for the life of the process.
  private struct Algorithm: @unchecked Sendable {
    // EVP_MD is immutable and its reference is never dropped, so sharing it between threads is safe
    // (EVP_MD_fetch(3), "thread safety").
    let pointer: OpaquePointer?

    init() { pointer = EVP_MD_fetch(nil, "SHA256", nil) }
  }
}

extension Digest {
  /// The digest of these bytes.
  public init(of bytes: some Sequence<UInt8>) {
    var builder = DigestBuilder()
    builder.update(bytes)
    self = builder.finish()
  }

  /// The digest of a text's UTF-8 bytes.
  public init(of text: String) {
    self.init(of: text.utf8)
  }
}
