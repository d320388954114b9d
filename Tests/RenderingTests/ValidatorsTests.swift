import Manifests
import Rendering
import Testing

@Suite("validators")
struct ValidatorsTests {
  private let object = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {tier: web}}}"

  private func files(_ validator: String) -> [String: String] {
    ["kustomization.yaml": "resources: [a.yaml]\nvalidators: [v.yaml]", "v.yaml": validator, "a.yaml": object]
  }

  private func labels(_ labels: String, _ field: String) -> String {
    "{apiVersion: builtin, kind: LabelTransformer, metadata: {name: v}, labels: \(labels), fieldSpecs: [\(field)]}"
  }

  private func test(_ tier: String) -> String {
    """
    apiVersion: builtin
    kind: PatchTransformer
    metadata: {name: v}
    target: {kind: ConfigMap}
    patch: '[{"op": "test", "path": "/metadata/labels/tier", "value": "\(tier)"}]'
    """
  }

  @Test("one that finds nothing to change lets everything pass")
  func passes() throws {
    try expect(files(labels("{a: b}", "{path: spec/labels}")), renders: object)
  }

  @Test("one that changes objects is refused")
  func changes() throws {
    try expect(files(labels("{a: b}", "{path: metadata/labels}")), isRefusedWith: .renderingFailed)
  }

  @Test("a test in a JSON patch refuses what it does not find, and says where it stands")
  func patchTests() throws {
    let error = try expect(files(test("db")), isRefusedWith: .patchFailed)
    #expect(error.address.file != nil)
    // Not held against kustomize: it refuses this too, for it compares the notes that it makes of patched objects.
    #expect(try build(files(test("web"))) == build(files(labels("{a: b}", "{path: spec/labels}"))))
  }
}
