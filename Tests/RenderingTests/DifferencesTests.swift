import Manifests
import Testing

@testable import Rendering

@Suite("Differences between renders")
struct DifferencesTests {
  private func set(_ objects: Value...) throws -> ManifestSet {
    try ManifestSet(objects.map { value throws(FleetError) in try Manifest(value) })
  }

  private func settings(_ name: String, _ data: Object) -> Value {
    [
      "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "shop"],
      "data": .object(data),
    ]
  }

  private func secret(_ data: Object) -> Value {
    ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "key", "namespace": "shop"], "data": .object(data)]
  }

  private func pod(_ containers: [Value]) -> Value {
    [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web", "namespace": "shop"],
      "spec": ["containers": .array(containers)],
    ]
  }

  private func place(_ cluster: String, _ environment: String = "prod") -> FleetDifference.Place {
    FleetDifference.Place(cluster: cluster, environment: environment)
  }

  @Test("objects are created, changed and deleted; what is equal is not told")
  func kinds() throws {
    let changes = ObjectChange.between(
      try set(settings("a", ["x": "1"]), settings("b", ["x": "1"]), settings("c", ["x": "1"])),
      try set(settings("a", ["x": "2"]), settings("b", ["x": "1"]), settings("d", ["x": "1"])))
    #expect(changes.map { "\($0.kind) \($0.id.name)" } == ["changed a", "created d", "deleted c"])
    #expect(changes.first?.fields.map(\.path) == ["/data/x"])
    #expect(changes.first?.fields.first?.before == "1")
    #expect(changes.first?.fields.first?.after == "2")
  }

  @Test("an app that comes or goes is all of its objects")
  func wholeApps() throws {
    let objects = try set(settings("a", [:]), settings("b", [:]))
    #expect(ObjectChange.between(nil, objects).map(\.kind) == [.created, .created])
    #expect(ObjectChange.between(objects, nil).map(\.kind) == [.deleted, .deleted])
    #expect(ObjectChange.between(objects, objects).isEmpty)
  }

  @Test("elements of lists that have names are compared by them, others by their place")
  func lists() throws {
    let changes = ObjectChange.between(
      try set(pod([["name": "web", "image": "web:1"], ["name": "log", "args": ["a", "b"]]])),
      try set(pod([["name": "log", "args": ["a", "c"]], ["name": "web", "image": "web:2"], ["name": "new"]])))
    #expect(
      changes.first?.fields.map(\.path) == [
        "/spec/containers/[log]/args/1", "/spec/containers/[web]/image", "/spec/containers/[new]",
      ])
  }

  @Test("another order of named elements is a change too")
  func order() throws {
    let changes = ObjectChange.between(
      try set(pod([["name": "a"], ["name": "b"]])), try set(pod([["name": "b"], ["name": "a"]])))
    #expect(changes.first?.fields == [FieldChange(path: "/spec/containers", before: ["a", "b"], after: ["b", "a"])])
  }

  @Test("paths are JSON pointers: a slash and a tilde in a key are escaped")
  func pointers() throws {
    let changes = ObjectChange.between(
      try set(settings("a", ["a/b~c": "1"])), try set(settings("a", ["a/b~c": "2"])))
    #expect(changes.first?.fields.map(\.path) == ["/data/a~1b~0c"])
  }

  @Test("what Secrets hold is nowhere in a difference, only that it changed")
  func secrets() throws {
    let annotated: Value = [
      "apiVersion": "v1", "kind": "Secret",
      "metadata": [
        "name": "key", "namespace": "shop",
        "annotations": ["kubectl.kubernetes.io/last-applied-configuration": "c2VjcmV0LWE="],
      ],
      "stringData": ["new": "c2VjcmV0LWI="],
    ]
    let (old, new) = (
      try set(secret(["a": "c2VjcmV0LTE=", "b": "c2VjcmV0LTI="])),
      try set(secret(["a": "c2VjcmV0LTE=", "b": "c2VjcmV0LTM=", "c": "c2VjcmV0LTQ="]))
    )
    for (before, after) in [(old, new), (nil, new), (old, nil), (old, try set(annotated)), (try set(annotated), new)] {
      let changes = ObjectChange.between(before, after)
      #expect(changes.count == 1)
      #expect(!"\(changes)".contains("c2VjcmV0"))
    }
    let fields = ObjectChange.between(old, new).flatMap(\.fields)
    #expect(fields.map(\.path) == ["/data/b", "/data/c"])
    #expect(fields.first?.before == "*** (before)")
    #expect(fields.first?.after == "*** (after)")
  }

  @Test("the same change on many clusters is one, whatever stands around it")
  func groups() throws {
    var builder = FleetDifference.Builder()
    for cluster in ["c", "a", "b"] {
      builder.add(
        app: "web", on: place(cluster, cluster == "c" ? "prod" : "dev"),
        before: try set(settings("s", ["own": .string(cluster), "x": "1"])),
        after: try set(settings("s", ["own": .string(cluster), "x": "2"])))
    }
    builder.add(
      app: "web", on: place("d"), before: try set(settings("s", ["x": "1"])), after: try set(settings("s", ["x": "3"])))
    builder.add(app: "db", on: place("d"), before: nil, after: try set(settings("db", [:])))
    builder.add(app: "idle", on: place("e"), before: try set(settings("i", [:])), after: try set(settings("i", [:])))
    let difference = builder.difference()
    #expect(difference.groups.map(\.app) == ["db", "web", "web"])
    #expect(difference.groups.map { $0.places.map(\.cluster) } == [["d"], ["a", "b", "c"], ["d"]])
    #expect(difference.groups[1].changes.first?.after?[path: "data", "own"] == "a")
    #expect(difference.changedClusters == 4)
    #expect(difference.clusters == 5)
  }

  @Test(
    "lines are shown as diff -u shows them",
    arguments: [
      (["a", "b", "c"], ["a", "x", "c"], 1, ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]),
      (["a", "b", "c"], ["a", "b", "c"], 3, []),
      ([], ["a"], 3, ["@@ -0,0 +1 @@", "+a"]),
      (["a"], [], 3, ["@@ -1 +0,0 @@", "-a"]),
      (
        ["1", "2", "3", "4", "5", "6", "7"], ["0", "2", "3", "4", "5", "6", "8"], 1,
        ["@@ -1,2 +1,2 @@", "-1", "+0", " 2", "@@ -6,2 +6,2 @@", " 6", "-7", "+8"]
      ),
    ] as [([String], [String], Int, [String])])
  func unified(before: [String], after: [String], context: Int, lines: [String]) {
    #expect(UnifiedDiff(before, after, context: context).lines == lines)
  }
}
