/// Dates and times without quotes, which go-yaml reads as points in time and kustomize then writes as RFC 3339.
///
/// The layouts are those of go-yaml (`2006-1-2`, with a time after `T`, `t` or a space), read as Go's `time.Parse` does.
struct YAMLTimestamp {
  /// What this text is as a point in time; nil when it is none.
  static func resolve(_ text: UnsafeBufferPointer<UInt8>) -> YAMLScalar.Resolved? {
    // By far the most numbers end here.
    guard text.count >= 8, text[4] == UInt8(ascii: "-") else { return nil }
    var timestamp = YAMLTimestamp(rest: Array(text)[...])
    guard timestamp.read() else { return nil }
    return timestamp.rfc3339.map { .timestamp($0) } ?? .timestampWithoutText
  }

  private var rest: ArraySlice<UInt8>
  private var date = (year: 0, month: 0, day: 0)
  private var time = (hour: 0, minute: 0, second: 0)
  /// The digits of the second's fraction, without trailing zeros.
  private var fraction: [UInt8] = []
  /// Minutes east of Greenwich.
  private var offset = 0

  private init(rest: ArraySlice<UInt8>) { self.rest = rest }

  private mutating func read() -> Bool {
    guard readDate() else { return false }
    guard let separator = rest.popFirst() else { return true }
    switch separator {
    case UInt8(ascii: "T"), UInt8(ascii: "t"): return readTime() && readZone() && rest.isEmpty
    case UInt8(ascii: " "): return readTime() && rest.isEmpty
    default: return false
    }
  }

  private mutating func readDate() -> Bool {
    guard let year = number(4...4), skip("-"), let month = number(1...2), skip("-"), let day = number(1...2) else {
      return false
    }
    guard (1...12).contains(month), (1...YAMLTimestamp.days(year, month)).contains(day) else { return false }
    date = (year, month, day)
    return true
  }

  private mutating func readTime() -> Bool {
    // The layout says a single space, and Go takes any number of them for it.
    while rest.first == UInt8(ascii: " ") { rest.removeFirst() }
    guard let hour = number(1...2), skip(":"), let minute = number(1...2), skip(":"), let second = number(1...2) else {
      return false
    }
    guard hour < 24, minute < 60, second < 60 else { return false }
    time = (hour, minute, second)
    readFraction()
    return true
  }

  private mutating func readFraction() {
    guard let point = rest.first, point == UInt8(ascii: ".") || point == UInt8(ascii: ",") else { return }
    let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return }
    rest = rest.dropFirst(1 + digits.count)
    fraction = Array(digits.prefix(9))
    while fraction.last == 0x30 { fraction.removeLast() }
  }

  private mutating func readZone() -> Bool {
    guard let sign = rest.popFirst() else { return false }
    if sign == UInt8(ascii: "Z") { return true }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return false }
    guard let hours = number(2...2), skip(":"), let minutes = number(2...2), hours <= 24, minutes <= 60 else {
      return false
    }
    offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    return true
  }

  private mutating func number(_ width: ClosedRange<Int>) -> Int? {
    let digits = rest.prefix(width.upperBound).prefix { (0x30...0x39).contains($0) }
    guard width.contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private static func days(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// nil for an offset of a day or more, which Go refuses to write.
  private var rfc3339: String? {
    guard offset.magnitude < 24 * 60 else { return nil }
    var text = "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
    text += "T\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))"
    if !fraction.isEmpty { text += "." + String(decoding: fraction, as: UTF8.self) }
    if offset == 0 { return text + "Z" }
    let minutes = Int(offset.magnitude)
    return text + (offset < 0 ? "-" : "+") + padded(minutes / 60) + ":" + padded(minutes % 60)
  }

  private func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
