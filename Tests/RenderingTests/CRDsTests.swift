import Manifests
import Rendering
import Testing

@Suite("crds")
struct CRDsTests {
  private func files(_ types: String, _ fields: String, _ object: String) -> [String: String] {
    ["kustomization.yaml": "resources: [a.yaml]\ncrds: [c.json]\n" + fields, "c.json": types, "a.yaml": object]
  }

  /// A document with the kind Shop, which has these properties more than every kind has, and a type Spec.
  private func types(_ properties: String, spec: String = "{}") -> String {
    """
    {"example.com/v1.Shop": {"Schema": {"properties": {"apiVersion": {}, "kind": {}, "metadata": {}, \(properties)}}},
     "Spec": {"Schema": {"properties": \(spec)}}}
    """
  }

  @Test("fields of a custom resource that refer to other objects follow their names")
  func references() throws {
    let reference = #""x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret""#
    let types = types(
      #""spec": {"$ref": "Spec"}"#,
      spec: #"{"plain": {\#(reference)}, "keyed": {\#(reference), "x-kubernetes-object-ref-name-key": "key"}}"#)
    let rendered = { (secret: String, shop: String) in
      """
      {apiVersion: v1, kind: Secret, metadata: {name: \(secret)}}
      ---
      {apiVersion: example.com/v1, kind: Shop, metadata: {name: \(shop)},
       spec: {plain: {name: \(secret)}, keyed: {key: \(secret), name: k}, other: {name: k}}}
      """
    }
    try expect(files(types, "namePrefix: x-", rendered("k", "s")), renders: rendered("x-k", "x-s"))
  }

  @Test("fields that hold annotations, selectors and names are changed where they are there, and not created")
  func fields() throws {
    let types = types(
      #""notes": {"x-kubernetes-annotation": ""}, "select": {"x-kubernetes-label-selector": ""}, "#
        + #""id": {"x-kubernetes-identity": ""}"#)
    try expect(
      files(
        types, "commonAnnotations: {a: b}\ncommonLabels: {l: m}\nnamePrefix: x-",
        """
        {apiVersion: example.com/v1, kind: Shop, metadata: {name: s}, notes: {own: c}, select: {own: d}, id: e}
        ---
        {apiVersion: example.com/v1, kind: Shop, metadata: {name: t}}
        """),
      renders: """
        {apiVersion: example.com/v1, kind: Shop, metadata: {name: x-s, annotations: {a: b}, labels: {l: m}},
         notes: {own: c, a: b}, select: {own: d, l: m}, id: x-e}
        ---
        {apiVersion: example.com/v1, kind: Shop, metadata: {name: x-t, annotations: {a: b}, labels: {l: m}}}
        """)
  }

  @Test("a type without the fields that every kind has is none, and what it says counts for nothing")
  func noKind() throws {
    try expect(
      files(
        #"{"example.com/v1.Shop": {"Schema": {"properties": {"id": {"x-kubernetes-identity": ""}}}}}"#,
        "namePrefix: x-", "{apiVersion: example.com/v1, kind: Shop, metadata: {name: s}, id: e}"),
      renders: "{apiVersion: example.com/v1, kind: Shop, metadata: {name: x-s}, id: e}")
  }

  @Test("a file that is not there is refused")
  func missing() throws {
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]\ncrds: [c.json]", "a.yaml": configMap("a")],
      isRefusedWith: .missingFile)
  }
}
