import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

/// `Docs/reference/fleet-repository.md`, as far as tests compare it with the code.
struct ReferencePage {
  /// A row of the table of fields: `Fleet spec.environments` and what is said of it.
  let rows: [String: String]

  init() throws {
    let root = URL(filePath: #filePath).pathComponents.dropFirst().dropLast(4).joined(separator: "/")
    let page = try String(contentsOf: URL(filePath: "/\(root)/Docs/reference/fleet-repository.md"), encoding: .utf8)
    var rows: [String: String] = [:]
    var kind = ""
    for line in page.split(separator: "\n") {
      if line.hasPrefix("## ") { kind = line.split(separator: "`").dropFirst().first.map(String.init) ?? "" }
      if line.hasPrefix("| `"), !kind.isEmpty { rows["\(kind) \(line.split(separator: "`")[1])"] = String(line) }
    }
    self.rows = rows
  }
}

@Suite("The reference of the fleet repository")
struct ReferencePageTests {
  /// Maps whose keys are free, or that the page describes in one row.
  static let whole: Set<String> = [
    "metadata.labels", "spec.values", "spec.clusterSelector", "spec.pipelines.*.stages.*.clusterSelector",
  ]

  @Test(
    "every field that the fixture of all supported fields has is documented",
    arguments: [
      ("Fleet", "fleet.yaml"), ("Cluster", "fleet/clusters/eu/west/prod-1.yaml"),
      ("App", "workloads/checkout/app.yaml"),
    ])
  func documented(kind: String, file: String) throws {
    let tree = try Fixture("valid", "everything").tree()
    let bytes = try tree.read(try #require(TreePath(file)))
    let document = try #require(try YAML.parse(bytes, file: file).first)
    let page = try ReferencePage()
    let fields = Self.paths(document.value, "").filter { $0 != "apiVersion" && $0 != "kind" }
    #expect(fields.count > 4)
    for field in fields { #expect(page.rows["\(kind) \(field)"] != nil, "\(kind) \(field)") }
  }

  @Test("every field that is documented can be written: none is unknown to the reader")
  func known() throws {
    for row in try ReferencePage().rows.keys {
      let parts = row.split(separator: " ")
      let file = try #require(NotSupportedYetTests.files[String(parts[0])])
      var tree = try Fixture("valid", "minimal").tree()
      let value = Self.document(parts[1].split(separator: ".")[...], "x")
      tree[file] = .file(JSON.pretty(value))
      let unknown = FleetRepository.read(from: tree).errors.filter { $0.code == .unknownField }
      #expect(unknown == [], "\(row)")
    }
  }

  /// The paths of the leaves, `*` for the elements of lists and for the names of pipelines.
  private static func paths(_ value: Value, _ path: String) -> Set<String> {
    if whole.contains(path) { return [path] }
    switch value {
    case .object(let object):
      return object.entries.reduce(into: []) { found, entry in
        let key = path == "spec.pipelines" ? "*" : entry.key
        found.formUnion(paths(entry.value, path.isEmpty ? key : "\(path).\(key)"))
      }
    case .array(let elements) where elements.contains(where: { $0.object != nil }):
      return elements.reduce(into: [path]) { $0.formUnion(paths($1, "\(path).*")) }
    default: return [path]
    }
  }

  /// A document with a value at a path; a star is a name below `pipelines` and an element elsewhere.
  private static func document(_ path: ArraySlice<Substring>, below parent: Substring = "", _ leaf: Value) -> Value {
    guard let step = path.first else { return leaf }
    let child = document(path.dropFirst(), below: step, leaf)
    if step == "*" { return parent == "pipelines" ? ["p": child] : [child] }
    return .object([String(step): child])
  }
}
