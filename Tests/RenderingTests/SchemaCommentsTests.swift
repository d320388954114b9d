import Manifests
import Rendering
import Testing

@Suite("Schemas in comments")
struct SchemaCommentsTests {
  private static let texts = #"{"type": "array", "x-kubernetes-patch-strategy": "merge"}"#
  private static let containers = ##"""
    {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.Container"}, \##
    "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}
    """##
  private static let head = "apiVersion: example.com/v1\nkind: Shop\nmetadata: {name: shop}\n"

  private func check(_ object: String, _ patch: String, _ expected: String, head: String = head) throws {
    try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "a.yaml": head + object,
        "p.yaml": head + patch,
      ], renders: head + expected)
  }

  @Test(
    "beside a key, after a closing bracket, or above a key they say how a list is merged",
    arguments: [
      "items: # \(texts)\n- a\n- b", "items: [a, b] # \(texts)", "# \(texts)\nitems:\n- a\n- b",
      "# \(texts)\nitems: [a, b]", "items: #\(texts)\n- a\n- b", "items: [a,\n  b] ## \(texts)",
    ])
  func places(_ object: String) throws {
    try check(object, "items: [c, b]", "items: [c, b, a]")
  }

  @Test("in the patch they count as well")
  func inThePatch() throws {
    try check("items: [b, c]", "items: # \(Self.texts)\n- a\n- b", "items: [a, b, c]")
  }

  @Test("they may name a type that is known, whose own lists are merged by its rules")
  func knownType() throws {
    try check(
      "list: # \(Self.containers)\n- {name: a, image: x, ports: [{containerPort: 1}]}\n- {name: b}",
      "list:\n- {name: a, ports: [{containerPort: 2}]}",
      "list:\n- {name: a, image: x, ports: [{containerPort: 2}, {containerPort: 1}]}\n- {name: b}")
  }

  @Test("what they say of a map goes for what is in it")
  func inMaps() throws {
    try check(
      "map: # {\"properties\": {\"merged\": \(Self.texts)}}\n  merged: [a]\n  replaced: [a]",
      "map: {merged: [b], replaced: [b]}", "map: {merged: [b, a], replaced: [b]}")
  }

  @Test("any object in a comment counts before what is known of the type, be it no schema at all")
  func marker() throws {
    let head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop}\n"
    func containers(_ comment: String, _ list: String) -> String {
      "spec:\n  template:\n    spec:\n      containers:\(comment)\n      - \(list)"
    }
    let (old, new) = ("{name: a, image: 'x:1'}", "{name: b, image: 'y:1'}")
    try check(
      containers(#" # {"$imagepolicy": "shop"}"#, old), containers("", new), containers("", new), head: head)
    // Beside a single value it says nothing of the list that this is in.
    try check(
      containers("", #"{name: a, image: 'x:1'} # {"$imagepolicy": "shop"}"#), containers("", new),
      containers("", "\(new)\n      - \(old)"), head: head)
  }

  @Test(
    "comments that are something else, and text that looks like a comment, say nothing",
    arguments: [
      "items: # {not JSON}\n- a", "items: # {}\n- a", "# \(texts)\n\nitems: [a]", "# more\n# \(texts)\nitems: [a]",
      "items: ['# \(texts)', a]",
    ])
  func others(_ object: String) throws {
    try check(object, "items: [b]", "items: [b]")
    try check(
      "text: |\n  x\n  # \(Self.texts)\nitems: [a]", "items: [b]", "text: |\n  x\n  # \(Self.texts)\nitems: [b]")
  }

  @Test("they stay through what else changes the object, in the kustomizations above too")
  func stay() throws {
    try expect(
      [
        "kustomization.yaml": "resources: [base]\nnamePrefix: my-\npatches: [{path: p.yaml}, {path: q.yaml}]",
        "base/kustomization.yaml": "resources: [a.yaml]\ncommonLabels: {a: b}",
        "base/a.yaml": Self.head + "items: # \(Self.texts)\n- a", "p.yaml": Self.head + "items: [b]",
        "q.yaml": Self.head + "items: [c]",
      ],
      renders: """
        apiVersion: example.com/v1
        kind: Shop
        metadata: {name: my-shop, labels: {a: b}}
        items: [c, b, a]
        """)
  }
}
