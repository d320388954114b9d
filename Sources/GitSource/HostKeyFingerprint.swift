/// The SHA-256 fingerprint of a server's ssh key, as `ssh-keygen -l` and the hosters print it.
///
/// The text form is `SHA256:` and 43 characters of base64 without padding.
public struct HostKeyFingerprint: Hashable, Sendable {
  static let byteCount = 32
  private static let prefix = "SHA256:"

  let bytes: [UInt8]

  /// The fingerprint that this text names, or nil; a padding `=` at the end is taken too.
  public init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    var digits = text.utf8.dropFirst(Self.prefix.utf8.count)
    if digits.last == UInt8(ascii: "=") { digits = digits.dropLast() }
    guard let bytes = Base64.decode(digits), bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }
}

extension HostKeyFingerprint: CustomStringConvertible {
  public var description: String { Self.prefix + Base64.encode(bytes) }
}

/// Base64 without padding (RFC 4648, section 4), as OpenSSH writes fingerprints.
private enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(alphabet[Int(pending >> UInt32(bits) & 63)])
      }
    }
    if bits > 0 { text.append(alphabet[Int(pending << UInt32(6 - bits) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }

  static func decode(_ digits: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for digit in digits {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      pending = pending << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
      }
    }
    // Bits left over that are not zero would make two texts for one fingerprint.
    guard bits < 6, pending & (1 << UInt32(bits) - 1) == 0 else { return nil }
    return bytes
  }
}
