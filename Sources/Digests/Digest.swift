internal import CLibCrypto

/// A SHA-256 digest.
///
/// The text form is 64 lowercase hexadecimal digits; that is also how every format of the project writes it.
public struct Digest: Hashable, Sendable {
  /// How many bytes a digest has.
  public static let byteCount = 32

  // Four words instead of an array: a digest is a key in many maps and must not allocate.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// The digest with these bytes, or nil unless there are exactly 32 of them.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Digest.byteCount else { return nil }
    self.init(exactly32: bytes)
  }

  /// The digest that 64 lowercase hexadecimal digits name, or nil for anything else.
  ///
  /// Uppercase digits are refused: two texts for one digest would make two names for one thing.
  public init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == Digest.byteCount * 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Digest.byteCount)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Digest.nibble(digits[index]), let low = Digest.nibble(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.init(exactly32: bytes)
  }

  private init(exactly32 bytes: some Collection<UInt8>) {
    var values: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    for (index, byte) in bytes.enumerated() {
      switch index / 8 {
      case 0: values.0 = values.0 << 8 | UInt64(byte)
      case 1: values.1 = values.1 << 8 | UInt64(byte)
      case 2: values.2 = values.2 << 8 | UInt64(byte)
      default: values.3 = values.3 << 8 | UInt64(byte)
      }
    }
    words = values
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Digest.byteCount)
    for word in [words.0, words.1, words.2, words.3] {
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        result.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return result
  }

  /// The digest as 64 lowercase hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(Digest.byteCount * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) {
    // The words are uniformly distributed already; one of them is enough for a table.
    hasher.combine(words.0)
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    default: nil
    }
  }
}

extension Digest: CustomStringConvertible {
  public var description: String { hex }

  /// The first twelve digits, for people; never for comparing.
  public var short: String { String(hex.prefix(12)) }
}

extension Digest: Comparable {
  public static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }
}
