import Digests
import FleetModel
import Manifests
import TestSupport
import Testing

@testable import AgentCore

@Suite("Events wait to be reported, within a bound, and what is dropped is counted")
struct OutboxTests {
  private func event(_ number: Int) -> Report.Event {
    Report.Event(time: Timestamp(seconds: Int64(number)), kind: "DriftHealed", reason: "event \(number)")
  }

  /// As after a restart.
  private func restarted(_ outbox: Outbox) throws -> Outbox { try Outbox(json: outbox.json, file: "outbox.json") }

  @Test("the oldest go first, and are counted over restarts")
  func bounded() throws {
    var outbox = Outbox()
    for number in 0..<Outbox.events + 7 { outbox.add(event(number)) }
    #expect(outbox.waiting.count == Outbox.events)
    #expect(outbox.waiting.first == event(7))
    #expect(outbox.dropped == 7)
    var again = try restarted(outbox)
    #expect(again == outbox)
    again.add(event(9999))
    #expect(again.dropped == 8)
    #expect(again.waiting.last == event(9999))
  }

  @Test("a count that can grow no more stays; it ended the agent before")
  func saturated() throws {
    var outbox = Outbox()
    for number in 0..<Outbox.events { outbox.add(event(number)) }
    let full = String(decoding: outbox.json, as: UTF8.self).replacing("\"dropped\":0", with: "\"dropped\":\(Int64.max)")
    var restored = try Outbox(json: Array(full.utf8), file: "outbox.json")
    restored.add(event(1))
    #expect(restored.dropped == .max)
    #expect(restored.waiting.count == Outbox.events)
  }

  @Test("events that an acknowledged report carried are gone, those that came after it wait on")
  func acknowledged() {
    var outbox = Outbox()
    outbox.add(event(1))
    let seq = outbox.beginReport()
    outbox.add(event(2))
    outbox.acknowledged(seq + 1)
    outbox.acknowledged(seq - 1)
    #expect(outbox.waiting.count == 2)
    outbox.acknowledged(seq)
    #expect(outbox.waiting == [event(2)])
    outbox.acknowledged(seq)
    #expect(outbox.waiting == [event(2)])
  }

  @Test("an acknowledgement takes nothing with it that was added while events were dropped")
  func acknowledgedAfterDropping() {
    var outbox = Outbox()
    for number in 0..<Outbox.events { outbox.add(event(number)) }
    let seq = outbox.beginReport()
    for number in 0..<3 { outbox.add(event(10_000 + number)) }
    outbox.acknowledged(seq)
    #expect(outbox.waiting == [event(10_000), event(10_001), event(10_002)])
    for number in 0..<Outbox.events * 2 { outbox.add(event(number)) }
    outbox.acknowledged(seq)
    #expect(outbox.waiting.count == Outbox.events)
  }

  @Test("events of a report without an answer are sent again after a restart")
  func unanswered() throws {
    var outbox = Outbox()
    outbox.add(event(1))
    let seq = outbox.beginReport()
    var again = try restarted(outbox)
    again.acknowledged(seq)
    #expect(again.waiting == [event(1)])
  }

  @Test("a hub that knows a higher number than this disk is followed, and the chain begins anew")
  func hubAhead() {
    var outbox = Outbox()
    _ = outbox.beginReport()
    outbox.finishReport(payload: Digest(of: [1]))
    outbox.hubHas(1)
    #expect(outbox.previous != nil)
    outbox.hubHas(41)
    #expect(outbox.previous == nil)
    #expect(outbox.beginReport() == 42)
  }

  @Test("a number out of all reason is not believed; the highest that is leaves numbers that are read back")
  func absurdNumber() throws {
    var outbox = Outbox()
    outbox.hubHas(.max)
    #expect(outbox.seq == 0)
    outbox.hubHas(Outbox.highestSeq)
    #expect(outbox.beginReport() == Outbox.highestSeq + 1)
    #expect(try restarted(outbox).seq == Outbox.highestSeq + 1)
  }

  @Test(
    "what is no outbox is refused with its file",
    arguments: [
      "", "[]", "{}", #"{"format":"flotilla.outbox/2","seq":1,"dropped":0,"events":[]}"#,
      #"{"format":"flotilla.outbox/1","seq":-1,"dropped":0,"events":[]}"#,
      #"{"format":"flotilla.outbox/1","seq":9223372036854775807,"dropped":0,"events":[]}"#,
      #"{"format":"flotilla.outbox/1","seq":1,"dropped":-1,"events":[]}"#,
      #"{"format":"flotilla.outbox/1","seq":1,"dropped":0,"events":[{"kind":"x"}]}"#,
    ])
  func damaged(text: String) throws {
    let error = try #require(try refusal { _ = try Outbox(json: Array(text.utf8), file: "outbox.json") })
    #expect(error.address.file == "outbox.json")
  }
}
