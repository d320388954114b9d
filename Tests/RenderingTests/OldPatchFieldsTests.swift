import Manifests
import Rendering
import Testing

@Suite("patchesStrategicMerge and patchesJson6902")
struct OldPatchFieldsTests {
  private func files(_ fields: String) -> [String: String] {
    ["kustomization.yaml": "resources: [a.yaml]\n" + fields, "a.yaml": configMap("m")]
  }

  @Test("patchesStrategicMerge names files of several patches, or holds patches themselves")
  func strategicMerge() throws {
    try expect(
      [
        "kustomization.yaml": """
        resources: [a.yaml]
        patchesStrategicMerge:
        - p.yaml
        - |-
          {apiVersion: v1, kind: Secret, metadata: {name: s}, $patch: delete}
        """,
        "p.yaml": """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {b: new}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: null}}
        """,
        "a.yaml": """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: b, b: old}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {a: b, c: d}}
        ---
        {apiVersion: v1, kind: Secret, metadata: {name: s}}
        """,
      ],
      renders: """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {a: b, b: new}}
        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: other}, data: {c: d}}
        """)
  }

  @Test("patchesStrategicMerge comes before patches, and patchesJson6902 after names and annotations are changed")
  func order() throws {
    try expect(
      files(
        """
        namePrefix: x-
        commonAnnotations: {a: b}
        patchesJson6902:
        - target: {version: v1, kind: ConfigMap, name: m}
          patch: |-
            - {op: test, path: /data/by, value: patches}
            - {op: test, path: /metadata/name, value: x-m}
            - {op: move, from: /metadata/annotations/a, path: /data/a}
        patches:
        - patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {by: patches, p: "1"}}'
        patchesStrategicMerge:
        - '{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {by: merge, m: "1"}}'
        """),
      renders: #"{apiVersion: v1, kind: ConfigMap, metadata: {name: x-m}, data: {by: patches, m: "1", p: "1", a: b}}"#)
  }

  @Test("a patchesStrategicMerge entry for no object, or without its file, is refused")
  func missing() throws {
    try expect(
      files("patchesStrategicMerge: ['{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}']"),
      isRefusedWith: .patchFailed)
    try expect(files("patchesStrategicMerge: [gone.yaml]"), isRefusedWith: .missingFile)
  }

  @Test("a patchesJson6902 entry needs a patch or its file, and not both")
  func source() throws {
    let target = "target: {version: v1, kind: ConfigMap, name: m}"
    try expect(files("patchesJson6902: [{\(target)}]"), isRefusedWith: .invalidKustomization)
    try expect(
      files("patchesJson6902: [{\(target), path: a.yaml, patch: '[]'}]"), isRefusedWith: .invalidKustomization)
  }
}
