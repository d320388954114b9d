import Manifests
import Rendering
import Testing

@Suite("Links and other things that are no files")
struct LinksTests {
  private func tree(_ nodes: [String: SourceTree.Node]) -> SourceTree {
    var tree = SourceTree([
      "app/kustomization.yaml": "resources: [a.yaml, ../base]", "base/real/kustomization.yaml": "resources: [b.yaml]",
      "base/real/b.yaml": configMap("b"), "app/real/a.yaml": configMap("a"),
    ])
    for (path, node) in nodes { tree.set(path, node) }
    return tree
  }

  private func names(_ tree: SourceTree) throws -> [Value?] {
    let app = try #require(TreePath("app"))
    return try Renderer(tree: tree).build(directory: app).map { $0[path: "metadata", "name"] }
  }

  @Test("symbolic links are followed, to files and to directories")
  func links() throws {
    var tree = tree(["app/a.yaml": .link("real/a.yaml")])
    tree["app/kustomization.yaml"] = "resources: [a.yaml, ../base/latest]"
    tree.set("base/latest", .link("real"))
    #expect(try names(tree) == ["a", "b"])
  }

  @Test("a link to a file outside the kustomization's directory is refused, as its target would be")
  func outsideRoot() throws {
    let tree = tree(["app/a.yaml": .link("../base/real/b.yaml")])
    let error = try #require(throws: FleetError.self) { try names(tree) }
    #expect(error.code == .outsideRoot)
  }

  @Test("a link out of the tree is refused", arguments: ["../../../etc/passwd", "/etc/passwd"])
  func outsideTree(_ target: String) throws {
    let error = try #require(throws: FleetError.self) { try names(self.tree(["app/a.yaml": .link(target)])) }
    #expect(error.code == .outsideRoot)
    #expect(error.message.contains("app/a.yaml"))
  }

  @Test("links in a circle are refused")
  func circle() throws {
    let tree = tree(["app/a.yaml": .link("b.yaml"), "app/b.yaml": .link("a.yaml")])
    let error = try #require(throws: FleetError.self) { try names(tree) }
    #expect(error.code == .limitExceeded)
  }

  @Test("a submodule is refused as what it is")
  func submodule() throws {
    var tree = tree(["app/a.yaml": .file(Array(configMap("a").utf8)), "vendored": .submodule])
    tree["app/kustomization.yaml"] = "resources: [a.yaml, ../vendored]"
    let vendoring = tree
    let error = try #require(throws: FleetError.self) { try names(vendoring) }
    #expect(error.code == .notSupportedYet)
    #expect(error.message.contains("submodule"))
    tree["app/kustomization.yaml"] = "resources: [a.yaml, ../vendored/deep/b.yaml]"
    let deep = tree
    let inside = try #require(throws: FleetError.self) { try names(deep) }
    #expect(inside.message == "vendored is a submodule, which is not read")
  }

  @Test("a file that is kept in Git LFS is refused as what it is")
  func largeFile() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
    let error = try #require(throws: FleetError.self) {
      try names(self.tree(["app/a.yaml": .file(Array(pointer.utf8))]))
    }
    #expect(error.code == .notSupportedYet)
    #expect(error.message.contains("Git LFS"))
  }
}
