import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

@Suite("The JSON Schemas of the fleet repository")
struct SchemaTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  static let folder = project.appending(path: "Docs/reference/schema")

  @Test("those that are kept are what the code says", arguments: FleetSchema.Kind.allCases)
  func kept(kind: FleetSchema.Kind) throws {
    let file = SchemaTests.folder.appending(path: kind.fileName)
    let bytes = Data(JSON.pretty(FleetSchema.schema(of: kind)))
    if ProcessInfo.processInfo.environment["FLOTILLA_REWRITE"] == "1" { try bytes.write(to: file) }
    #expect(try Data(contentsOf: file) == bytes)
  }

  @Test("they have exactly the fields that the reference has and that are supported")
  func fields() throws {
    var fields: Set<String> = []
    for kind in FleetSchema.Kind.allCases {
      for path in SchemaTests.paths(FleetSchema.schema(of: kind), "") { fields.insert("\(kind.rawValue) \(path)") }
    }
    let documented = try ReferencePage().rows.keys
    #expect(Set(documented).subtracting(fields) == [])
    // The page tells of some lists in the row of what they are in.
    #expect(fields.subtracting(documented) == [])
  }

  /// The paths of the leaves, as the page writes them.
  private static func paths(_ schema: Value, _ path: String) -> Set<String> {
    let schema = schema["anyOf"]?.array?.first { $0["type"] != "null" } ?? schema
    if ReferencePageTests.whole.contains(path) { return [path] }
    func below(_ step: String, _ schema: Value) -> Set<String> {
      paths(schema, path.isEmpty ? step : "\(path).\(step)")
    }
    if let properties = schema["properties"]?.object {
      return properties.entries.reduce(into: []) { found, entry in
        if path.isEmpty, entry.key == "apiVersion" || entry.key == "kind" { return }
        found.formUnion(below(entry.key, entry.value))
      }
    }
    if let entries = schema["additionalProperties"], entries.object != nil { return below("*", entries).union([path]) }
    guard let items = schema["items"], items["properties"] != nil else { return [path] }
    return below("*", items).union([path])
  }
}

/// What an editor would say: the schemas in the hands of another program.
@Suite(
  "A validator takes the schemas",
  .enabled("pip reaches a package index") { try await PythonEnvironment.schemas.isAvailable() })
struct SchemaValidatorTests {
  private func complaints(_ files: [String]) async throws -> [String] {
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "validate.py").path
    return try await PythonEnvironment.schemas.run(script, [SchemaTests.folder.path] + files).split(separator: "\n")
      .map(String.init)
  }

  private func files(below folder: URL) -> [String] {
    let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return found.filter { file in
      let isDeclaration =
        file.hasSuffix("fleet.yaml") || file.hasSuffix("app.yaml")
        || file.contains("clusters/") && file.hasSuffix(".yaml")
      return isDeclaration && !file.contains("/.")
    }.map { folder.appending(path: $0).path }
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  @Test("and has nothing to say of what is right")
  func right() async throws {
    let example = SchemaTests.folder.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Examples/acme")
    let files = files(below: Self.fixtures.appending(path: "valid")) + files(below: example)
    #expect(files.count > 15)
    #expect(try await complaints(files) == [])
  }

  @Test(
    "and finds what is wrong in a file by itself",
    arguments: [
      "app-without-overlays", "app-wrong-types", "bad-durations", "bad-widths", "cluster-bad-labels",
      "cluster-values-no-map", "environments-empty", "fleet-missing-fields",
      "fleet-unknown-fields", "fleet-wrong-kind", "not-supported-in-fleet", "pipeline-without-stages",
      "stage-misspelt-fields", "stage-without-members", "stage-wrong-types",
    ])
  func wrong(fixture: String) async throws {
    let files = files(below: Self.fixtures.appending(path: "broken/\(fixture)"))
    #expect(try await !complaints(files).isEmpty, "\(files)")
  }
}

extension PythonEnvironment {
  fileprivate static let schemas = PythonEnvironment(
    name: "schemas", packages: ["jsonschema==4.23.0", "PyYAML==6.0.2"])
}
