extension JSONParser {
  /// The text in quotes that starts at the current place.
  mutating func string() throws(FleetError) -> String {
    index += 1
    let start = index
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        let text = try text(start..<index)
        index += 1
        return text
      case UInt8(ascii: "\\"): return try escapedString(from: start)
      case 0..<0x20: throw unexpected("a character of a text (control characters are written with a backslash)")
      default: index += 1
      }
    }
    throw unexpected("'\"'")
  }

  private func text(_ range: Range<Int>) throws(FleetError) -> String {
    try checked(UnsafeBufferPointer(rebasing: bytes[range]))
  }

  private func checked(_ utf8: UnsafeBufferPointer<UInt8>) throws(FleetError) -> String {
    guard let text = String(validating: utf8, as: UTF8.self) else { throw failure("a text that is no UTF-8") }
    return text
  }

  /// A text with at least one escape, `index` at the first.
  private mutating func escapedString(from start: Int) throws(FleetError) -> String {
    var content = Array(bytes[start..<index])
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try content.withUnsafeBufferPointer { buffer throws(FleetError) in try checked(buffer) }
        index += 1
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw unexpected("a character of a text (control characters are written with a backslash)")
      default:
        content.append(byte)
        index += 1
      }
    }
    throw unexpected("'\"'")
  }

  private mutating func escape(into content: inout [UInt8]) throws(FleetError) {
    index += 1
    let plain: UInt8
    switch current {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = current
    case UInt8(ascii: "b"): plain = 0x08
    case UInt8(ascii: "f"): plain = 0x0c
    case UInt8(ascii: "n"): plain = 0x0a
    case UInt8(ascii: "r"): plain = 0x0d
    case UInt8(ascii: "t"): plain = 0x09
    case UInt8(ascii: "u"):
      content.append(contentsOf: String(Character(try unicodeEscape())).utf8)
      return
    default: throw unexpected("one of \" \\ / b f n r t u")
    }
    content.append(plain)
    index += 1
  }

  private mutating func unicodeEscape() throws(FleetError) -> Unicode.Scalar {
    let start = index
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Not a scalar, so half of a surrogate pair: the other half must follow.
    if (0xd800...0xdbff).contains(first), current == UInt8(ascii: "\\") {
      index += 1
      if current == UInt8(ascii: "u") {
        let second = try codeUnit()
        if (0xdc00...0xdfff).contains(second),
          let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
        {
          return scalar
        }
      }
    }
    index = start
    throw failure("half of a surrogate pair, which is no character")
  }

  /// The four hexadecimal digits after the `u` at the current place.
  private mutating func codeUnit() throws(FleetError) -> UInt16 {
    index += 1
    var unit: UInt16 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch current {
      case 0x30...0x39: digit = current - 0x30
      case 0x41...0x46: digit = current - 0x41 + 10
      case 0x61...0x66: digit = current - 0x61 + 10
      default: throw unexpected("a hexadecimal digit")
      }
      unit = unit << 4 | UInt16(digit)
      index += 1
    }
    return unit
  }

  /// The number that starts at the current place.
  mutating func number() throws(FleetError) -> Value {
    let start = index
    let negative = current == UInt8(ascii: "-")
    if negative { index += 1 }
    let magnitude = try integerPart()
    if current != UInt8(ascii: "."), current | 0x20 != UInt8(ascii: "e") {
      if let magnitude, let value = Value(negative: negative, magnitude: magnitude) { return value }
    } else {
      try fractionAndExponent()
    }
    guard let double = Double(String(decoding: bytes[start..<index], as: UTF8.self)), double.isFinite else {
      index = start
      throw failure("a number beyond the range of 64-bit floating point")
    }
    return Value(shortest: double)
  }

  /// Steps over the digits before a point; nil when they name more than 64 bits.
  private mutating func integerPart() throws(FleetError) -> UInt64? {
    guard (0x30...0x39).contains(current) else { throw unexpected("a digit") }
    if current == 0x30 {
      index += 1
      guard !(0x30...0x39).contains(current) else { throw failure("a number with a leading zero") }
      return 0
    }
    var magnitude: UInt64? = 0
    while (0x30...0x39).contains(current) {
      magnitude = magnitude.flatMap { $0.appending(digit: current - 0x30) }
      index += 1
    }
    return magnitude
  }

  private mutating func fractionAndExponent() throws(FleetError) {
    if current == UInt8(ascii: ".") {
      index += 1
      try digits()
    }
    if current | 0x20 == UInt8(ascii: "e") {
      index += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
      try digits()
    }
  }

  private mutating func digits() throws(FleetError) {
    guard (0x30...0x39).contains(current) else { throw unexpected("a digit") }
    while (0x30...0x39).contains(current) { index += 1 }
  }
}

extension UInt64 {
  /// This number with one more decimal digit, or nil when that is beyond 64 bits.
  @inline(__always)
  func appending(digit: UInt8) -> UInt64? {
    let (tens, overflow) = multipliedReportingOverflow(by: 10)
    let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
    return overflow || carry ? nil : sum
  }
}
