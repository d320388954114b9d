import Manifests
import Rendering
import Testing

@Suite("resources")
struct ResourcesTests {
  @Test("are files and directories, in the order of their kinds")
  func filesAndDirectories() throws {
    let files = [
      "overlay/kustomization.yaml": "resources: [../base, own.yaml]",
      "overlay/own.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}",
      "base/kustomization.yml": "resources:\n- b.yaml\n- a.yaml",
      "base/a.yaml": configMap("a"), "base/b.yaml": configMap("b") + "---\n" + configMap("c"),
    ]
    try expect(
      files, "overlay",
      renders: "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n" + configMap("a") + "---\n"
        + configMap("b") + "---\n" + configMap("c"))
  }

  @Test("may be in lists, which are taken apart")
  func lists() throws {
    let item = "{apiVersion: v1, kind: ConfigMap, metadata: {name: NAME}}"
    let files = [
      "kustomization.yaml": "resources: [list.yaml, more.yaml]",
      "list.yaml": "apiVersion: v1\nkind: List\nitems: [\(item.named("b")), \(item.named("a"))]",
      "more.yaml": "apiVersion: v1\nkind: ConfigMapList\nitems: [\(item.named("d"))]\n---\n" + configMap("c"),
    ]
    try expect(files, renders: ["a", "b", "c", "d"].map(configMap).joined(separator: "---\n"))
  }

  @Test("may be JSON")
  func json() throws {
    let files = [
      "kustomization.yaml": "resources: [a.json]",
      "a.json": #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}"#,
    ]
    try expect(files, renders: configMap("a"))
  }

  @Test("nothing is rendered from files with nothing in them")
  func empty() throws {
    try expect(["kustomization.yaml": "resources: [a.yaml]", "a.yaml": "# nothing\n---\n"], renders: "")
  }

  @Test("objects that serve only the build are left out")
  func localConfiguration() throws {
    let local =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, annotations: {config.kubernetes.io/local-config: 'true'}}"
    let files = ["kustomization.yaml": "resources: [a.yaml, b.yaml]", "a.yaml": configMap("a"), "b.yaml": local]
    try expect(files, renders: configMap("a"))
  }

  @Test("the same object twice is refused, also when one has no namespace and the other is in default")
  func duplicates() throws {
    let files = [
      "kustomization.yaml": "resources: [a.yaml, b.yaml]", "a.yaml": configMap("a"),
      "b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}",
    ]
    let error = try expect(files, isRefusedWith: .duplicateObject)
    #expect(error.address.file == "b.yaml")
    #expect(error.cause.contains("a.yaml"))
  }

  @Test("what is not there is refused with its place")
  func missing() throws {
    let error = try expect(
      ["kustomization.yaml": "resources:\n- a.yaml\n- b.yaml", "a.yaml": configMap("a")], isRefusedWith: .missingFile)
    #expect(error.address.file == "kustomization.yaml")
    #expect(error.address.line == 3)
    #expect(error.address.field == "resources[1]")
  }

  @Test("a file outside the kustomization's directory is refused, a kustomization there is not")
  func outsideRoot() throws {
    let files = ["a/kustomization.yaml": "resources: [../b/b.yaml]", "b/b.yaml": configMap("b")]
    try expect(files, "a", isRefusedWith: .outsideRoot)
  }

  @Test("a path that leads out of the tree, and an absolute one, are refused", arguments: ["../../x", "/etc/passwd"])
  func outsideTree(_ path: String) throws {
    let error = try #require(throws: FleetError.self) {
      try build(["a/kustomization.yaml": "resources: [\(path)]"], "a")
    }
    #expect(error.code == .outsideRoot)
  }

  @Test(
    "what is somewhere else is refused as not fetched",
    arguments: [
      "https://example.com/a.yaml", "github.com/owner/repo//base?ref=v1", "git@github.com:owner/repo.git",
      "ssh://git@example.com/repo",
    ])
  func remote(_ url: String) throws {
    let error = try expect(["kustomization.yaml": "resources: ['\(url)']"], isRefusedWith: .notSupportedYet)
    #expect(error.message.contains("remote"))
  }

  @Test("a kustomization over itself, or over one that holds it, is refused")
  func cycles() throws {
    try expect(["a/kustomization.yaml": "resources: [../a]"], "a", isRefusedWith: .kustomizationCycle)
    try expect(
      ["a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../a]"], "a",
      isRefusedWith: .kustomizationCycle)
    try expect(
      [
        "a/b/kustomization.yaml": "resources: [..]", "a/kustomization.yaml": "resources: [x.yaml]",
        "a/x.yaml": configMap("x"),
      ],
      "a/b", isRefusedWith: .kustomizationCycle)
  }

  @Test(
    "objects without a kind or a name are refused", arguments: ["metadata: {name: a}", "kind: A", "[]\n---\n- a", "a"])
  func malformed(_ text: String) throws {
    try expect(
      ["kustomization.yaml": "resources: [a.yaml]", "a.yaml": "apiVersion: v1\n" + text],
      isRefusedWith: text.contains("---") || text == "a" ? .invalidYAML : .invalidManifest)
  }
}

extension String {
  fileprivate func named(_ name: String) -> String {
    split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name)
  }

  @Test("a tag that is written says more than quotes")
  func tags() throws {
    let head = "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n"
    try expect(
      [
        "kustomization.yaml": "resources: [a.yaml]",
        "a.yaml": head + #"spec: {a: !!int "3", b: !!bool 'true', c: !!str 1, d: "3", e: !!null "", f: !!float "1.5"}"#,
      ], renders: head + #"spec: {a: 3, b: true, c: "1", d: "3", e: null, f: 1.5}"#)
  }
}
