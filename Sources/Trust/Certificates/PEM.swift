/// The textual form of keys and certificates (RFC 7468).
public enum PEM {
  /// The bytes between the lines of a label, in lines of 64 characters.
  public static func encode(_ bytes: [UInt8], label: String) -> [UInt8] {
    let text = Base64.encode(bytes)
    var lines = ["-----BEGIN \(label)-----"]
    var rest = text[...]
    while !rest.isEmpty {
      lines.append(String(decoding: rest.prefix(64), as: UTF8.self))
      rest = rest.dropFirst(64)
    }
    lines.append("-----END \(label)-----\n")
    return Array(lines.joined(separator: "\n").utf8)
  }
}

/// Base64 (RFC 4648, section 4), strict.
public enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(3, bytes.count - index)
      var word = UInt32(bytes[index]) << 16
      if count > 1 { word |= UInt32(bytes[index + 1]) << 8 }
      if count > 2 { word |= UInt32(bytes[index + 2]) }
      result.append(digits[Int(word >> 18)])
      result.append(digits[Int(word >> 12 & 63)])
      result.append(count > 1 ? digits[Int(word >> 6 & 63)] : UInt8(ascii: "="))
      result.append(count > 2 ? digits[Int(word & 63)] : UInt8(ascii: "="))
      index += 3
    }
    return result
  }

  /// nil for anything that `encode` would not have made.
  public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
    let text = Array(text)
    guard text.count % 4 == 0 else { return nil }
    let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var word: UInt32 = 0
    for (index, digit) in text.dropLast(padding).enumerated() {
      let value = values[Int(digit)]
      guard value != 255 else { return nil }
      word = word << 6 | UInt32(value)
      if index % 4 == 3 {
        result.append(UInt8(truncatingIfNeeded: word >> 16))
        result.append(UInt8(truncatingIfNeeded: word >> 8))
        result.append(UInt8(truncatingIfNeeded: word))
        word = 0
      }
    }
    switch padding {
    case 1: result += [UInt8(truncatingIfNeeded: word >> 10), UInt8(truncatingIfNeeded: word >> 2)]
    case 2: result.append(UInt8(truncatingIfNeeded: word >> 4))
    default: break
    }
    return encode(result) == text ? result : nil
  }
}

extension Collection<UInt8> {
  /// As lowercase hexadecimal digits.
  public var hexText: String {
    var digits: [UInt8] = []
    digits.reserveCapacity(count * 2)
    for byte in self {
      digits.append((byte >> 4).hexDigit)
      digits.append((byte & 15).hexDigit)
    }
    return String(decoding: digits, as: UTF8.self)
  }
}

extension [UInt8] {
  /// The bytes that hexadecimal digits name; nil for anything else.
  public init?(hexText text: String) {
    let digits = Array<UInt8>(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index].hexValue, let low = digits[index + 1].hexValue else { return nil }
      bytes.append(high << 4 | low)
    }
    self = bytes
  }
}

extension UInt8 {
  fileprivate var hexDigit: UInt8 { self < 10 ? self + 0x30 : self - 10 + 0x61 }

  fileprivate var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}

extension PEM {
  /// The bytes of the first block with this label; nil when there is none or its content is no base64.
  public static func decode(_ text: String, label: String) -> [UInt8]? {
    var inside = false
    var content: [UInt8] = []
    for line in text.split(whereSeparator: \.isNewline) {
      if line == "-----BEGIN \(label)-----" {
        inside = true
      } else if line == "-----END \(label)-----" {
        return inside ? Base64.decode(content) : nil
      } else if inside {
        content += line.utf8
      }
    }
    return nil
  }
}
