import FleetModel
import Testing

@Suite("Spans and their text")
struct DurationTextTests {
  @Test(
    "a span is read and written in whole units, the longest first",
    arguments: [
      ("0s", 0), ("500ms", 500), ("10m", 600_000), ("1h30m", 5_400_000), ("62h", 223_200_000), ("1s1ms", 1001),
      ("1h1m1s1ms", 3_661_001),
    ] as [(String, Int64)])
  func readAndWritten(text: String, milliseconds: Int64) {
    #expect(Duration(text: text) == .milliseconds(milliseconds))
    #expect(Duration.milliseconds(milliseconds).text == text)
  }

  @Test("a span that could be said shorter is read as well")
  func longForms() {
    #expect(Duration(text: "90s") == .seconds(90))
    #expect(Duration(text: "0h0m") == .zero)
    #expect(Duration(text: "007s") == .seconds(7))
    #expect(Duration.seconds(90).text == "1m30s")
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", "10", "m", "10 m", " 10m", "10m ", "-10m", "+10m", "1.5h", "10min", "10M", "1d", "30m1h", "1m1m", "1ms1s",
      "1h30", "٣m", "99999999999999999999h", "9223372036854775807s", "9223372036854775807ms1s", "10m\n", "µs",
    ])
  func refused(text: String) {
    #expect(Duration(text: text) == nil)
  }

  @Test("what is below a millisecond is left out, and a negative span says so")
  func odd() {
    #expect(Duration.microseconds(1999).text == "1ms")
    #expect(Duration.microseconds(999).text == "0s")
    #expect(Duration.seconds(-90).text == "-1m30s")
    #expect(Duration.seconds(Int64.min).text.hasPrefix("-"))
  }
}
