import Foundation
import Testing

@Suite("The traps of Docs/rollouts.md")
struct TrapTests {
  @Test("every trap that others fell into is told in a story")
  func everyTrapIsTold() throws {
    let page = try String(contentsOf: Story.folder.appending(path: "../../../Docs/rollouts.md"), encoding: .utf8)
    let section = try #require(page.components(separatedBy: "\n## Traps of others\n").dropFirst().first)
    let lines = section.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("|") }
    let names = Set(Story.all.map(\.description))
    #expect(lines.count > 20)
    for line in lines.dropFirst(2) {
      let told = line.matches(of: /`([a-z-]+)`/).map { String($0.1) }
      #expect(!told.isEmpty, "\(line)")
      #expect(told.filter { !names.contains($0) } == [], "\(line)")
    }
  }
}
