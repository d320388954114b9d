import Manifests
import Rendering
import Testing

@Suite("Where objects come from, in annotations")
struct OriginsTests {
  private static let noted = """
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: a
      annotations:
        config.kubernetes.io/origin: |
          path: elsewhere.yaml
        alpha.config.kubernetes.io/transformations: |
          - {configuredIn: k.yaml, configuredBy: {apiVersion: builtin, kind: PatchTransformer}}
        own: kept

    """

  private static func configMap(_ name: String, _ annotations: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n  annotations:\n    own: kept\n\(annotations)"
  }

  private func check(_ settings: String, renders expected: String) throws {
    try expect(["kustomization.yaml": "resources: [a.yaml]\n\(settings)", "a.yaml": Self.noted], renders: expected)
  }

  @Test("what an earlier build has written there goes, unless it is asked for again")
  func earlier() throws {
    try check("namePrefix: x-", renders: Self.configMap("x-a", ""))
    try check(
      "namePrefix: x-\nbuildMetadata: [originAnnotations]",
      renders: Self.configMap("x-a", "    config.kubernetes.io/origin: |\n      path: a.yaml\n"))
    let transformations = """
          alpha.config.kubernetes.io/transformations: |
            - configuredIn: k.yaml
              configuredBy:
                apiVersion: builtin
                kind: PatchTransformer
            - configuredIn: kustomization.yaml
              configuredBy:
                apiVersion: builtin
                kind: PrefixTransformer

      """
    try check(
      "namePrefix: x-\nbuildMetadata: [transformerAnnotations]", renders: Self.configMap("x-a", transformations))
  }

  @Test("a JSON patch that writes all annotations anew takes for its own what it patches")
  func rewritten() throws {
    let patch =
      "patches: [{target: {kind: ConfigMap}, patch: '- {op: add, path: /metadata/annotations, value: {own: kept}}'}]"
    let origin = """
          config.kubernetes.io/origin: |
            configuredIn: kustomization.yaml
            configuredBy:
              apiVersion: builtin
              kind: PatchTransformer

      """
    try check("\(patch)\nbuildMetadata: [originAnnotations]", renders: Self.configMap("a", origin))
  }
}
