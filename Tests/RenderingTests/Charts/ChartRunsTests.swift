import Digests
import FleetModel
import Manifests
import Rendering
import Testing

@Suite("How often helm runs")
struct ChartRunsTests {
  private let tree = SourceTree([
    "apps/web/base/kustomization.yaml": "resources: [a.yaml]\nhelmCharts: [{name: web, releaseName: r}]",
    "apps/web/base/a.yaml": configMap("a"), "apps/web/base/charts/web/Chart.yaml": "name: web",
    "apps/web/base/charts/web/values.yaml": "a: 1",
    "apps/web/dev/kustomization.yaml": "resources: [../base]\nnamePrefix: dev-",
    "apps/web/prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-",
    "apps/db/base/kustomization.yaml": "resources: [a.yaml]", "apps/db/base/a.yaml": configMap("db"),
    "apps/job/base/Chart.yaml": "name: job",
  ])
  private let apps = [
    AppDeclaration.named("web", overlays: ["{environment}"]), AppDeclaration.named("db"), AppDeclaration.named("job"),
  ]
  private let clusters = (0..<8).map { ClusterDeclaration.named("c\($0)", environment: $0 < 4 ? "dev" : "prod") }

  @discardableResult
  private func renderAll(
    _ renderer: Renderer, _ clusters: [ClusterDeclaration]? = nil
  ) throws -> [String: String] {
    var digests: [String: String] = [:]
    for cluster in clusters ?? self.clusters {
      for app in apps {
        digests["\(app.name) \(cluster.name)"] = try renderer.render(app: app, cluster: cluster).manifests.digest.hex
      }
    }
    return digests
  }

  @Test("twice for all clusters and overlays that share a chart's inputs")
  func cold() throws {
    let inflater = ScriptedInflater()
    let renderer = Renderer(tree: tree, charts: inflater)
    try renderAll(renderer)
    #expect(inflater.requests.count == 4)
    #expect(renderer.work.charts.values.allSatisfy { $0 == 1 } && renderer.work.charts.count == 2)
    #expect(renderer.work.builds.values.allSatisfy { $0 == 1 } && renderer.work.builds.count == 4)
  }

  @Test(
    "not at all for a commit that has nothing to do with charts, nor one that changes what is done to one's objects")
  func unconcerned() throws {
    let inflater = ScriptedInflater()
    let first = Renderer(tree: tree, charts: inflater)
    let before = try renderAll(first)
    var next = tree
    next["apps/db/base/a.yaml"] = configMap("other")
    next["apps/web/dev/kustomization.yaml"] = "resources: [../base]\nnamePrefix: test-"
    let second = Renderer(tree: next, after: first, charts: inflater)
    let after = try renderAll(second)
    #expect(inflater.requests.count == 4)
    #expect(second.work.charts.isEmpty)
    #expect(second.work.builds.count == 2)
    #expect(before["web c0"] != after["web c0"])
    #expect(before["web c7"] == after["web c7"])
    let third = Renderer(tree: next, after: second, charts: inflater)
    try renderAll(third)
    #expect(third.work == RenderWork())
  }

  @Test(
    "again for a commit that changes a file of the chart, adds one, or changes its values",
    arguments: [
      ("apps/web/base/charts/web/Chart.yaml", "name: web\nversion: 2"),
      ("apps/web/base/charts/web/templates/new.yaml", "x"), ("apps/web/base/charts/web/values.yaml", "a: 2"),
    ])
  func concerned(_ path: String, _ text: String) throws {
    let inflater = ScriptedInflater()
    let first = Renderer(tree: tree, charts: inflater)
    try renderAll(first)
    var next = tree
    next[path] = text
    let second = Renderer(tree: next, after: first, charts: inflater)
    try renderAll(second)
    #expect(inflater.requests.count == 6)
    #expect(second.work.charts.count == 1)
    #expect(second.work.builds.count == 2)
  }

  @Test("not again after a restart with the cache, and again for another version of the program")
  func cache() throws {
    let cache = MemoryRenderCache()
    let inflater = ScriptedInflater()
    let before = try renderAll(Renderer(tree: tree, cache: cache, charts: inflater))
    let restarted = Renderer(tree: tree, cache: cache, charts: inflater)
    #expect(try renderAll(restarted) == before)
    #expect(inflater.requests.count == 4)
    #expect(restarted.work == RenderWork())
    let newer = ScriptedInflater("helm v1") { _ in "y" }
    let after = try renderAll(Renderer(tree: tree, cache: cache, charts: newer))
    #expect(newer.requests.count == 4)
    #expect(after["web c0"] != before["web c0"])
    #expect(after["db c0"] == before["db c0"])
  }

  @Test("for each version of Kubernetes that clusters have, and nothing else is built for each of them")
  func versions() throws {
    let inflater = ScriptedInflater { "\"\($0.kubernetesVersion)\"" }
    var clusters = self.clusters
    for index in clusters.indices {
      clusters[index].kubernetes = .init(version: "1.3\(index % 2)", apiVersions: [])
    }
    let renderer = Renderer(tree: tree, charts: inflater)
    let digests = try renderAll(renderer, clusters)
    #expect(inflater.requests.count == 8)
    #expect(digests["web c0"] == digests["web c2"])
    #expect(digests["web c0"] != digests["web c1"])
    #expect(renderer.work.builds[try #require(TreePath("apps/db/base"))] == 1)
    #expect(renderer.work.builds[try #require(TreePath("apps/web/dev"))] == 2)
  }

  @Test("for nobody any more once a base has no charts: its overlays are shared by all clusters again")
  func removed() throws {
    let inflater = ScriptedInflater()
    var clusters = self.clusters
    for index in clusters.indices {
      clusters[index].kubernetes = .init(version: "1.3\(index % 2)", apiVersions: [])
    }
    let first = Renderer(tree: tree, charts: inflater)
    try renderAll(first, clusters)
    var next = tree
    next["apps/web/base/kustomization.yaml"] = "resources: [a.yaml]"
    let second = Renderer(tree: next, after: first, charts: inflater)
    try renderAll(second, clusters)
    #expect(second.work.builds[try #require(TreePath("apps/web/dev"))] == 1)
    #expect(try second.render(app: apps[0], cluster: clusters[0]).chartProgram.isEmpty)
  }

  @Test("not for a commit that it has no part in, where a cluster's version of Kubernetes changes for others")
  func unchangedApps() throws {
    let inflater = ScriptedInflater()
    let first = Renderer(tree: tree, charts: inflater)
    try renderAll(first)
    var moved = clusters[0]
    moved.kubernetes = .init(version: "1.40", apiVersions: [])
    let second = Renderer(tree: tree, after: first, charts: inflater)
    #expect(
      try second.isUnchanged(app: apps[1], cluster: moved, since: first, app: apps[1], cluster: clusters[0]))
    #expect(
      try !second.isUnchanged(app: apps[0], cluster: moved, since: first, app: apps[0], cluster: clusters[0]))
  }
}
