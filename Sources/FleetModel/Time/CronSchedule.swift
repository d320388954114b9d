/// When something begins again and again: cron's five fields, as crontab(5) has them.
///
/// Minute, hour, day of the month, month, day of the week; each `*`, a number, a range `a-b`, a step `*/n` or `a-b/n`, or
/// a list of these. Months and days of the week also by their first three English letters, in any case; 7 is Sunday too.
/// Where both kinds of days are restricted, either will do.
public struct CronSchedule: Hashable, Sendable {
  /// The minutes of a day at which something begins, ascending.
  private var starts: [Int64]
  private var days: Set<Int>
  private var months: Set<Int>
  private var weekdays: Set<Int>
  /// Whether either kind of day is enough.
  private var eitherDay: Bool

  /// nil for a text of another form, or one that no time ever fits.
  public init?(_ text: String) {
    let fields = text.split(separator: " ").map(String.init)
    guard fields.count == 5, let minutes = CronSchedule.read(fields[0], 0...59, names: []),
      let hours = CronSchedule.read(fields[1], 0...23, names: []),
      let days = CronSchedule.read(fields[2], 1...31, names: []),
      let months = CronSchedule.read(fields[3], 1...12, names: CronSchedule.months),
      let weekdays = CronSchedule.read(fields[4], 0...7, names: CronSchedule.weekdays)
    else { return nil }
    starts = hours.sorted().flatMap { hour in minutes.sorted().map { Int64(hour * 60 + $0) } }
    self.days = days
    self.months = months
    self.weekdays = Set(weekdays.map { $0 % 7 })
    eitherDay = !fields[2].hasPrefix("*") && !fields[4].hasPrefix("*")
    guard isPossible else { return nil }
  }

  private static let months = [
    "", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]
  private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

  private static func read(_ field: String, _ range: ClosedRange<Int>, names: [String]) -> Set<Int>? {
    var found: Set<Int> = []
    for part in field.split(separator: ",", omittingEmptySubsequences: false) {
      guard let values = readPart(part, range, names) else { return nil }
      found.formUnion(values)
    }
    return found
  }

  private static func readPart(_ part: Substring, _ range: ClosedRange<Int>, _ names: [String]) -> Set<Int>? {
    let pieces = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = pieces.first else { return nil }
    var step = 1
    if pieces.count == 2 {
      guard let given = number(pieces[1]), given > 0, given <= range.upperBound else { return nil }
      step = given
    }
    if first == "*" { return Set(stride(from: range.lowerBound, through: range.upperBound, by: step)) }
    let ends = first.split(separator: "-", omittingEmptySubsequences: false).map { value($0, names) }
    guard let low = ends.first ?? nil, range.contains(low), ends.count <= 2 else { return nil }
    guard ends.count == 2 else {
      // As cron has it, a step needs a range.
      return pieces.count == 2 ? nil : [low]
    }
    guard let high = ends[1], range.contains(high), low <= high else { return nil }
    return Set(stride(from: low, through: high, by: step))
  }

  private static func value(_ text: Substring, _ names: [String]) -> Int? {
    number(text) ?? (text.isEmpty ? nil : names.firstIndex(of: text.lowercased()))
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...2).contains(text.utf8.count) else { return nil }
    return Int64(digits: text.utf8).map { Int($0) }
  }

  /// Whether any day fits: 30 February never comes.
  private var isPossible: Bool {
    if eitherDay { return true }
    return months.contains { month in
      let longest = CivilDate(year: 2000, month: Int64(month), day: 1).daysInMonth
      return days.contains { $0 <= longest }
    }
  }
}

extension CronSchedule {
  /// How far ahead is looked: over a leap year that the turn of a century leaves out.
  private static let daysAhead: Int64 = 366 * 9

  /// The first minute after a local time at which something begins, both in minutes since 1970 of the local clock; nil
  /// where none comes within nine years.
  func next(after minute: Int64) -> Int64? {
    var (day, first) = (minute + 1).quotientRoundedDown(by: 1440)
    let end = day + CronSchedule.daysAhead
    while day < end {
      if fits(day: day), let start = start(from: first) { return day * 1440 + start }
      day += 1
      first = 0
    }
    return nil
  }

  /// The first start of a day that is not before a minute of it.
  private func start(from minute: Int64) -> Int64? {
    var range = starts.startIndex..<starts.endIndex
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = starts[middle] < minute ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound < starts.endIndex ? starts[range.lowerBound] : nil
  }

  private func fits(day: Int64) -> Bool {
    let date = CivilDate(daysSinceEpoch: day)
    guard months.contains(Int(date.month)) else { return false }
    // 1 January 1970 was a Thursday.
    let weekday = Int((day + 4).quotientRoundedDown(by: 7).1)
    let isDay = days.contains(Int(date.day))
    let isWeekday = weekdays.contains(weekday)
    return eitherDay ? isDay || isWeekday : isDay && isWeekday
  }
}
