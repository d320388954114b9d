import Manifests
import TestSupport
import Testing

@Suite("Objects and their identity")
struct ManifestTests {
  private let web: Value = [
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "shop"],
  ]

  private func changed(_ change: (inout Object) -> Void) -> Value {
    var metadata = web["metadata"]?.object ?? Object()
    change(&metadata)
    var value = web
    value["metadata"] = .object(metadata)
    return value
  }

  private func error(_ value: Value) throws -> FleetError? {
    try refusal { _ = try Manifest(value, origin: .init(file: "web.yaml", line: 7)) }
  }

  @Test("group, kind, namespace and name are the identity; the version is not")
  func identity() throws {
    let manifest = try Manifest(web)
    #expect(manifest.id.description == "apps/Deployment/shop/web")
    #expect(manifest.id.displayName == "Deployment shop/web")
    #expect(manifest.version == "v1")
    var beta = web
    beta["apiVersion"] = "apps/v1beta1"
    #expect(try Manifest(beta).id == manifest.id)
    let space = try Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "shop"]])
    #expect(space.id.description == "/Namespace//shop")
    #expect(space.id.displayName == "Namespace shop")
  }

  @Test("what an API server would refuse is refused with file, line, object and field")
  func refused() throws {
    let broken: [(Value, String)] = [
      (changed { $0["name"] = "a/b" }, "metadata.name"), (changed { $0["name"] = nil }, "metadata.name"),
      (changed { $0["name"] = 5 }, "metadata.name"), (changed { $0["name"] = ".." }, "metadata.name"),
      (changed { $0["name"] = .string(String(repeating: "a", count: 254)) }, "metadata.name"),
      (changed { $0["namespace"] = "Shop" }, "metadata.namespace"),
      (changed { $0["labels"] = ["a": 1] }, "metadata.labels.a"),
      (changed { $0["labels"] = ["a": "-"] }, "metadata.labels.a"),
      (changed { $0["labels"] = "a" }, "metadata.labels"),
      (changed { $0["annotations"] = ["a": true] }, "metadata.annotations.a"),
      (
        changed {
          $0["name"] = nil
          $0["generateName"] = "web-"
        }, "metadata.generateName"
      ),
    ]
    for (value, field) in broken {
      let found = try error(value)
      #expect(found?.address.field == field, "\(String(describing: found))")
      #expect(found?.address.file == "web.yaml")
      #expect(found?.address.line == 7)
      #expect(found?.address.object?.hasPrefix("apps/Deployment/") == true)
    }
  }

  @Test("a value that is no object, or has no kind or version, is refused")
  func noObject() throws {
    for value: Value in [nil, "web", [], [:], ["kind": "Pod", "metadata": ["name": "a"]], ["apiVersion": "v1"]] {
      #expect(try error(value) != nil, "\(value)")
    }
    for (key, value) in [("kind", "De ploy"), ("kind", ""), ("apiVersion", "a/b/c"), ("apiVersion", "Apps/v1")] {
      var broken = web
      broken[key] = .string(value)
      #expect(try error(broken)?.address.field == key, "\(key): \(value)")
    }
  }

  @Test("names of roles may have colons, keys of labels prefixes")
  func allowed() throws {
    _ = try Manifest(changed { $0["name"] = "system:node:reader" })
    _ = try Manifest(changed { $0["labels"] = ["app.kubernetes.io/name": "web", "empty": ""] })
    _ = try Manifest(changed { $0["name"] = .string(String(repeating: "a", count: 253)) })
  }

  @Test("a change that breaks the object leaves it as it was")
  func change() throws {
    var manifest = try Manifest(web)
    let before = manifest
    #expect(try refusal { try manifest.change { $0["kind"] = 5 } } != nil)
    #expect(manifest == before)
    try manifest.change { $0["spec"] = ["replicas": 2] }
    #expect(manifest.value[path: "spec", "replicas"] == 2)
  }
}

@Suite("Paths in a tree")
struct TreePathTests {
  @Test("points and doubled slashes go away, and nothing climbs out of the tree")
  func forms() {
    #expect(TreePath("a//./b/../c/")?.description == "a/c")
    #expect(TreePath("")?.isRoot == true)
    #expect(TreePath("a/..")?.description == ".")
    for text in ["/a", "..", "a/../../b", "a\u{0}b", "a/../.."] { #expect(TreePath(text) == nil, "\(text)") }
  }

  @Test("a path is resolved from where it stands")
  func resolving() throws {
    let base = try #require(TreePath("apps/web/overlays"))
    #expect(base.resolving("../base/x.yaml")?.description == "apps/web/base/x.yaml")
    #expect(base.resolving("../../../..") == nil)
    #expect(base.parent?.description == "apps/web")
    for name in ["", ".", "..", "a/b", "a\u{0}"] { #expect(base.appending(name) == nil) }
  }

  @Test("paths are compared by their bytes, component by component")
  func comparing() throws {
    let accent = try #require(TreePath("é"))
    let combined = try #require(TreePath("e\u{301}"))
    #expect(accent != combined)
    let (a, ab, a2) = try (#require(TreePath("a")), #require(TreePath("a/b")), #require(TreePath("a-b")))
    #expect(ab.isWithin(a) && a.isWithin(a) && !a2.isWithin(a) && !a.isWithin(ab))
    #expect([a2, ab, a].sorted() == [a, ab, a2])
  }
}
