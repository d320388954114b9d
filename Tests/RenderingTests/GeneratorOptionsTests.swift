import Manifests
import Rendering
import Testing

@Suite("generatorOptions")
struct GeneratorOptionsTests {
  @Test("count for every generator of the kustomization; entries add labels of their own, and take nothing back")
  func entries() throws {
    try expect(
      [
        "kustomization.yaml": """
        generatorOptions:
          disableNameSuffixHash: true
          labels: {all: a, both: all}
          annotations: {note: all}
          immutable: true
        configMapGenerator:
        - name: m
          literals: [a=b]
          options: {disableNameSuffixHash: false, labels: {both: own}, immutable: false}
        secretGenerator:
        - {name: s, literals: [a=b]}
        """
      ],
      renders: """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: m, labels: {all: a, both: own}, annotations: {note: all}}
        immutable: true
        data: {a: b}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: s, labels: {all: a, both: all}, annotations: {note: all}}
        immutable: true
        type: Opaque
        data: {a: Yg==}
        """)
  }

  @Test("count neither for a base, nor for what stands above, nor for plugins and objects of files")
  func reach() throws {
    try expect(
      [
        "o/kustomization.yaml": """
        resources: [../b, a.yaml]
        generatorOptions: {labels: {over: o}}
        configMapGenerator: [{name: o, literals: [a=b]}]
        generators: [g.yaml]
        """,
        "o/g.yaml": "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: g}, literals: [a=b]}",
        "o/a.yaml": configMap("a"),
        "b/kustomization.yaml": """
        generatorOptions: {disableNameSuffixHash: true, labels: {under: u}}
        configMapGenerator: [{name: b, literals: [a=b]}]
        """,
      ], "o",
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: b, labels: {under: u}}, data: {a: b}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: g-4h2mbtbbt6}, data: {a: b}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: o-4h2mbtbbt6, labels: {over: o}}, data: {a: b}}
        """)
  }

  @Test("of one that merges into a base's: labels and annotations are added, the rest is as it says itself")
  func merge() throws {
    try expect(
      [
        "o/kustomization.yaml": """
        resources: [../b]
        generatorOptions: {labels: {over: o}, annotations: {note: o}, disableNameSuffixHash: true}
        configMapGenerator: [{name: b, behavior: merge, literals: [c=d]}]
        """,
        "b/kustomization.yaml": """
        generatorOptions: {labels: {under: u}, immutable: true}
        configMapGenerator: [{name: b, literals: [a=b]}]
        """,
      ], "o",
      renders: """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: b, labels: {over: o, under: u}, annotations: {note: o}}
        data: {a: b, c: d}
        """)
  }

  @Test("an option that nobody knows is refused")
  func unknown() throws {
    try expect(
      ["kustomization.yaml": "generatorOptions: {label: {a: b}}\nconfigMapGenerator: [{name: a}]"],
      isRefusedWith: .unknownField)
  }
}
