import FleetModel
import Testing

@Suite("Instants and their text")
struct TimestampTests {
  @Test(
    "an instant is written in UTC, milliseconds only when they are not zero",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
      (1_769_860_805_250, "2026-01-31T12:00:05.250Z"), (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
      (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ] as [(Int64, String)])
  func written(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
  }

  @Test("fewer digits of fraction are read as what they say")
  func shortFractions() {
    #expect(Timestamp("1970-01-01T00:00:00.5Z") == Timestamp(milliseconds: 500))
    #expect(Timestamp("1970-01-01T00:00:00.05Z") == Timestamp(milliseconds: 50))
    #expect(Timestamp("1970-01-01T00:00:00.000Z") == Timestamp(milliseconds: 0))
  }

  @Test(
    "anything but RFC 3339 in UTC is refused",
    arguments: [
      "", "Z", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+00:00", "2026-01-31t12:00:00Z",
      "2026-01-31T12:00:00z", "2026-01-31 12:00:00Z", "2026-1-31T12:00:00Z", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z",
      "2026-04-31T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:60Z",
      "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00.1234Z", "2026-01-31T12:00:00,5Z", "+026-01-31T12:00:00Z",
      "2026-01-31T12:00:00ZZ", "２０２６-01-31T12:00:00Z", "2026-01-31T12:00:00.-1Z",
    ])
  func refused(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("every day of 800 years is read back as it was written, and the days follow each other")
  func everyDay() {
    var previous = Timestamp(milliseconds: -1)
    for day in stride(from: Int64(-146_097), through: 146_097, by: 1) {
      let instant = Timestamp(seconds: day * 86_400 + 3_661)
      #expect(Timestamp(instant.description) == instant)
      if day > -146_097 { #expect(instant.since(previous) == .seconds(86_400)) }
      previous = instant
    }
  }

  @Test("arithmetic at the ends of what 64 bits hold is clamped and never traps")
  func extremes() {
    let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
    #expect(last + .seconds(1) == last)
    #expect(first - .seconds(1) == first)
    #expect(last + .seconds(Int64.max) == last)
    #expect(Timestamp(milliseconds: 0) - .seconds(Int64.max) == Timestamp(milliseconds: -.max))
    #expect(last.since(first) == .milliseconds(Int64.max))
    #expect(first.since(last) == .milliseconds(Int64.min))
    #expect(Timestamp(seconds: .max) == last)
    #expect(Timestamp(seconds: .min) == first)
    #expect(first.description.hasSuffix("Z"))
    #expect(last.description.hasSuffix("Z"))
    #expect(Duration.seconds(Int64.max).inMilliseconds == .max)
  }
}
