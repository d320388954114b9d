import Manifests
import Testing

@testable import FleetModel

@Suite("Cron's five fields")
struct CronScheduleTests {
  /// The next starts after a minute of the local clock.
  private func starts(_ schedule: String, after text: String, _ count: Int = 2) throws -> [String] {
    let cron = try #require(CronSchedule(schedule))
    var minute = try #require(Timestamp(text)).milliseconds / 60_000
    return try (0..<count).map { _ in
      minute = try #require(cron.next(after: minute))
      return "\(Timestamp(milliseconds: minute * 60_000))"
    }
  }

  @Test(
    "numbers, lists, ranges, steps and names",
    arguments: [
      ("30 4 * * *", ["2026-11-21T04:30:00Z", "2026-11-22T04:30:00Z"]),
      ("*/20 5 * * *", ["2026-11-21T05:00:00Z", "2026-11-21T05:20:00Z"]),
      ("10-30/10,55 0 * * *", ["2026-11-21T00:10:00Z", "2026-11-21T00:20:00Z"]),
      ("0 18 * * fri", ["2026-11-27T18:00:00Z", "2026-12-04T18:00:00Z"]),
      ("0 0 * * 7", ["2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"]),
      ("0 0 * * MON-WED", ["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"]),
      ("0 0 1 JAN,jul *", ["2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z"]),
      ("0 0 29 2 *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
    ])
  func fields(schedule: String, expected: [String]) throws {
    #expect(try starts(schedule, after: "2026-11-21T00:00:00Z") == expected)
  }

  @Test("where both kinds of days are restricted either will do")
  func eitherDay() throws {
    #expect(
      try starts("0 0 1 * MON", after: "2026-11-21T00:00:00Z", 3) == [
        "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z",
      ])
    // A step over all days restricts none, as cron has it.
    #expect(
      try starts("0 0 */10 * MON", after: "2026-11-21T00:00:00Z", 1) == ["2026-12-21T00:00:00Z"])
  }

  @Test(
    "what is no schedule is refused",
    arguments: [
      "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
      "5/2 * * * *", "*/0 * * * *", "3-1 * * * *", "1- * * * *", "-1 * * * *", ", * * * *", "1,,2 * * * *",
      "a * * * *", "* * * FOO *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "+1 * * * *", "001 * * * *",
    ])
  func refused(schedule: String) {
    #expect(CronSchedule(schedule) == nil)
  }
}
