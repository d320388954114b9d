import Manifests
import Rendering
import Testing

@Suite("The targets of patches")
struct PatchTargetsTests {
  private let objects = """
    {apiVersion: v1, kind: ConfigMap, metadata: {name: web-a, labels: {tier: web, env: prod}}}
    ---
    {apiVersion: v1, kind: ConfigMap, metadata: {name: web-b, namespace: shop, labels: {tier: web}}}
    ---
    {apiVersion: v1, kind: ConfigMap, metadata: {name: db, annotations: {note: x}}}
    ---
    {apiVersion: v1, kind: Secret, metadata: {name: web-a}}
    """

  /// The kinds and names of the objects that a target selects.
  private func selected(_ target: String) throws -> Set<String> {
    let files = [
      "kustomization.yaml": """
      resources: [a.yaml]
      patches:
      - target: {\(target)}
        patch: '- {op: add, path: /hit, value: true}'
      """, "a.yaml": objects,
    ]
    let rendered = try build(files)
    if let oracle = Oracle() {
      let text = try #require(oracle.render(files, ""), "the oracle refuses")
      #expect(try YAML.parse(text, file: "oracle.yaml", dialect: .settings).map(\.value) == rendered)
    }
    return Set(
      rendered.filter { $0["hit"] == true }.map {
        "\($0["kind"]?.string ?? "") \($0[path: "metadata", "name"]?.string ?? "")"
      })
  }

  @Test(
    "select by kind, name, namespace, labels and annotations; names are patterns for the whole name",
    arguments: [
      ("kind: ConfigMap", ["ConfigMap web-a", "ConfigMap web-b", "ConfigMap db"]),
      ("name: web-a", ["ConfigMap web-a", "Secret web-a"]),
      ("kind: ConfigMap, name: web", []),
      ("kind: ConfigMap, name: web-.*", ["ConfigMap web-a", "ConfigMap web-b"]),
      ("kind: Config.*|Secret, name: .*-a", ["ConfigMap web-a", "Secret web-a"]),
      ("namespace: shop", ["ConfigMap web-b"]),
      ("labelSelector: tier=web", ["ConfigMap web-a", "ConfigMap web-b"]),
      ("labelSelector: 'tier=web,!env'", ["ConfigMap web-b"]),
      ("labelSelector: 'env in (prod, staging)'", ["ConfigMap web-a"]),
      ("annotationSelector: note=x", ["ConfigMap db"]),
      ("version: v1, kind: Secret", ["Secret web-a"]),
      ("group: apps", []),
      ("kind: Nothing", []),
    ])
  func selection(_ target: String, _ names: [String]) throws {
    #expect(try selected(target) == Set(names))
  }

  @Test("a pattern or a selector that is none is refused", arguments: ["name: '('", "labelSelector: 'a in b'"])
  func malformed(_ target: String) throws {
    try expect(
      [
        "kustomization.yaml":
          "resources: [a.yaml]\npatches:\n- target: {\(target)}\n  patch: '- {op: remove, path: /data}'",
        "a.yaml": objects,
      ], isRefusedWith: .invalidKustomization)
  }

  @Test("a name may be changed by a patch where that is allowed, and references follow")
  func nameChange() throws {
    for allowed in [true, false] {
      let files = [
        "kustomization.yaml": """
        resources: [a.yaml]
        patches:
        - target: {kind: ConfigMap}
          options: {allowNameChange: \(allowed)}
          patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}'
        """,
        "a.yaml": """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: old}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, configMap: {name: old}}]}}
        """,
      ]
      let name = allowed ? "new" : "old"
      try expect(
        files,
        renders: """
          {apiVersion: v1, kind: ConfigMap, metadata: {name: \(name)}}
          ---
          {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, configMap: {name: \(name)}}]}}
          """)
    }
  }

  @Test("an entry with neither patch nor path, or with both, is refused")
  func neitherOrBoth() throws {
    for entry in ["{target: {kind: Secret}}", "{target: {kind: Secret}, path: a.yaml, patch: '[]'}"] {
      try expect(
        ["kustomization.yaml": "resources: [a.yaml]\npatches:\n- \(entry)", "a.yaml": objects],
        isRefusedWith: .invalidKustomization)
    }
  }

  @Test(
    "a patch that takes an object's kind or name away is refused",
    arguments: [
      ("{op: remove, path: /metadata/name}", "metadata.name"), ("{op: remove, path: /kind}", "kind"),
      ("{op: replace, path: /metadata/name, value: ''}", "metadata.name"),
      ("{op: remove, path: /metadata}", "metadata.name"),
    ])
  func nameless(_ patch: String, _ field: String) throws {
    let error = try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\npatches: [{target: {kind: ConfigMap}, patch: \"- \(patch)\"}]",
        "a.yaml": configMap("a"),
      ], isRefusedWith: .invalidManifest)
    #expect(error.address.field == field)
    #expect(error.address.file == "a.yaml")
    #expect(error.address.object?.contains("ConfigMap//a") == true)
  }
}
