import Foundation
import LocalFleet
import Testing

@Suite("Docs/reference/settings.md is what the programs say of themselves")
struct SettingsReferenceTests {
  @Test("it has every setting of every program; FLOTILLA_WRITE_DOCS=1 writes it anew")
  func page() throws {
    let path = "\(Stage.project)/Docs/reference/settings.md"
    let old = try String(contentsOfFile: path, encoding: .utf8)
    let mark = "<!-- tables -->\n"
    let head = try #require(old.range(of: mark)).upperBound
    let tables = try ["flotilla-hub", "flotilla-agent"].map {
      try LocalProcess.run("\(Stage.programs)/\($0)", ["settings"])
    }
    let page = old[..<head] + "\n" + tables.joined(separator: "\n")
    if ProcessInfo.processInfo.environment["FLOTILLA_WRITE_DOCS"] == "1" {
      try page.write(toFile: path, atomically: true, encoding: .utf8)
    } else {
      #expect(page == old)
    }
  }
}
