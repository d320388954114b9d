import Manifests
import Rendering
import Testing

@Suite("openapi")
struct OpenAPITests {
  private func files(_ field: String, _ schema: String, _ object: String, _ patch: String) -> [String: String] {
    [
      "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n" + field, "schema.json": schema,
      "a.yaml": object, "p.yaml": patch,
    ]
  }

  private func pod(_ containers: String) -> String {
    "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: \(containers)}}"
  }

  private func podFiles(_ field: String) -> [String: String] {
    files(field, #"{"definitions": {}}"#, pod("[{name: a, image: x}, {name: b}]"), pod("[{name: a, tty: true}]"))
  }

  @Test("lists of a custom resource are merged by the keys that the schema names, and others replaced")
  func mergeKeys() throws {
    let shop = { (lists: String) in "{apiVersion: example.com/v1, kind: Shop, metadata: {name: s}, \(lists)}" }
    let schema = """
      {"definitions": {"v1.Shop": {
        "properties": {"shelves": {
          "items": {}, "x-kubernetes-patch-merge-key": "row", "x-kubernetes-patch-strategy": "merge"}},
        "x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "Shop", "version": "v1"}]}}}
      """
    try expect(
      files(
        "openapi: {path: schema.json}", schema,
        shop("shelves: [{row: a, size: 1}, {row: b, size: 2}], others: [{row: a}]"),
        shop("shelves: [{row: b, size: 3}, {row: c}], others: [{row: b}]")),
      renders: shop("shelves: [{row: b, size: 3}, {row: c}, {row: a, size: 1}], others: [{row: b}]"))
  }

  @Test("a schema at the top stands in for what is known of the kinds of Kubernetes")
  func instead() throws {
    let merged = pod("[{name: a, image: x, tty: true}, {name: b}]")
    try expect(podFiles(""), renders: merged)
    try expect(podFiles("openapi: {version: v1.21.2}"), renders: merged)
    try expect(podFiles("openapi: {path: schema.json}"), renders: pod("[{name: a, tty: true}]"))
  }

  @Test("a version that is not built in, a version beside a schema, and a schema that is not there are refused")
  func refused() throws {
    try expect(podFiles("openapi: {version: v1.20.4}"), isRefusedWith: .invalidKustomization)
    try expect(podFiles("openapi: {version: v1.21.2, path: schema.json}"), isRefusedWith: .invalidKustomization)
    try expect(podFiles("openapi: {path: gone.json}"), isRefusedWith: .missingFile)
  }
}
