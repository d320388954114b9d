import Manifests
import TestSupport
import Testing

@testable import FleetModel

@Suite("What is not supported yet")
struct NotSupportedYetTests {
  /// Each line of the list with a use of it. A line that is deleted there is deleted here and in the reference.
  static let uses: [String: String] = [
    "Fleet spec.git.commitSignatures": "git: {commitSignatures: head}"
  ]

  /// Uses that say what happens anyway.
  static let harmless = [
    "Fleet": [
      "git: {commitSignatures: none}"
    ],
    "Cluster": ["connectivity: connected", "connectivity: edge", "connectivity: airgapped"],
  ]

  static let files = ["Fleet": "fleet.yaml", "Cluster": "clusters/dev-1.yaml", "App": "apps/web/app.yaml"]

  private func errors(_ kind: String, _ use: String) throws -> [FleetError] {
    var tree = try Fixture("valid", "minimal").tree()
    let file = try #require(Self.files[kind])
    let text = String(decoding: try tree.read(try #require(TreePath(file))), as: UTF8.self)
    tree[file] = .file(Array((text + "  \(use)\n").utf8))
    return FleetRepository.read(from: tree).errors
  }

  @Test("every line of the list has a use here")
  func complete() {
    #expect(Set(Self.uses.keys) == Set(NotSupportedYet.fields.map { "\($0.kind) \($0.path.joined(separator: "."))" }))
  }

  @Test("each use is one error that says so and names file, line and field", arguments: uses.keys.sorted())
  func refused(line: String) throws {
    let parts = line.split(separator: " ")
    let found = try errors(String(parts[0]), try #require(Self.uses[line]))
    let error = try #require(found.first)
    #expect(found.count == 1)
    #expect((error.code, error.message) == (.notSupportedYet, "not supported yet"))
    #expect(error.address.file == Self.files[String(parts[0])])
    #expect(error.address.line != nil)
    let field = try #require(error.address.field).replacing("[0]", with: ".*").replacing(
      "pipelines.p", with: "pipelines.*")
    #expect(field == parts[1])
    #expect(error.nextStep.hasPrefix("remove the field"))
  }

  @Test("what says no more than what happens anyway is accepted", arguments: harmless.keys.sorted())
  func accepted(kind: String) throws {
    for use in try #require(Self.harmless[kind]) {
      let found = try errors(kind, use)
      #expect(found == [], "\(use)")
    }
  }

  @Test("the reference marks exactly the same fields")
  func reference() throws {
    let marked = try ReferencePage().rows.filter { $0.value.contains("**not supported yet**") }
    #expect(Set(marked.keys) == Set(Self.uses.keys))
  }
}
