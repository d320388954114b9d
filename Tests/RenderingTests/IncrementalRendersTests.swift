import Digests
import FleetModel
import Manifests
import Rendering
import Testing

@Suite("What a commit makes a renderer do")
struct IncrementalRendersTests {
  /// Two apps with an overlay for each environment; only `web` asks for values of the cluster.
  private let tree = SourceTree([
    "apps/web/base/kustomization.yaml": "resources: [a.yaml]",
    "apps/web/base/a.yaml": """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web}
    data: {domain: "${cluster.values.domain}"}
    """,
    "apps/web/dev/kustomization.yaml": "resources: [../base]\nnamePrefix: dev-",
    "apps/web/prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-",
    "apps/db/base/kustomization.yaml": "resources: [a.yaml]",
    "apps/db/base/a.yaml": configMap("db"),
    "apps/db/dev/kustomization.yaml": "resources: [../base]",
    "apps/db/prod/kustomization.yaml": "resources: [../base]",
  ])
  private let apps = [
    AppDeclaration.named("web", overlays: ["{environment}"], substitute: true),
    AppDeclaration.named("db", overlays: ["{environment}"]),
  ]
  /// Four clusters of each environment, two of each with the same domain.
  private let clusters = (0..<8).map { index in
    ClusterDeclaration.named(
      "c\(index)", environment: index < 4 ? "dev" : "prod", values: ["domain": .string("d\(index / 2)")])
  }

  /// Renders everything; returns the digests of the sets by app and cluster.
  @discardableResult
  private func renderAll(_ renderer: Renderer) throws -> [String: String] {
    var digests: [String: String] = [:]
    for cluster in clusters {
      for app in apps {
        digests["\(app.name) \(cluster.name)"] =
          try renderer.render(app: app, cluster: cluster).manifests.digest.hex
      }
    }
    return digests
  }

  private func work(builds: [String: Int], sets: [String: Int]) throws -> RenderWork {
    func paths(_ counts: [String: Int]) throws -> [TreePath: Int] {
      Dictionary(uniqueKeysWithValues: try counts.map { (try #require(TreePath($0.key)), $0.value) })
    }
    return RenderWork(builds: try paths(builds), sets: try paths(sets))
  }

  @Test("an overlay is built once, and a set made once for all clusters with the same inputs")
  func cold() throws {
    let renderer = Renderer(tree: tree)
    let digests = try renderAll(renderer)
    #expect(Set(digests.values).count == 5)
    let expected = try work(
      builds: ["apps/web/dev": 1, "apps/web/prod": 1, "apps/db/dev": 1, "apps/db/prod": 1],
      sets: ["apps/web/dev": 2, "apps/web/prod": 2, "apps/db/dev": 1, "apps/db/prod": 1])
    #expect(renderer.work == expected)
  }

  @Test("a line of one overlay renders that overlay again and nothing else")
  func overlayLine() throws {
    let first = Renderer(tree: tree)
    let before = try renderAll(first)
    var changed = tree
    changed["apps/web/prod/kustomization.yaml"] = "resources: [../base]\nnamePrefix: production-"
    let second = Renderer(tree: changed, after: first)
    let after = try renderAll(second)
    let expected = try work(builds: ["apps/web/prod": 1], sets: ["apps/web/prod": 2])
    #expect(second.work == expected)
    let moved = before.keys.filter { before[$0] != after[$0] }.sorted()
    #expect(moved == ["web c4", "web c5", "web c6", "web c7"])
  }

  @Test("a line of a base renders the overlays that stand on it, and other apps not at all")
  func baseLine() throws {
    let first = Renderer(tree: tree)
    try renderAll(first)
    var changed = tree
    changed["apps/db/base/a.yaml"] = configMap("database")
    let second = Renderer(tree: changed, after: first)
    try renderAll(second)
    let expected = try work(
      builds: ["apps/db/dev": 1, "apps/db/prod": 1], sets: ["apps/db/dev": 1, "apps/db/prod": 1])
    #expect(second.work == expected)
  }

  @Test("a file that no build reads, and a commit like the one before, cost nothing")
  func nothing() throws {
    let first = Renderer(tree: tree)
    let before = try renderAll(first)
    var changed = tree
    changed["apps/web/README.md"] = "new"
    changed["apps/web/base/unlisted.yaml"] = configMap("unlisted")
    let second = Renderer(tree: changed, after: first)
    #expect(try renderAll(second) == before)
    #expect(second.work == RenderWork())
  }

  @Test("a new file that a build had looked for is noticed")
  func absence() throws {
    let first = Renderer(tree: tree)
    try renderAll(first)
    var changed = tree
    changed["apps/db/dev/kustomization.yml"] = "resources: [../base]"
    let error = try #require(throws: FleetError.self) { try renderAll(Renderer(tree: changed, after: first)) }
    #expect(error.code == .invalidKustomization)
  }

  @Test("a cache that outlives the process saves it all, and a changed line costs what it costs without a restart")
  func restart() throws {
    let cache = MemoryRenderCache()
    let before = try renderAll(Renderer(tree: tree, cache: cache))
    let restarted = Renderer(tree: tree, cache: cache)
    #expect(try renderAll(restarted) == before)
    #expect(restarted.work == RenderWork())

    var changed = tree
    changed["apps/web/prod/kustomization.yaml"] = "resources: [../base]\nnamePrefix: production-"
    let other = Renderer(tree: changed, cache: cache)
    try renderAll(other)
    let expected = try work(builds: ["apps/web/prod": 1], sets: ["apps/web/prod": 2])
    #expect(other.work == expected)
  }

  @Test("a commit that goes back to what was there finds its sets in the cache")
  func revert() throws {
    let cache = MemoryRenderCache()
    let before = try renderAll(Renderer(tree: tree, cache: cache))
    var changed = tree
    changed["apps/web/prod/kustomization.yaml"] = "resources: [../base]\nnamePrefix: production-"
    try renderAll(Renderer(tree: changed, cache: cache))
    let reverted = Renderer(tree: tree, cache: cache)
    #expect(try renderAll(reverted) == before)
    let expected = try work(builds: ["apps/web/prod": 1], sets: [:])
    #expect(reverted.work == expected)
  }

  @Test("another value of one cluster makes one set")
  func value() throws {
    let first = Renderer(tree: tree)
    try renderAll(first)
    let second = Renderer(tree: tree, after: first)
    try renderAll(second)
    let moved = ClusterDeclaration.named("c0", environment: "dev", values: ["domain": "elsewhere"])
    for app in apps { _ = try second.render(app: app, cluster: moved) }
    let expected = try work(builds: [:], sets: ["apps/web/dev": 1])
    #expect(second.work == expected)
  }

  @Test("an overlay that went and came back as it was is rendered again, and comes to the same")
  func gone() throws {
    let first = Renderer(tree: tree)
    let before = try renderAll(first)
    var without = tree
    without.set("apps/db/prod/kustomization.yaml", nil)
    let second = Renderer(tree: without, after: first)
    let third = Renderer(tree: tree, after: second)
    #expect(try renderAll(third) == before)
    let expected = try work(builds: ["apps/db/prod": 1], sets: ["apps/db/prod": 1])
    #expect(third.work == expected)
  }
}
