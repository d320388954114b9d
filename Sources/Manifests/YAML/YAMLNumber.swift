/// Numbers as go-yaml reads them: Go's integer literals with `_` anywhere, then YAML's floats.
enum YAMLNumber {
  /// What a text is that starts with a digit or a sign.
  static func resolve(_ text: UnsafeBufferPointer<UInt8>) -> YAMLScalar.Resolved {
    if let value = shortDecimal(text) { return .integer(.integer(value)) }
    let digits = text.filter { $0 != UInt8(ascii: "_") }
    if let value = integer(digits[...]) { return .integer(value) }
    if isYAMLFloat(digits[...]), let value = double(digits) { return .float(value) }
    return .other
  }

  /// Up to eighteen decimal digits without a leading zero: nearly every number there is.
  private static func shortDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let first = text.first, (0x31...0x39).contains(first) || (first == 0x30 && text.count == 1) else {
      return nil
    }
    guard text.count <= 18 else { return nil }
    var value: Int64 = 0
    for byte in text {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value &* 10 &+ Int64(byte &- 0x30)
    }
    return value
  }

  /// A sign, then `0x`, `0o`, `0b` or `0` as a prefix, then digits; nil for what is none or beyond 64 bits.
  private static func integer(_ text: ArraySlice<UInt8>) -> Value? {
    var digits = text
    var negative = false
    if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      negative = sign == UInt8(ascii: "-")
      digits.removeFirst()
      // Go reads a number with a plus sign as a signed one.
      if !negative, let value = unsigned(digits), value > UInt64(Int64.max) { return nil }
    }
    return unsigned(digits).flatMap { Value(negative: negative, magnitude: $0) }
  }

  private static func unsigned(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard text.first == 0x30, text.count > 1 else { return magnitude(text, radix: 10) }
    let rest = text.dropFirst(2)
    switch text[text.startIndex + 1] | 0x20 {
    case UInt8(ascii: "x"): return magnitude(rest, radix: 16)
    case UInt8(ascii: "o"): return magnitude(rest, radix: 8)
    case UInt8(ascii: "b"): return magnitude(rest, radix: 2)
    default: return magnitude(text.dropFirst(), radix: 8)
    }
  }

  private static func magnitude(_ digits: ArraySlice<UInt8>, radix: UInt64) -> UInt64? {
    guard !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in digits {
      guard let digit = hexDigit(byte), UInt64(digit) < radix else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
  private static func isYAMLFloat(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func skipSign() {
      if let byte = rest.first, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") { rest.removeFirst() }
    }
    func skipDigits() -> Int {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    skipSign()
    let whole = skipDigits()
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      if skipDigits() == 0 && whole == 0 { return false }
    } else if whole == 0 {
      return false
    }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      skipSign()
      if skipDigits() == 0 { return false }
    }
    return rest.isEmpty
  }

  /// What Go's `strconv.ParseFloat` makes of a text that starts with a point: `_` only between digits.
  static func goFloat(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    for index in text.indices where text[index] == UInt8(ascii: "_") {
      let isBetweenDigits =
        index > 0 && index + 1 < text.count && (0x30...0x39).contains(text[index - 1])
        && (0x30...0x39).contains(text[index + 1])
      guard isBetweenDigits else { return nil }
    }
    let digits = text.filter { $0 != UInt8(ascii: "_") }
    return isYAMLFloat(digits[...]) ? double(digits) : nil
  }

  /// nil when the number is beyond the range of a double, as Go has it.
  private static func double(_ digits: [UInt8]) -> Double? {
    guard let value = Double(String(decoding: digits, as: UTF8.self)), value.isFinite else { return nil }
    return value
  }
}
