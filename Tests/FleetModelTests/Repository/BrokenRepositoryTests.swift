import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("Broken fleet repositories")
struct BrokenRepositoryTests {
  /// Where there is no field to name: the text is no YAML, or there is no text.
  static let withoutField: Set<String> = [
    "cluster-no-utf8", "cluster-syntax", "cluster-key-twice", "cluster-symbolic-link", "fleet-missing", "fleet-syntax",
  ]
  /// Where there is no line either.
  static let withoutLine: Set<String> = ["cluster-symbolic-link", "fleet-missing"]

  static func transcript(_ repository: FleetRepository) -> String {
    var lines = repository.errors.map(\.description)
    if repository.fleet == nil { lines.append("the fleet is not known") }
    for (what, names) in [("clusters", repository.brokenClusters), ("apps", repository.brokenApps)] where !names.isEmpty
    {
      lines.append("broken \(what): \(names.sorted().joined(separator: ", "))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test("there are at least twenty")
  func enough() { #expect(Fixture.all("broken").count >= 20) }

  @Test("every error is the one expected, with file, line and field", arguments: Fixture.all("broken"))
  func expected(fixture: Fixture) throws {
    let repository = try fixture.read()
    let transcript = Self.transcript(repository)
    #expect(transcript == (try fixture.expected(rewriting: transcript)))
    #expect(!repository.errors.isEmpty)
    for error in repository.errors {
      #expect(error.address.file != nil, "\(error)")
      #expect(error.address.line != nil || Self.withoutLine.contains(fixture.name), "\(error)")
      #expect(error.address.field != nil || Self.withoutField.contains(fixture.name), "\(error)")
    }
  }

  @Test("an error's line is a line of its file", arguments: Fixture.all("broken"))
  func lines(fixture: Fixture) throws {
    let tree = try fixture.tree()
    for error in try fixture.read().errors {
      guard let line = error.address.line, let path = TreePath(error.address.file ?? "") else { continue }
      guard tree[path.description] != nil else { continue }
      // The line after the last is where YAML notices that something is missing at the end.
      #expect((1...(try tree.read(path).count { $0 == 0x0a } + 1)).contains(line), "\(error)")
    }
  }

  @Test("the same repository gives the same errors in the same order", arguments: Fixture.all("broken"))
  func repeatable(fixture: Fixture) throws {
    #expect(Self.transcript(try fixture.read()) == Self.transcript(try fixture.read()))
  }
}
