/// Numbers as Go writes them.
enum GoNumber {
  /// The shortest form that reads back the same, as `strconv.FormatFloat(x, 'g', -1, 64)` has it: an exponent stands
  /// where it is below -4 or above 5.
  static func text(of double: Double) -> String {
    guard double != 0 else { return double.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = shortest(double.magnitude)
    let sign = double < 0 ? "-" : ""
    return sign + (exponent < -4 || exponent >= 6 ? scientific(digits, exponent) : plain(digits, exponent))
  }

  /// The shortest form without an exponent, as `strconv.FormatFloat(x, 'f', -1, 64)` has it.
  static func decimal(_ double: Double) -> String {
    guard double != 0 else { return double.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = shortest(double.magnitude)
    return (double < 0 ? "-" : "") + plain(digits, exponent)
  }

  /// The digits without a point, and the exponent of the first.
  static func shortest(_ magnitude: Double) -> (digits: [UInt8], exponent: Int) {
    // Swift prints the shortest form too, only differently.
    let parts = "\(magnitude)".split(separator: "e")
    var exponent = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    let number = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    var digits = number.flatMap { Array($0.utf8) }
    exponent += number[0].utf8.count - 1
    while digits.count > 1, digits.first == 0x30 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.count > 1, digits.last == 0x30 { digits.removeLast() }
    return (digits, exponent)
  }

  static func scientific(_ digits: [UInt8], _ exponent: Int) -> String {
    var text = String(decoding: digits.prefix(1), as: UTF8.self)
    if digits.count > 1 { text += "." + String(decoding: digits.dropFirst(), as: UTF8.self) }
    let power = String(exponent.magnitude)
    return text + "e" + (exponent < 0 ? "-" : "+") + (power.count == 1 ? "0" : "") + power
  }

  static func plain(_ digits: [UInt8], _ exponent: Int) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    if exponent < 0 { return "0." + String(repeating: "0", count: -exponent - 1) + text }
    let whole = exponent + 1
    if digits.count <= whole { return text + String(repeating: "0", count: whole - digits.count) }
    return String(text.prefix(whole)) + "." + String(text.dropFirst(whole))
  }
}
