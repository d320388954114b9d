import Digests
import FleetModel
import Manifests
import Rendering
import Testing

@Suite("What clusters share")
struct SharedRendersTests {
  private let files = [
    "apps/web/base/kustomization.yaml": "resources: [a.yaml]",
    "apps/web/base/a.yaml": """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
    data: {domain: "${cluster.values.domain}"}
    """,
    "apps/web/overlays/prod/kustomization.yaml": "resources: [../../base]\nnamePrefix: prod-",
  ]
  private let app = AppDeclaration.named("web", overlays: ["overlays/{environment}", "base"], substitute: true)

  @Test("clusters with the same overlay and inputs have the identical set")
  func identical() throws {
    let renderer = Renderer(tree: SourceTree(files))
    let a = try renderer.render(app: app, cluster: .named("a", values: ["domain": "x", "other": 1]))
    let b = try renderer.render(app: app, cluster: .named("b", values: ["domain": "x", "other": 2]))
    let c = try renderer.render(app: app, cluster: .named("c", values: ["domain": "y"]))
    let d = try renderer.render(app: app, cluster: .named("d", environment: "prod", values: ["domain": "x"]))
    #expect(a.manifests.digest == b.manifests.digest)
    #expect(Set([a, c, d].map(\.manifests.digest)).count == 3)
    #expect(a.inputs == ["cluster.values.domain": "x"])
    #expect(d.manifests.manifests.map(\.name) == ["prod-a"])
  }

  @Test("the trace has what was read, and the overlays that were looked for")
  func trace() throws {
    let tree = SourceTree(files)
    let rendered = try Renderer(tree: tree).render(app: app, cluster: .named("a", values: ["domain": "x"]))
    let missing = try #require(TreePath("apps/web/overlays/dev"))
    #expect(rendered.trace.observations[missing]?.kind == .absent)
    #expect(try rendered.trace.holds(on: tree))
    var other = tree
    other["apps/web/overlays/prod/kustomization.yaml"] = "namePrefix: x-"
    #expect(try rendered.trace.holds(on: other))
    other["apps/web/overlays/dev/kustomization.yaml"] = "resources: [../../base]"
    #expect(try !rendered.trace.holds(on: other))
  }

  @Test("a cache gives back what was rendered, and a damaged entry is rendered again")
  func cache() throws {
    let cache = RecordingCache()
    let cluster = ClusterDeclaration.named("a", values: ["domain": "x"])
    let first = try Renderer(tree: SourceTree(files), cache: cache).render(app: app, cluster: cluster)
    let puts = cache.puts
    let second = try Renderer(tree: SourceTree(files), cache: cache).render(app: app, cluster: cluster)
    #expect(second.manifests.digest == first.manifests.digest)
    #expect(cache.puts == puts)
    for damage in [Damage.flipByte, .truncate, .empty] {
      cache.damage(damage)
      let third = try Renderer(tree: SourceTree(files), cache: cache).render(app: app, cluster: cluster)
      #expect(third.manifests.digest == first.manifests.digest)
    }
    #expect(cache.puts > puts)
  }

  @Test("a cache entry of an older tree does not count")
  func staleCache() throws {
    let cache = MemoryRenderCache()
    let cluster = ClusterDeclaration.named("a", values: ["domain": "x"])
    _ = try Renderer(tree: SourceTree(files), cache: cache).render(app: app, cluster: cluster)
    var changed = SourceTree(files)
    changed["apps/web/base/a.yaml"] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}"
    let rendered = try Renderer(tree: changed, cache: cache).render(app: app, cluster: cluster)
    #expect(rendered.manifests.manifests.map(\.name) == ["b"])
  }

  @Test("a cache in memory stays within its bound, and forgets the oldest first")
  func bounded() throws {
    let cache = MemoryRenderCache(bytes: 250)
    let keys = (0..<5).map { Digest(of: "\($0)") }
    for key in keys { cache.put(key, Array(repeating: 1, count: 100)) }
    #expect(keys.map { cache.get($0) != nil } == [false, false, false, true, true])
    cache.put(keys[3], [2])
    #expect(cache.get(keys[3]) == [2])
    #expect(cache.get(keys[4]) != nil)
  }
}
