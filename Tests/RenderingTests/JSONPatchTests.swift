import Manifests
import Rendering
import Testing

@Suite("JSON patches")
struct JSONPatchTests {
  private let object = """
    apiVersion: example.com/v1
    kind: Thing
    metadata: {name: a}
    spec: {list: [a, b, c], map: {x: 1, a/b: 2, "m~n": 3}, deep: {er: {est: true}}, none: null}
    """

  private func files(_ operations: String) -> [String: String] {
    [
      "kustomization.yaml": "resources: [a.yaml]\npatches:\n- {target: {kind: Thing}, path: p.yaml}", "a.yaml": object,
      "p.yaml": operations,
    ]
  }

  private func spec(_ operations: String) throws -> Value? {
    try build(files(operations)).first?["spec"]
  }

  @Test(
    "add, remove, replace, move, copy and test, at the ends of lists too",
    arguments: [
      ("add, path: /spec/list/1, value: new", "list: [a, new, b, c]"),
      ("add, path: /spec/list/-, value: new", "list: [a, b, c, new]"),
      ("add, path: /spec/list/3, value: new", "list: [a, b, c, new]"),
      ("remove, path: /spec/list/0", "list: [b, c]"),
      ("remove, path: /spec/list/-1", "list: [a, b]"),
      ("replace, path: /spec/list/2, value: {x: z}", "list: [a, b, {x: z}]"),
      ("move, path: /spec/list/0, from: /spec/list/2", "list: [c, a, b]"),
      ("copy, path: /spec/list/-, from: /spec/list/0", "list: [a, b, c, a]"),
      ("test, path: /spec/list/1, value: b", "list: [a, b, c]"),
    ])
  func lists(_ operation: String, _ expected: String) throws {
    let list = try YAML.parse(Array("{\(expected)}".utf8), file: "expected").first?.value["list"]
    #expect(try spec("- {op: \(operation)}")?["list"] == list)
    try expect(files("- {op: \(operation)}"), renders: object.replacing("list: [a, b, c]", with: expected))
  }

  @Test("~1 in a path is a slash, and ~0 a tilde")
  func escapes() throws {
    let map = try spec(
      "- {op: replace, path: /spec/map/a~1b, value: 20}\n- {op: replace, path: /spec/map/m~0n, value: 30}")?["map"]
    #expect(map == ["x": 1, "a/b": 20, "m~n": 30])
  }

  @Test("replace adds a key that is missing, copy of nothing is null, as with kubectl")
  func lenient() throws {
    try expect(
      files("- {op: replace, path: /spec/new, value: v}"),
      renders: object.replacing("none: null", with: "none: null, new: v"))
    try expect(
      files("- {op: copy, path: /spec/new, from: /spec/nothing}"),
      renders: object.replacing("none: null", with: "none: null, new: null"))
  }

  @Test("a whole document can be replaced by another one, and not be added or taken away")
  func wholeDocument() throws {
    let other = "{apiVersion: example.com/v1, kind: Thing, metadata: {name: b}}"
    try expect(files("- {op: replace, path: '', value: \(other)}"), renders: other)
    try expect(files("- {op: add, path: '', value: \(other)}"), isRefusedWith: .patchFailed)
    try expect(files("- {op: remove, path: ''}"), isRefusedWith: .patchFailed)
    let error = try #require(throws: FleetError.self) { try build(files("- {op: replace, path: '', value: 1}")) }
    #expect(error.code == .patchFailed)
  }

  @Test("may be JSON or YAML, in a file or in the kustomization")
  func forms() throws {
    let json = #"[{"op": "remove", "path": "/spec/map"}]"#
    #expect(try spec(json)?["map"] == nil)
    let inline = [
      "kustomization.yaml": """
      resources: [a.yaml]
      patches:
      - target: {kind: Thing}
        patch: |-
          - op: remove
            path: /spec/map
      """, "a.yaml": object,
    ]
    #expect(try build(inline).first?["spec"]?["map"] == nil)
  }

  @Test("the steps of one patch see what the steps before made, and all count or none")
  func order() throws {
    let made = try spec("- {op: add, path: /spec/new, value: {}}\n- {op: add, path: /spec/new/x, value: 1}")
    #expect(made?["new"] == ["x": 1])
    try expect(
      files("- {op: remove, path: /spec/map}\n- {op: remove, path: /spec/map}"), isRefusedWith: .patchFailed)
  }

  @Test(
    "what cannot be done is refused, and names the object",
    arguments: [
      "remove, path: /spec/nothing", "add, path: /spec/nothing/deeper, value: 1", "remove, path: /spec/list/3",
      "replace, path: /spec/list/9, value: 1", "add, path: /spec/list/5, value: 1", "remove, path: /spec/list/x",
      "test, path: /spec/list/0, value: z", "move, path: /spec/x, from: /spec/nothing",
      "remove, path: /spec/list/99999999999999999999",
    ])
  func refused(_ operation: String) throws {
    let error = try expect(files("- {op: \(operation)}"), isRefusedWith: .patchFailed)
    #expect(error.address.object?.contains("Thing") == true)
  }

  @Test(
    "what is no patch is refused with its place",
    arguments: [
      "- {op: increase, path: /spec}", "- {path: /spec}", "- {op: remove}", "- {op: move, path: /spec}", "- remove",
    ])
  func malformed(_ text: String) throws {
    let error = try #require(throws: FleetError.self) { try build(files(text)) }
    #expect(error.address.file == "p.yaml")
    #expect(error.address.line == 1)
  }

  @Test("one without a target is refused, for it names no object")
  func noTarget() throws {
    try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "a.yaml": object,
        "p.yaml": "- {op: remove, path: /spec}",
      ], isRefusedWith: .patchFailed)
  }

  @Test("the old field patchesJson6902 does the same, for one object")
  func oldField() throws {
    var files = files("- {op: remove, path: /spec/map}")
    files["kustomization.yaml"] = """
      resources: [a.yaml]
      patchesJson6902: [{target: {group: example.com, version: v1, kind: Thing, name: a}, path: p.yaml}]
      """
    try expect(files, renders: object.replacing("map: {x: 1, a/b: 2, \"m~n\": 3}, ", with: ""))
    files["kustomization.yaml"] = "resources: [a.yaml]\npatchesJson6902: [{target: {kind: Thing}, path: p.yaml}]"
    try expect(files, isRefusedWith: .invalidKustomization)
  }
}
