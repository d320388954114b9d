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
    guard let read = bytes.withContiguousStorageIfAvailable({ Digest.words(of: $0) }) else {
      self.init(bytes: Array(bytes))
      return
    }
    guard let read else { return nil }
    self.init(words: read)
  }

  /// The digest that 64 lowercase hexadecimal digits name, or nil for anything else.
  ///
  /// Uppercase digits are refused: two texts for one digest would make two names for one thing.
  public init?(hex: some StringProtocol) {
    var hex = String(hex)
    let read = hex.withUTF8 { digits -> (UInt64, UInt64, UInt64, UInt64)? in
      guard digits.count == Digest.byteCount * 2 else { return nil }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Digest.byteCount) { bytes in
        for index in bytes.indices {
          guard let high = Digest.nibble(digits[index * 2]), let low = Digest.nibble(digits[index * 2 + 1]) else {
            return nil
          }
          bytes[index] = high << 4 | low
        }
        return Digest.words(of: UnsafeBufferPointer(bytes))
      }
    }
    guard let read else { return nil }
    self.init(words: read)
  }

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// The words of 32 bytes; nil for any other number of them.
  private static func words(of bytes: UnsafeBufferPointer<UInt8>) -> (UInt64, UInt64, UInt64, UInt64)? {
    guard bytes.count == byteCount else { return nil }
    let raw = UnsafeRawBufferPointer(bytes)
    let word = { (start: Int) in UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self)) }
    return (word(0), word(8), word(16), word(24))
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Digest.byteCount) { bytes, count in
      withBytes { count = bytes.initialize(fromContentsOf: $0) }
    }
  }

  /// The digest as 64 lowercase hexadecimal digits.
  public var hex: String {
    String(unsafeUninitializedCapacity: Digest.byteCount * 2) { digits in
      withBytes { bytes in
        for (index, byte) in bytes.enumerated() {
          digits.initializeElement(at: index * 2, to: Digest.digit(byte >> 4))
          digits.initializeElement(at: index * 2 + 1, to: Digest.digit(byte & 15))
        }
      }
      return Digest.byteCount * 2
    }
  }

  private func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    withUnsafeBytes(of: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian), body)
  }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) {
    // The words are uniformly distributed already; one of them is enough for a table.
    hasher.combine(words.0)
  }

  private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble + 0x30 : nibble - 10 + 0x61 }

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
