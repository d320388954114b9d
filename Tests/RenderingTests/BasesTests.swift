import Manifests
import Rendering
import Testing

@Suite("bases")
struct BasesTests {
  private func files(_ bases: String) -> [String: String] {
    [
      "a/kustomization.yaml": "sortOptions: {order: fifo}\nbases: [\(bases)]\nresources: [a.yaml]\nnamePrefix: x-",
      "a/a.yaml": configMap("a"), "a/more.yaml": configMap("more"),
      "b/kustomization.yaml": "resources: [b.yaml]", "b/b.yaml": configMap("b"),
    ]
  }

  @Test("mean the same as resources, and come after them, files too")
  func order() throws {
    try expect(
      files("../b, more.yaml"), "a",
      renders: [configMap("x-a"), configMap("x-b"), configMap("x-more")].joined(separator: "---\n"))
  }

  @Test("one that is not there is refused")
  func missing() throws {
    try expect(files("../gone"), "a", isRefusedWith: .missingFile)
  }
}
