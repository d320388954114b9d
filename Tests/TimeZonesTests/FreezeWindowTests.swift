import FleetModel
import Manifests
import Testing
import TimeZones

@Suite("Windows of freezes")
struct FreezeWindowTests {
  private func freeze(_ schedule: String, _ duration: String, _ zone: String = "UTC") throws -> Freeze {
    Freeze(
      environments: ["prod"], schedule: schedule, duration: try #require(Duration(text: duration)), timeZone: zone,
      reason: "")
  }

  private func window(_ freeze: Freeze, _ instant: String) throws -> String {
    let window = freeze.window(at: try #require(Timestamp(instant)), offset: TimeZones.offset(of:at:))
    return "\(window.isOpen ? "open" : "closed") until \(window.until.map { "\($0)" } ?? "ever")"
  }

  @Test("a weekend lasts from Friday evening to Monday morning, by the clock of its zone")
  func weekend() throws {
    let freeze = try freeze("0 18 * * FRI", "62h", "Europe/Berlin")
    #expect(try window(freeze, "2026-11-20T16:59:59Z") == "closed until 2026-11-20T17:00:00Z")
    #expect(try window(freeze, "2026-11-20T17:00:00Z") == "open until 2026-11-23T07:00:00Z")
    #expect(try window(freeze, "2026-11-23T06:59:59Z") == "open until 2026-11-23T07:00:00Z")
    #expect(try window(freeze, "2026-11-23T07:00:00Z") == "closed until 2026-11-27T17:00:00Z")
    // In summer the zone is two hours ahead.
    #expect(try window(freeze, "2026-07-03T15:59:00Z") == "closed until 2026-07-03T16:00:00Z")
  }

  @Test("windows that overlap or follow each other without a gap are one")
  func joined() throws {
    let nights = try freeze("0 20 * * *", "10h")
    #expect(try window(nights, "2026-11-20T23:00:00Z") == "open until 2026-11-21T06:00:00Z")
    let halves = try freeze("0 0,12 1-3 * *", "12h")
    #expect(try window(halves, "2026-11-01T05:00:00Z") == "open until 2026-11-04T00:00:00Z")
    let always = try freeze("* * * * *", "5m")
    #expect(try window(always, "2026-11-01T05:00:30Z") == "open until ever")
  }

  @Test("a start that the clock skips counts as the instant of the shift, one that comes twice as its first")
  func shifts() throws {
    // Berlin goes from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.
    let skipped = try freeze("30 2 29 3 *", "10m", "Europe/Berlin")
    #expect(try window(skipped, "2026-03-29T00:00:00Z") == "closed until 2026-03-29T01:30:00Z")
    let twice = try freeze("30 2 25 10 *", "10m", "Europe/Berlin")
    #expect(try window(twice, "2026-10-25T00:00:00Z") == "closed until 2026-10-25T00:30:00Z")
    #expect(try window(twice, "2026-10-25T00:35:00Z") == "open until 2026-10-25T00:40:00Z")
    #expect(try window(twice, "2026-10-25T00:45:00Z") == "closed until 2027-10-25T00:30:00Z")
  }

  @Test("zones far from Greenwich, and such with quarters of an hour")
  func zones() throws {
    #expect(
      try window(freeze("0 0 1 1 *", "1h", "Pacific/Kiritimati"), "2026-12-31T09:00:00Z")
        == "closed until 2026-12-31T10:00:00Z")
    #expect(
      try window(freeze("0 0 1 1 *", "1h", "Asia/Kathmandu"), "2026-12-31T18:15:00Z")
        == "open until 2026-12-31T19:15:00Z")
    #expect(
      try window(freeze("0 0 1 1 *", "1h", "America/St_Johns"), "2027-01-01T03:29:00Z")
        == "closed until 2027-01-01T03:30:00Z")
  }

  @Test("29 February is found across the turn of a century")
  func leap() throws {
    #expect(try window(freeze("0 0 29 2 *", "1h"), "2096-03-01T00:00:00Z") == "closed until 2104-02-29T00:00:00Z")
  }

  @Test("a zone is known by its IANA name")
  func names() {
    #expect(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"].allSatisfy(TimeZones.exist(named:)))
    #expect(!TimeZones.exist(named: "Europe/Atlantis"))
  }
}
