import Manifests
import Settings
import Testing

@Suite("A command is a program and its arguments, which no shell looks at")
struct CommandTests {
  private static let probe = Setting(optional: "probe", .command, help: "Whom to ask.")
  private let table = SettingsTable(program: "flotilla-agent", [probe])

  private func resolve(_ arguments: [String] = [], file: String = "") throws(FleetError) -> [String]? {
    let config = file.isEmpty ? [] : ["--config=agent.yaml"]
    return try table.resolve(arguments: arguments + config, environment: [:]) { _ throws(FleetError) in
      Array(file.utf8)
    }[Self.probe]
  }

  @Test("it is a list in the file, and a list in JSON elsewhere; commas and quotes are its own")
  func spellings() throws {
    let command = ["/usr/bin/probe", "a,b", "", "it's \"x\""]
    #expect(try resolve([#"--probe=["/usr/bin/probe", "a,b", "", "it's \"x\""]"#]) == command)
    #expect(try resolve(file: "probe: [/usr/bin/probe, 'a,b', '', \"it's \\\"x\\\"\"]\n") == command)
    #expect(try resolve() == nil)
  }

  @Test(
    "anything else is an error that says what should stand there",
    arguments: ["/usr/bin/probe", "[]", "[\"probe\"]", "[\"/probe\", 1]", "{}", "[", "[\"/probe\",\"\\u0000\"]"])
  func refused(text: String) throws {
    let error = try #require(throws: FleetError.self) { _ = try resolve(["--probe=\(text)"]) }
    #expect(error.address.field == "--probe")
    #expect(error.message.contains("the absolute path of a program"))
  }

  @Test("in the file the error has the line", arguments: ["[probe]", "[]", "/usr/bin/probe", "[/probe, 1]"])
  func refusedInFile(text: String) throws {
    let error = try #require(throws: FleetError.self) { _ = try resolve(file: "probe: \(text)\n") }
    #expect(error.address.line == 1)
  }

  @Test("what is shown is what can be given")
  func shown() throws {
    let text = #"["/usr/bin/probe","a b"]"#
    let values = try table.resolve(arguments: ["--probe=\(text)"], environment: [:])
    #expect(values.lines.first?.text == text)
  }
}
