import Manifests
import Rendering
import Testing

@Suite("generators and transformers")
struct PluginsTests {
  @Test("generators make objects after those of the kustomization's own fields, and take part in all else")
  func generators() throws {
    try expect(
      [
        "kustomization.yaml": """
        sortOptions: {order: fifo}
        resources: [a.yaml]
        generators:
        - g.yaml
        - |-
          apiVersion: builtin
          kind: SecretGenerator
          metadata: {name: s, namespace: shop}
          literals: [a=b]
          options: {disableNameSuffixHash: true}
        configMapGenerator: [{name: f, literals: [a=b]}]
        namePrefix: x-
        """,
        "g.yaml": "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: g}, envs: [e.env]}",
        "e.env": "A=b\n",
        "a.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{configMap: {name: g}}]}}",
      ],
      renders: """
        {apiVersion: v1, kind: Pod, metadata: {name: x-p}, spec: {volumes: [{configMap: {name: x-g-b9t2424hkf}}]}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: x-f-4h2mbtbbt6}, data: {a: b}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: x-s, namespace: shop}, type: Opaque, data: {a: Yg==}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: x-g-b9t2424hkf}, data: {A: b}}
        """)
  }

  @Test("transformers run after the kustomization's own fields, in their order, on the fields that they name")
  func transformers() throws {
    try expect(
      [
        "kustomization.yaml": """
        resources: [a.yaml]
        namePrefix: x-
        transformers:
        - t.yaml
        - |-
          apiVersion: builtin
          kind: SuffixTransformer
          metadata: {name: s}
          suffix: -z
          fieldSpecs: [{path: metadata/name, kind: ConfigMap}]
        - |-
          {apiVersion: builtin, kind: AnnotationsTransformer, metadata: {name: none}, annotations: {a: b}}
        """,
        "t.yaml": """
        apiVersion: builtin
        kind: PrefixTransformer
        metadata: {name: p}
        prefix: y-
        fieldSpecs: [{path: metadata/name}]
        """,
        "a.yaml": configMap("m") + "---\n{apiVersion: v1, kind: Secret, metadata: {name: s}}\n",
      ],
      renders: configMap("y-x-m-z") + "---\n{apiVersion: v1, kind: Secret, metadata: {name: y-x-s}}\n")
  }

  @Test("an entry may be a kustomization, which changes the plugins as it changes objects")
  func kustomization() throws {
    try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\ntransformers: [t]",
        "t/kustomization.yaml": """
        resources: [t.yaml]
        patches: [{target: {kind: LabelTransformer}, patch: '- {op: add, path: /labels/b, value: c}'}]
        """,
        "t/t.yaml": """
        apiVersion: builtin
        kind: LabelTransformer
        metadata: {name: t}
        labels: {a: b}
        fieldSpecs: [{path: metadata/labels, create: true}]
        """,
        "a.yaml": configMap("m"),
      ],
      renders: "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, labels: {a: b, b: c}}}")
  }

  @Test(
    "a plugin that kustomize does not have for this is refused",
    arguments: [("transformers", "ConfigMapGenerator"), ("generators", "LabelTransformer"), ("generators", "Maker")])
  func unknown(field: String, kind: String) throws {
    try expect(
      [
        "kustomization.yaml":
          "resources: [a.yaml]\n\(field): ['{apiVersion: builtin, kind: \(kind), metadata: {name: t}}']",
        "a.yaml": configMap("m"),
      ], isRefusedWith: .invalidKustomization)
  }
}
