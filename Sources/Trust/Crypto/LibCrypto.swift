import CLibCrypto
public import Manifests

/// What every call of libcrypto needs around it.
package enum LibCrypto {
  /// An error with libcrypto's last words as its cause: names of functions and reasons, never key material.
  package static func failure(_ message: String, code: FleetError.Code = .cryptoFailed) -> FleetError {
    var words: [String] = []
    while case let number = ERR_get_error(), number != 0 {
      var text = [CChar](repeating: 0, count: 256)
      ERR_error_string_n(number, &text, text.count)
      words.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return FleetError(code, message, cause: words.joined(separator: "; "))
  }

  /// The bytes that a function of libcrypto's i2d family writes.
  package static func encoded(
    _ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) throws(FleetError) -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = encode(&start)
    guard count > 0, let start else { throw failure("something cannot be encoded") }
    defer { crypto_free(start) }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  /// The bytes that were written into a memory BIO, which is wiped afterwards: what is written is a private key.
  static func written(_ write: (OpaquePointer) -> Int32) throws(FleetError) -> [UInt8] {
    guard let bio = BIO_new(BIO_s_secmem()) else { throw failure("no memory") }
    defer { BIO_free_all(bio) }
    guard write(bio) == 1 else { throw failure("something cannot be written") }
    var start: UnsafePointer<UInt8>?
    let count = crypto_bio_bytes(bio, &start)
    return Array(UnsafeBufferPointer(start: start, count: max(0, count)))
  }
}

/// Randomness for keys, nonces and serial numbers.
public enum SecureRandom {
  /// So many bytes from the system's generator.
  public static func bytes(_ count: Int) throws(FleetError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw LibCrypto.failure("no randomness") }
    return bytes
  }
}
