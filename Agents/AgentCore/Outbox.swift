import Digests
import FleetModel
public import Manifests

/// What waits to be reported, and how far reporting has come. Pure; `ReportWriter` keeps it on disk.
///
/// Reports are full state, so only the newest is worth sending; what must not be merged are events, which wait here
/// until a report that carries them is acknowledged. What does not fit is dropped, oldest first, and counted.
struct Outbox: Equatable {
  /// Events waiting: a month without a link at some thirty a day, in a report of some 200 KB.
  static let events = 1000
  static let format = "flotilla.outbox/1"

  /// The last report made; only grows.
  private(set) var seq: Int64 = 0
  /// The digest of the last report's payload.
  private(set) var previous: Digest?
  private(set) var waiting: [Report.Event] = []
  private(set) var dropped: Int64 = 0
  /// How many of the waiting events the last report carried.
  private var carried = 0

  mutating func add(_ event: Report.Event) {
    waiting.append(event)
    let excess = waiting.count - Outbox.events
    guard excess > 0 else { return }
    waiting.removeFirst(excess)
    let (sum, overflow) = dropped.addingReportingOverflow(Int64(excess))
    dropped = overflow ? .max : sum
    carried = max(0, carried - excess)
  }

  /// No agent makes so many reports. A hub that names a higher number is not believed: there must be numbers left.
  static let highestSeq: Int64 = 1 << 53
  /// What is read back may be beyond what a hub may name, by as many reports as follow on that.
  private static let highestStoredSeq: Int64 = 1 << 62

  /// Takes the next report's number, and notes that all events waiting go with it.
  mutating func beginReport() -> Int64 {
    seq += 1
    carried = waiting.count
    return seq
  }

  mutating func finishReport(payload: Digest) { previous = payload }

  /// The hub has stored a report; the events of the last one need not be sent again.
  mutating func acknowledged(_ acknowledged: Int64) {
    guard acknowledged == seq else { return }
    waiting.removeFirst(carried)
    carried = 0
  }

  /// The hub has stored a report with this number: the next must have a higher one.
  ///
  /// The hub knows more than this disk when the disk was restored from a copy.
  mutating func hubHas(_ last: Int64) {
    guard last > seq, last <= Outbox.highestSeq else { return }
    seq = last
    previous = nil
    carried = 0
  }
}

extension Outbox {
  var json: [UInt8] {
    let events = waiting.map { event -> Value in
      [
        "time": .integer(event.time.milliseconds), "kind": .string(event.kind), "reason": .string(event.reason),
      ]
    }
    return JSON.canonical([
      "format": .string(Outbox.format), "seq": .integer(seq), "previous": previous.map { .string($0.hex) } ?? .null,
      "events": .array(events), "dropped": .integer(dropped),
    ])
  }

  init(json bytes: [UInt8], file: String) throws(FleetError) {
    let value = try JSON.parse(bytes, file: file)
    guard value["format"]?.string == Outbox.format, let seq = value["seq"]?.integer,
      (0...Outbox.highestStoredSeq).contains(seq),
      let dropped = value["dropped"]?.integer, dropped >= 0, let events = value["events"]?.array
    else { throw FleetError(.agentState, "is not an outbox of this version", at: .init(file: file)) }
    self.seq = seq
    self.dropped = dropped
    previous = value["previous"]?.string.flatMap { Digest(hex: $0) }
    for event in events {
      guard let time = event["time"]?.integer, let kind = event["kind"]?.string, let reason = event["reason"]?.string
      else { throw FleetError(.agentState, "has an event that is none", at: .init(file: file, field: "events")) }
      add(Report.Event(time: Timestamp(milliseconds: time), kind: kind, reason: reason))
    }
  }
}

extension FleetError.Code {
  /// What the agent keeps on disk cannot be read or written.
  public static let agentState = FleetError.Code("agent-state")
}
