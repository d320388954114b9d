/// Names a commit: Git's object id, 20 bytes.
///
/// The text form is 40 lowercase hexadecimal digits.
public struct CommitID: Hashable, Sendable {
  /// How many bytes an id has. Repositories with SHA-256 ids are not supported by libgit2 1.5.
  public static let byteCount = 20

  public let bytes: [UInt8]

  /// The id with these bytes, or nil unless there are exactly 20 of them.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == CommitID.byteCount else { return nil }
    self.init(exactly20: Array(bytes))
  }

  init(exactly20 bytes: [UInt8]) { self.bytes = bytes }

  /// The id that 40 lowercase hexadecimal digits name, or nil for anything else.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex), bytes.count == CommitID.byteCount else { return nil }
    self.bytes = bytes
  }

  public var hex: String { Hex.encode(bytes) }

  /// The first ten digits, for people; never for comparing.
  public var short: String { String(hex.prefix(10)) }
}

extension CommitID: CustomStringConvertible {
  public var description: String { hex }
}

/// Lowercase hexadecimal digits.
enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)

  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
