import Manifests
import Rendering
import Testing

@Suite("namePrefix and nameSuffix")
struct NamePrefixTests {
  @Test("are put around names, those of outer kustomizations outside")
  func nested() throws {
    let files = [
      "o/kustomization.yaml": "resources: [../b]\nnamePrefix: o-\nnameSuffix: -o",
      "b/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: b-\nnameSuffix: -b", "b/a.yaml": configMap("a"),
    ]
    try expect(files, "o", renders: configMap("o-b-a-b-o"))
  }

  @Test("leave alone the names of Namespaces, APIServices and CustomResourceDefinitions")
  func exempt() throws {
    let text = """
      {apiVersion: v1, kind: Namespace, metadata: {name: a}}
      ---
      {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: things.example.com}}
      ---
      {apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1.example.com}}
      """
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\nnamePrefix: x-\nnameSuffix: -y", "a.yaml": text], renders: text)
  }

  @Test("let two kustomizations use one base under different names")
  func twice() throws {
    let files = [
      "kustomization.yaml": "resources: [one, two]", "one/kustomization.yaml": "resources: [../base]\nnamePrefix: one-",
      "two/kustomization.yaml": "resources: [../base]\nnamePrefix: two-",
      "base/kustomization.yaml": "resources: [a.yaml]",
      "base/a.yaml": """
      {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
      ---
      {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: v, configMap: {name: a}}]}}
      """,
    ]
    try expect(
      files,
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: one-a}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: two-a}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: one-p}, spec: {volumes: [{name: v, configMap: {name: one-a}}]}}
        ---
        {apiVersion: v1, kind: Pod, metadata: {name: two-p}, spec: {volumes: [{name: v, configMap: {name: two-a}}]}}
        """)
  }
}
