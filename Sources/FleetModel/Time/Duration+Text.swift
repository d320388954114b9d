extension Duration {
  /// The units of the text form, the longest first, in milliseconds.
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// The span that a text such as `10m`, `1h30m`, `0s` or `500ms` names; nil for anything else.
  ///
  /// A part of what Go's `time.ParseDuration` reads: whole numbers, each with a unit (`h`, `m`, `s`, `ms`), each unit
  /// once, the longest first. No sign, no space, no fraction.
  public init?(text: String) {
    var rest = Array(text.utf8)[...]
    var units = Duration.units[...]
    var total: Int64 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { !(0x30...0x39).contains($0) }
      rest = rest.dropFirst(name.count)
      guard let number = Int64(digits: digits),
        let index = units.firstIndex(where: { name.elementsEqual($0.name.utf8) })
      else { return nil }
      let (part, overflow) = number.multipliedReportingOverflow(by: units[index].milliseconds)
      let (sum, carry) = total.addingReportingOverflow(part)
      guard !overflow, !carry else { return nil }
      total = sum
      units = units[(index + 1)...]
    }
    guard !text.isEmpty else { return nil }
    self = .milliseconds(total)
  }

  /// The span as `init(text:)` reads it, in the fewest parts: `1h30m`, `0s`. What is below a millisecond is left out; a
  /// negative span has a `-` before it and is not read back.
  public var text: String {
    var rest = inMilliseconds.magnitude
    guard rest > 0 else { return "0s" }
    var text = inMilliseconds < 0 ? "-" : ""
    for unit in Duration.units {
      let (count, remainder) = rest.quotientAndRemainder(dividingBy: unit.milliseconds.magnitude)
      if count > 0 { text += "\(count)\(unit.name)" }
      rest = remainder
    }
    return text
  }
}
