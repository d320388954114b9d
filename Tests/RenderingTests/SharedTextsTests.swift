import Manifests
import Rendering
import Testing

/// What kustomize puts into several fields at once stays one node of the document; see `SharedTexts`.
@Suite("Labels and annotations that were put into several fields at once")
struct SharedTextsTests {
  private static let base = [
    "base/kustomization.yaml": "resources: [a.yaml]\ncommonLabels: {app: shop}\ncommonAnnotations: {note: old}",
    "base/a.yaml": """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: shop}
    spec: {replicas: 1}
    """,
  ]

  private func check(
    _ overlay: String, label: String, elsewhere: String? = nil, note: String = "old", name: String = "shop",
    files: [String: String] = [:]
  ) throws {
    let inTemplate = elsewhere ?? label
    try expect(
      Self.base.merging(files) { $1 }.merging(["kustomization.yaml": "resources: [base]\n\(overlay)"]) { $1 },
      renders: """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: \(name), labels: {app: \(label)}, annotations: {note: \(note)}}
        spec:
          replicas: 1
          selector: {matchLabels: {app: \(inTemplate)}}
          template: {metadata: {labels: {app: \(inTemplate)}, annotations: {note: \(note)}}}
        """)
  }

  private static func patch(_ text: String) -> [String: String] {
    ["p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop\(text)}"]
  }

  @Test("a label of the metadata alone changes the selectors too")
  func labels() throws {
    try check("labels: [{pairs: {app: new}}]", label: "new")
  }

  @Test("a patch of one of them changes all, and of several patches of one the last in the order of keys")
  func patches() throws {
    try check("patches: [{path: p.yaml}]", label: "new", files: Self.patch(", labels: {app: new}"))
    try check(
      "patches: [{path: p.yaml}]", label: "two",
      files: [
        "p.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        spec: {template: {metadata: {labels: {app: two}}}}
        metadata: {name: shop, labels: {app: one}}
        """
      ])
  }

  @Test("a JSON patch writes the object anew, and from then on they are apart")
  func jsonPatch() throws {
    let jsonPatch = "patches: [{target: {kind: Deployment}, patch: '- {op: test, path: /kind, value: Deployment}'}]"
    try check(
      "\(jsonPatch)\nlabels: [{pairs: {app: new}}]", label: "new", elsewhere: "shop")
  }

  @Test("a label that was there before has a place of its own")
  func knownLabel() throws {
    let object = """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: shop, labels: {app: mine}}
      spec: {replicas: 1}
      """
    try check("labels: [{pairs: {app: new}}]", label: "new", elsewhere: "shop", files: ["base/a.yaml": object])
  }

  @Test("annotations are one as well, also when the object's name changes in between")
  func annotations() throws {
    try check(
      "patches: [{path: p.yaml}]", label: "shop", note: "new", files: Self.patch(", annotations: {note: new}"))
    try check(
      "patches: [{path: p.yaml}]", label: "shop", note: "new", name: "my-shop",
      files: [
        "base/kustomization.yaml": "resources: [inner]\nnamePrefix: my-",
        "base/inner/kustomization.yaml": Self.base["base/kustomization.yaml"] ?? "",
        "base/inner/a.yaml": Self.base["base/a.yaml"] ?? "",
        "p.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: my-shop, annotations: {note: new}}",
      ])
  }
}
