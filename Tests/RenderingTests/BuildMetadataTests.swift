import Manifests
import Rendering
import Testing

@Suite("buildMetadata")
struct BuildMetadataTests {
  private func files(_ metadata: String, base: String = "") -> [String: String] {
    [
      "o/kustomization.yaml": """
      resources: [../b]
      configMapGenerator: [{name: d, literals: [a=b]}]
      namePrefix: x-
      transformers: [t.yaml]
      \(metadata)
      """,
      "o/t.yaml": """
      apiVersion: builtin
      kind: LabelTransformer
      metadata: {name: t, namespace: shop}
      labels: {l: m}
      fieldSpecs: [{path: metadata/labels, create: true}]
      """,
      "b/kustomization.yaml": "resources: [b.yaml]\nnameSuffix: -y\n" + base, "b/b.yaml": configMap("b"),
    ]
  }

  /// The two objects, with these fields more in their metadata.
  private func rendered(label: String = "", base: String = "", generated: String = "") -> String {
    """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: x-b-y
      labels: {l: m\(label)}
    \(base)
    ---
    apiVersion: v1
    kind: ConfigMap
    data: {a: b}
    metadata:
      name: x-d-4h2mbtbbt6
      labels: {l: m\(label)}
    \(generated)

    """
  }

  @Test("originAnnotations say which file an object is from, or what has made it")
  func origins() throws {
    try expect(
      files("buildMetadata: [originAnnotations]"), "o",
      renders: rendered(
        base: """
            annotations:
              config.kubernetes.io/origin: |
                path: ../b/b.yaml
          """,
        generated: """
            annotations:
              config.kubernetes.io/origin: |
                configuredIn: kustomization.yaml
                configuredBy:
                  apiVersion: builtin
                  kind: ConfigMapGenerator
          """))
  }

  @Test("transformerAnnotations say what has changed an object, in that order")
  func transformations() throws {
    let suffix = """
            - configuredIn: ../b/kustomization.yaml
              configuredBy:
                apiVersion: builtin
                kind: SuffixTransformer

      """
    let others = """
            - configuredIn: kustomization.yaml
              configuredBy:
                apiVersion: builtin
                kind: PrefixTransformer
            - configuredIn: t.yaml
              configuredBy:
                apiVersion: builtin
                kind: LabelTransformer
                name: t
                namespace: shop
      """
    let head = "  annotations:\n    alpha.config.kubernetes.io/transformations: |\n"
    try expect(
      files("buildMetadata: [transformerAnnotations]"), "o",
      renders: rendered(base: head + suffix + others, generated: head + others))
  }

  @Test("managedByLabel labels every object")
  func managedBy() throws {
    try expect(
      files("buildMetadata: [managedByLabel]"), "o",
      renders: rendered(label: ", app.kubernetes.io/managed-by: kustomize-(devel)"))
  }

  @Test("what a base asks for does not count")
  func base() throws {
    try expect(
      files("", base: "buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]"), "o",
      renders: rendered())
  }
}
