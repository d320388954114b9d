import FleetModel
import Logging
import Programs
import Testing

@Suite("One event is one line")
struct LogLinesTests {
  private let now = Timestamp(milliseconds: 1_800_000_000_250)

  private func event(_ message: String, _ metadata: Logger.Metadata = [:]) -> LogEvent {
    LogEvent(
      level: .info, message: "\(message)", metadata: metadata, source: "Tests", file: #fileID, function: #function,
      line: #line)
  }

  @Test("a line of text has the instant, the level, the program, the message and the metadata in the order of its keys")
  func text() {
    let lines = LogLines(label: "flotilla-hub", format: .text)
    let line = lines.line(for: event("bundle published", ["cluster": "dev-1", "bundle_seq": "4"]), at: now)
    #expect(line == "2027-01-15T08:00:00.250Z info flotilla-hub: bundle published bundle_seq=4 cluster=dev-1")
  }

  @Test("what holds spaces, quotes or line breaks is quoted, so that nobody can forge a line")
  func quoting() {
    let lines = LogLines(label: "hub", format: .text)
    let line = lines.line(for: event("refused\nthe app", ["error": "no \"x\"\nhere", "empty": ""]), at: now)
    #expect(line == #"2027-01-15T08:00:00.250Z info hub: "refused\nthe app" empty="" error="no \"x\"\nhere""#)
    #expect(!line.contains("\n"))
  }

  @Test("a line of JSON has the same, and metadata never replaces what every event has")
  func json() {
    var lines = LogLines(label: "hub", format: .json)
    lines.metadata["cluster"] = "dev-1"
    let line = lines.line(for: event("a\nb", ["app": "shop", "time": "never"]), at: now)
    #expect(
      line
        == #"{"time":"2027-01-15T08:00:00.250Z","level":"info","logger":"hub","message":"a\nb","app":"shop","cluster":"dev-1"}"#
    )
  }

  @Test("the metadata of an event stands before that of its logger")
  func precedence() {
    var lines = LogLines(label: "hub", format: .text)
    lines[metadataKey: "app"] = "database"
    #expect(lines.line(for: event("x", ["app": "shop"]), at: now).hasSuffix("hub: x app=shop"))
  }
}
