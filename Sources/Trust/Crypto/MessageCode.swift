import CLibCrypto
public import Manifests

/// HMAC-SHA256 and HKDF-SHA256.
public enum MessageCode {
  /// HMAC-SHA256 (RFC 2104).
  public static func hmac(key: [UInt8], _ message: [UInt8]) throws(FleetError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 0
    guard HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &code, &count) != nil,
      count == 32
    else { throw LibCrypto.failure("HMAC cannot be computed") }
    return code
  }

  /// HKDF-SHA256 (RFC 5869) with an empty salt, for one block: 32 bytes.
  public static func derivedKey(from secret: [UInt8], for purpose: String) throws(FleetError) -> [UInt8] {
    let extracted = try hmac(key: [UInt8](repeating: 0, count: 32), secret)
    return try hmac(key: extracted, Array(purpose.utf8) + [1])
  }

  /// Whether two codes are the same, in a time that does not depend on where they differ.
  public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
  }
}
