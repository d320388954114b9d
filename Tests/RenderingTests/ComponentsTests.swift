import Manifests
import Rendering
import Testing

@Suite("components")
struct ComponentsTests {
  private let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"

  @Test("work on what is there already, and add to it")
  func changes() throws {
    let files = [
      "o/kustomization.yaml": "resources: [../b]\ncomponents: [../c]\nnamePrefix: o-",
      "b/kustomization.yaml": "resources: [a.yaml]", "b/a.yaml": configMap("a"),
      "c/kustomization.yaml": component + "resources: [c.yaml]\nnameSuffix: -c\ncommonLabels: {tier: web}",
      "c/c.yaml": configMap("c"),
    ]
    try expect(
      files, "o",
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: o-a-c, labels: {tier: web}}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: o-c-c, labels: {tier: web}}}
        """)
  }

  @Test("are told from kustomizations by their kind")
  func kinds() throws {
    try expect(
      [
        "kustomization.yaml": "components: [c]", "c/kustomization.yaml": "resources: [a.yaml]",
        "c/a.yaml": configMap("a"),
      ],
      isRefusedWith: .invalidKustomization)
    try expect(
      [
        "kustomization.yaml": "resources: [c]", "c/kustomization.yaml": component + "resources: [a.yaml]",
        "c/a.yaml": configMap("a"),
      ],
      isRefusedWith: .invalidKustomization)
    try expect(["kustomization.yaml": "components: [a.yaml]", "a.yaml": configMap("a")], isRefusedWith: .missingFile)
  }

  @Test("that lead back to what they stand in are refused")
  func cycles() throws {
    try expect(
      [
        "c/kustomization.yaml": "kind: Kustomization\nresources: [a.yaml]\ncomponents: [../d]",
        "c/a.yaml": configMap("a"),
        "d/kustomization.yaml": component + "components: [../d]",
      ],
      "c", isRefusedWith: .kustomizationCycle)
    try expect(
      [
        "c/kustomization.yaml": "resources: [a.yaml]\ncomponents: [../d]", "c/a.yaml": configMap("a"),
        "d/kustomization.yaml": component + "resources: [../c]",
      ],
      "c", isRefusedWith: .kustomizationCycle)
  }

  @Test("a component that is used by two overlays works on each apart")
  func twice() throws {
    let files = [
      "top/kustomization.yaml": "resources: [../one, ../two]",
      "one/kustomization.yaml": "namePrefix: one-\nresources: [../b]\ncomponents: [../c]",
      "two/kustomization.yaml": "namePrefix: two-\nresources: [../b]\ncomponents: [../c]",
      "b/kustomization.yaml": "resources: [a.yaml]", "b/a.yaml": configMap("a"),
      "c/kustomization.yaml": component + "commonAnnotations: {seen: once}",
    ]
    let annotations = "annotations: {seen: once}"
    try expect(
      files, "top",
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: one-a, \(annotations)}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: two-a, \(annotations)}}
        """)
  }
}
