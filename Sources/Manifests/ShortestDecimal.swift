/// A finite double as the fewest decimal digits that read back as the same double: 0.d₁d₂d₃… × 10^point.
struct ShortestDecimal {
  let isNegative: Bool
  /// ASCII digits, without leading or trailing zeros; none for zero.
  let digits: [UInt8]
  /// Where the decimal point stands, counted from before the first digit.
  let point: Int

  init(_ value: Double) {
    // `description` is documented to be the shortest text that reads back the same; only its layout is taken apart.
    var digits: [UInt8] = []
    var point = 0
    var exponent = 0
    var seenPoint = false
    var bytes = value.magnitude.description.utf8[...]
    while let byte = bytes.popFirst() {
      switch byte {
      case 0x30...0x39:
        if !seenPoint { point += 1 }
        digits.append(byte)
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"):
        exponent = Int(Substring(bytes)) ?? 0
        bytes = bytes.suffix(0)
      default: break
      }
    }
    let leading = digits.prefix { $0 == 0x30 }.count
    digits.removeFirst(leading)
    while digits.last == 0x30 { digits.removeLast() }
    self.isNegative = value.sign == .minus
    self.point = digits.isEmpty ? 1 : point - leading + exponent
    self.digits = digits.isEmpty ? [] : digits
  }

  /// The number without an exponent: `1200`, `0.05`.
  var positional: [UInt8] {
    var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    if digits.isEmpty { return text + [0x30] }
    if point <= 0 {
      text.append(contentsOf: [0x30, UInt8(ascii: ".")])
      text.append(contentsOf: repeatElement(0x30, count: -point))
      return text + digits
    }
    text.append(contentsOf: digits.prefix(point))
    text.append(contentsOf: repeatElement(0x30, count: max(0, point - digits.count)))
    if digits.count > point {
      text.append(UInt8(ascii: "."))
      text.append(contentsOf: digits.dropFirst(point))
    }
    return text
  }

  /// The number with one digit before the point and an exponent of at least this many digits: `1.2e+03`.
  func scientific(exponentDigits: Int) -> [UInt8] {
    var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    text.append(digits.first ?? 0x30)
    if digits.count > 1 {
      text.append(UInt8(ascii: "."))
      text.append(contentsOf: digits.dropFirst())
    }
    let exponent = point - 1
    text.append(UInt8(ascii: "e"))
    text.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    let magnitude = Array(String(exponent.magnitude).utf8)
    text.append(contentsOf: repeatElement(0x30, count: max(0, exponentDigits - magnitude.count)))
    return text + magnitude
  }
}

extension Value {
  /// The number of this sign and magnitude, or nil when it is no integer of 64 bits.
  init?(negative: Bool, magnitude: UInt64) {
    if !negative {
      self = .unsignedInteger(magnitude)
    } else if magnitude <= UInt64(Int64.max) + 1 {
      self = .integer(Int64(truncatingIfNeeded: 0 &- magnitude))
    } else {
      return nil
    }
  }

  /// The number that the shortest text of this double names: an integer when that is one of 64 bits.
  ///
  /// This is what a float becomes on its way through kustomize, which writes it as JSON and reads that again.
  init(shortest double: Double) {
    self = .number(double)
    guard double == double.rounded(.towardZero), double.magnitude < 0x1p64 else { return }
    if let exact = Int64(exactly: double), double.magnitude < 0x1p53 {
      self = .integer(exact)
      return
    }
    var magnitude: UInt64? = 0
    let decimal = ShortestDecimal(double.magnitude)
    for digit in decimal.positional { magnitude = magnitude.flatMap { $0.appending(digit: digit - 0x30) } }
    if let magnitude, let value = Value(negative: double < 0, magnitude: magnitude) { self = value }
  }
}
