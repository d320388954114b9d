import Manifests

/// JSON as Go's `encoding/json` writes it: keys sorted, characters of HTML escaped, numbers as doubles.
enum GoJSON {
  static func bytes(of value: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    write(value, to: &bytes)
    return bytes
  }

  private static func write(_ value: Value, to bytes: inout [UInt8]) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += GoNumber.json(Double(value)).utf8
    case .unsigned(let value): bytes += GoNumber.json(Double(value)).utf8
    case .number(let value): bytes += GoNumber.json(value).utf8
    case .string(let text): write(text, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, entry) in object.sortedByKey().enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(entry.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        write(entry.value, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      case "\u{8}": bytes += "\\b".utf8
      case "\u{c}": bytes += "\\f".utf8
      case "\u{0}"..."\u{1f}", "<", ">", "&", "\u{2028}", "\u{2029}":
        let hex = String(scalar.value, radix: 16)
        bytes += ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8
      default: bytes += String(scalar).utf8
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension GoNumber {
  /// A double as JSON has it: an exponent stands below 1e-6 and from 1e21 on.
  static func json(_ double: Double) -> String {
    guard double != 0 else { return double.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = shortest(double.magnitude)
    let sign = double < 0 ? "-" : ""
    if exponent >= -6 && exponent < 21 { return sign + plain(digits, exponent) }
    let text = scientific(digits, exponent)
    // One digit is enough for a small negative exponent.
    guard exponent < 0, exponent > -10, let zero = text.lastIndex(of: "0") else { return sign + text }
    return sign + text[..<zero] + text[text.index(after: zero)...]
  }
}
