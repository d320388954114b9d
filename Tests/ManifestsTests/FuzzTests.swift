import Manifests
import TestSupport
import Testing

/// Nothing that somebody writes may end the process, and every refusal says where it is.
@Suite("Damaged documents")
struct FuzzTests {
  private static let yaml = [
    "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  labels: {app: web, 'tier': \"front\\u00e9\"}\nspec:\n"
      + "  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: web\n        args: [\"-c\", |-\n",
    "x: &x {a: 1, b: [2, 0x1F, 1e3, .5]}\ny:\n  <<: *x\n  b: !!str 3\nz: [*x, *x]\n---\nd: 2001-01-01T10:00:00Z\n",
    "a: |\n  text\n   more\n\nb: >-\n  folded\n  text\n\nc: 'it''s'\nd: \"\\x41\\\n  b\"\n? e\n: - f\n  -  - g\n...\n",
    "{\"a\": [1, -2, 3.5e10, true, null, \"\\ud83d\\ude00\"], \"b\": {\"c\": {}}}",
  ]
  private static let json = [
    #"{"a": [1, -2, 3.5e10, true, null, "\ud83d\ude00\n"], "b": {"c": {}, "d": [[]]}, "e": 18446744073709551615}"#,
    "[\n  {\"name\": \"é\", \"n\": 0.1}\n]\n",
  ]

  private func check(_ what: String, _ seeds: [String], _ rounds: Int, _ read: ([UInt8]) throws -> Void) throws {
    var random = Randomness(what)
    var refused = 0
    for round in 0..<rounds {
      let text = Mutation.mutate(Array((seeds.randomElement(using: &random) ?? "").utf8), using: &random)
      guard let error = try refusal({ try read(text) }) else { continue }
      refused += 1
      let isPlaced = error.address.file != nil && error.address.line != nil && error.address.column != nil
      guard isPlaced else {
        Issue.record("seed \(random.seed), round \(round): no place in \(error) for \(text)")
        return
      }
    }
    #expect(refused > rounds / 10 && refused < rounds, "the damages are too light or too heavy")
  }

  @Test("of YAML trap no reader, and every error has its line and column")
  func yaml() throws {
    try check("damaged YAML", Self.yaml, 6_000) { text in
      let values = try YAML.parse(text, file: "a.yaml")
      _ = try YAML.parseNodes(text, file: "a.yaml").map(\.root.value)
      for tree in try YAML.parseTrees(text, file: "a.yaml") { _ = try? tree.root.resolved() }
      for value in values { _ = try YAML.parse(YAML.emit(["v": value.value]), file: "b.yaml") }
    }
  }

  @Test("in YAML 1.1 likewise")
  func settings() throws {
    try check("damaged YAML 1.1", Self.yaml, 3_000) { text in
      _ = try YAML.parseNodes(text, file: "a.yaml", dialect: .settings)
    }
  }

  @Test("of JSON trap no reader, and every error has its line and column")
  func json() throws {
    try check("damaged JSON", Self.json, 6_000) { text in
      let value = try JSON.parse(text, file: "a.json")
      let again = try JSON.parse(JSON.pretty(value), file: "b.json")
      #expect(again == value)
    }
  }

  @Test("and what is read of them is an object or is refused by name")
  func manifests() throws {
    var random = Randomness("damaged manifests")
    for _ in 0..<2_000 {
      let text = Mutation.mutate(Array(Self.yaml[0].utf8), using: &random)
      guard let documents = try? YAML.parse(text, file: "a.yaml") else { continue }
      for document in documents {
        let origin = Manifest.Origin(file: "a.yaml", line: document.line)
        guard let error = try refusal({ _ = try Manifest(document.value, origin: origin) }) else { continue }
        #expect(error.address.file == "a.yaml" && error.address.line != nil, "\(error), seed \(random.seed)")
      }
    }
  }
}
