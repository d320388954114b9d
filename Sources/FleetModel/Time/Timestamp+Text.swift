extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC; milliseconds only when they are not zero. Instants outside the years 0 to 9999, which RFC 3339
  /// cannot say, have a longer or negative year and are not read back.
  public var description: String {
    let (days, inDay) = milliseconds.quotientRoundedDown(by: 86_400_000)
    let date = CivilDate(daysSinceEpoch: days)
    let (seconds, fraction) = inDay.quotientRoundedDown(by: 1000)
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, to: 2) }.joined(separator: ":")
    let tail = fraction == 0 ? "" : ".\(padded(fraction, to: 3))"
    return "\(padded(date.year, to: 4))-\(padded(date.month, to: 2))-\(padded(date.day, to: 2))T\(time)\(tail)Z"
  }

  /// The instant that an RFC 3339 text in UTC (`Z`) names, years 0000 to 9999, at most three digits of fraction; nil
  /// for anything else.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z") else { return nil }
    guard Timestamp.shape.allSatisfy({ bytes[$0.0] == $0.1 }) else { return nil }
    func number(_ range: Range<Int>) -> Int64? { Int64(digits: bytes[range]) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19), hour < 24, minute < 60, second < 60,
      let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count > 20 {
      let digits = bytes[20..<(bytes.count - 1)]
      guard bytes[19] == UInt8(ascii: "."), (1...3).contains(digits.count), let value = Int64(digits: digits) else {
        return nil
      }
      fraction = value * [100, 10, 1][digits.count - 1]
    }
    milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
  }

  private static let shape: [(Int, UInt8)] = [
    (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
    (16, UInt8(ascii: ":")),
  ]

  private func padded(_ number: Int64, to width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
