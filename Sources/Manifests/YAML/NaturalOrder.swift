/// The order of keys in YAML output: go-yaml v2's, in which `a2` comes before `a10`, and letters come after the rest.
enum NaturalOrder {
  static func sorted(_ entries: [Object.Entry]) -> [Object.Entry] {
    let isSorted = zip(entries, entries.dropFirst()).allSatisfy { precedes($0.key, $1.key) }
    return isSorted ? entries : entries.sorted { precedes($0.key, $1.key) }
  }

  static func precedes(_ left: String, _ right: String) -> Bool {
    var left = left
    var right = right
    let quick = left.withUTF8 { a in right.withUTF8 { b in precedesInASCII(a, b) } }
    return quick ?? precedes(left.unicodeScalars.map(\.value), right.unicodeScalars.map(\.value))
  }

  /// The order of two different texts, nil when it depends on characters beyond ASCII.
  private static func precedesInASCII(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool? {
    let shorter = min(a.count, b.count)
    guard let index = (0..<shorter).first(where: { a[$0] != b[$0] }) else { return a.count < b.count }
    let (left, right) = (a[index], b[index])
    guard left < 0x80, right < 0x80 else { return nil }
    if Bytes.isLetter(left) || Bytes.isLetter(right) {
      return Bytes.isLetter(left) && Bytes.isLetter(right) ? left < right : Bytes.isLetter(right)
    }
    return precedes(a.map(UInt32.init), b.map(UInt32.init), at: index)
  }

  private static func precedes(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    let shorter = min(a.count, b.count)
    guard let index = (0..<shorter).first(where: { a[$0] != b[$0] }) else { return a.count < b.count }
    switch (isLetter(a[index]), isLetter(b[index])) {
    case (true, true): return a[index] < b[index]
    case (true, false): return false
    case (false, true): return true
    case (false, false): return precedes(a, b, at: index)
    }
  }

  /// The order of two texts that first differ at an index, where neither has a letter: by the numbers that start there.
  private static func precedes(_ a: [UInt32], _ b: [UInt32], at index: Int) -> Bool {
    // After a nonzero digit a zero counts: 10 against 1 is a matter of length, 00 against 0 is not.
    let isInsideNumber =
      (a[index] == 0x30 || b[index] == 0x30)
      && a[..<index].reversed().prefix(while: isDigit).contains { $0 != 0x30 }
    let left = number(a, from: index, start: isInsideNumber ? 1 : 0)
    let right = number(b, from: index, start: isInsideNumber ? 1 : 0)
    if left.value != right.value { return left.value < right.value }
    return left.end != right.end ? left.end < right.end : a[index] < b[index]
  }

  private static func number(_ text: [UInt32], from index: Int, start: Int64) -> (value: Int64, end: Int) {
    var value = start
    var end = index
    // Wraps like Go's integers: very long numbers have an order too, if no natural one.
    while end < text.count, isDigit(text[end]) {
      value = value &* 10 &+ (Int64(text[end]) - 0x30)
      end += 1
    }
    return (value, end)
  }

  private static func isDigit(_ scalar: UInt32) -> Bool {
    if scalar < 0x80 { return (0x30...0x39).contains(scalar) }
    return Unicode.Scalar(scalar)?.properties.generalCategory == .decimalNumber
  }

  private static func isLetter(_ scalar: UInt32) -> Bool {
    switch Unicode.Scalar(scalar)?.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
