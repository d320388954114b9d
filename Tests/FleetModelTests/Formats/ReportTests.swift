import Digests
import FleetModel
import Manifests
import Testing

@Suite("Reports")
struct ReportTests {
  @Test("a report is written as its golden file and read back")
  func golden() throws {
    for (file, report) in [("report.json", try Samples.report()), ("report-first.json", try Samples.firstReport())] {
      let bytes = try Golden.bytes(file)
      #expect(String(decoding: report.canonicalBytes, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
      #expect(try Report(json: bytes, file: file) == report)
      #expect(Digest(of: report.canonicalBytes).hex == (try Golden.sha256(file)))
    }
  }

  @Test(
    "fields that this version does not know are passed over, at every level",
    arguments: [
      Change("later", ["a": 1]), Change("agent.arch", "arm64"), Change("trusted.mirror", 1),
      Change("apps.0.trace", "x"),
      Change("apps.0.objects.pruned", 3), Change("apps.0.not_healthy.0.since", "…"), Change("events.0.object", "x"),
    ])
  func forwardCompatible(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("report.json"))
    #expect(try Report(json: bytes, file: "r") == (try Samples.report()))
  }

  @Test("a state that this version does not know is unknown, which passes no gate")
  func unknownStates() throws {
    let health = try Change("apps.0.health", "Serene").applied(to: try Golden.bytes("report.json"))
    #expect(try Report(json: health, file: "r").apps[0].health == .unknown)
    let sync = try Change("apps.0.sync", "Entangled").applied(to: try Golden.bytes("report.json"))
    #expect(try Report(json: sync, file: "r").apps[0].sync == .unknown)
  }

  @Test(
    "a report with a field missing, malformed or out of range is refused with the field's name",
    arguments: [
      Change("format", "flotilla.report/2"), Change("fleet", ""), Change("cluster", "x/y"), Change("seq", 0),
      Change("seq", nil), Change("prev", "none"), Change("prev", nil), Change("boot", ""), Change("time", 0),
      Change("time_floor", "soon"), Change("agent.version", nil), Change("agent.target", ""),
      Change("trusted.root", -1), Change("bundle_seq", -1), Change("apps", nil), Change("apps.0.name", "a b"),
      Change("apps.0.app_digest", "x"), Change("apps.0.health", 3), Change("apps.0.blocking", "true"),
      Change("apps.0.objects.synced", 13), Change("apps.0.objects.healthy", 13), Change("apps.0.objects.total", 20_001),
      Change("apps.0.not_healthy.0.id", ""), Change("apps.0.drift_healed", -1), Change("events.0.kind", ""),
      Change("dropped_events", -1), Change("apps.1.name", "checkout"),
    ])
  func refused(change: Change) throws {
    let bytes = try change.applied(to: try Golden.bytes("report.json"))
    let error = try #require(failure { try Report(json: bytes, file: "report") })
    #expect(error.address.field == change.field, "\(error)")
  }

  @Test("more than the limits allow is refused as such")
  func limits() throws {
    var report = try Samples.report()
    report.events = Array(repeating: report.events[0], count: FormatLimits.events + 1)
    #expect(failure { try Report(json: report.canonicalBytes, file: "r") }?.code == .limitExceeded)
    report = try Samples.report()
    report.apps[0].notHealthy = Array(repeating: report.apps[0].notHealthy[0], count: FormatLimits.notHealthy + 1)
    #expect(failure { try Report(json: report.canonicalBytes, file: "r") }?.code == .limitExceeded)
    let large = [UInt8](repeating: 0x20, count: FormatLimits.reportBytes + 1)
    #expect(failure { try Report(json: large, file: "r") }?.code == .limitExceeded)
  }

  @Test("a reason that is too long is cut between characters, so that the report can be read")
  func longReasons() throws {
    var report = try Samples.report()
    report.apps[0].reason = String(repeating: "👩‍🚒", count: 2_000)
    report.apps[0].notHealthy[0].reason = String(repeating: "x", count: 5_000)
    report.events[0].reason = String(repeating: "x", count: FormatLimits.reasonBytes)
    let read = try Report(json: report.canonicalBytes, file: "r")
    #expect(read.apps[0].reason.hasSuffix("…"))
    #expect(read.apps[0].reason.utf8.count <= FormatLimits.reasonBytes)
    #expect(read.apps[0].notHealthy[0].reason == String(repeating: "x", count: FormatLimits.reasonBytes - 3) + "…")
    #expect(read.events[0].reason == report.events[0].reason)
  }

  @Test("no truncation and no other spelling is accepted, and a flipped bit is refused or seen")
  func damage() throws {
    var original = try Samples.report()
    // Any other text in its place would read as unknown too.
    original.apps[1].health = .degraded
    let bytes = original.canonicalBytes
    for length in bytes.indices { #expect(failure { try Report(json: Array(bytes[..<length]), file: "r") } != nil) }
    #expect(failure { try Report(json: bytes + [0x0a], file: "r") }?.code == .invalidJSON)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        if let report = try? Report(json: damaged, file: "r") { #expect(report != original) }
      }
    }
  }
}
