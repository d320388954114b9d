import FleetModel
import Manifests
import Rendering
import Testing

@Suite("What helm is asked for an entry of helmCharts")
struct ChartRequestTests {
  private func request(_ entry: String, _ more: [String: String] = [:]) throws -> ChartRequest {
    let inflater = ScriptedInflater()
    let files = webChart.merging(["kustomization.yaml": "helmCharts:\n- {\(entry)}\n"]) { $1 }.merging(more) { $1 }
    let renderer = Renderer(tree: SourceTree(files), charts: inflater)
    let objects = try renderer.build(
      directory: .root, kubernetes: .init(version: "1.30", apiVersions: ["a/v1", "b/v1"]))
    #expect(objects.count == 1)
    return try #require(inflater.requests.first)
  }

  @Test("every field reaches it")
  func fields() throws {
    let request = try request(
      """
      name: web, releaseName: rel, namespace: shop, nameTemplate: t, includeCRDs: true, skipHooks: true,
      skipTests: true, apiVersions: [b/v1, c/v1], kubeVersion: "1.31", debug: true, devel: true, version: 9.9.9
      """)
    #expect(request.releaseName == "rel")
    #expect(request.namespace == "shop")
    #expect(request.nameTemplate == "t")
    #expect(request.includesCRDs && request.skipsHooks && request.skipsTests)
    #expect(request.kubernetesVersion == "1.31")
    #expect(request.apiVersions == ["b/v1", "c/v1", "a/v1"])
    #expect(request.files.map(\.path.description) == ["Chart.yaml", "templates/a.yaml", "values.yaml"])
  }

  @Test("without them it has the cluster's version of Kubernetes, and nothing else")
  func standard() throws {
    let request = try request("name: web")
    #expect(request.releaseName.isEmpty && request.namespace.isEmpty)
    #expect(request.kubernetesVersion == "1.30")
    #expect(request.apiVersions == ["a/v1", "b/v1"])
    #expect(!request.includesCRDs && !request.skipsHooks && !request.skipsTests)
  }

  @Test("the chart's own values are given like a file of values")
  func ownValues() throws {
    #expect(try request("name: web").valueTexts == ["a: 1\nb: {c: 2, d: [x]}\n"])
  }

  @Test("a file of values stands in their place, more files come after it")
  func files() throws {
    let request = try request(
      "name: web, valuesFile: v.yaml, additionalValuesFiles: [w.yaml]", ["v.yaml": "a: 3", "w.yaml": "a: 4"])
    #expect(request.valueTexts == ["a: 3", "a: 4"])
  }

  @Test(
    "inline values come over, under, or in the place of those of the file",
    arguments: [
      ("", #"{"a":5,"b":{"c":2,"d":["z"],"e":6}}"#),
      (", valuesMerge: override", #"{"a":5,"b":{"c":2,"d":["z"],"e":6}}"#),
      (", valuesMerge: merge", #"{"a":1,"b":{"c":2,"d":["x"],"e":6}}"#),
      (", valuesMerge: replace", #"{"a":5,"b":{"d":["z"],"e":6}}"#),
    ])
  func inline(_ merge: String, _ values: String) throws {
    let request = try request("name: web, valuesInline: {a: 5, b: {d: [z], e: 6}}\(merge)")
    #expect(request.valueTexts == [values])
  }

  @Test("a chart may lie anywhere in the repository, its directory named from the kustomization's")
  func chartHome() throws {
    let inflater = ScriptedInflater()
    let files = [
      "overlay/kustomization.yaml": "helmGlobals: {chartHome: ../elsewhere}\nhelmCharts: [{name: web}]",
      "elsewhere/web/Chart.yaml": "name: web", "elsewhere/web/values.yaml": "a: 1",
    ]
    _ = try Renderer(tree: SourceTree(files), charts: inflater).build(directory: try #require(TreePath("overlay")))
    #expect(inflater.requests.first?.valueTexts == ["a: 1"])
  }

  @Test("a chart that kustomize has fetched is used where kustomize has put it")
  func fetched() throws {
    let request = try request(
      "name: db, version: 1.2.3, repo: https://charts.example.com",
      ["charts/db-1.2.3/db/Chart.yaml": "name: db"])
    #expect(request.directory.description == "charts/db-1.2.3/db")
    #expect(request.values.isEmpty)
  }

  @Test("links in a chart are what they lead to")
  func links() throws {
    let inflater = ScriptedInflater()
    var tree = SourceTree(webChart)
    tree["kustomization.yaml"] = "helmCharts: [{name: web}]"
    tree["shared/b.yaml"] = "shared"
    tree.set("charts/web/more", .link("../../shared"))
    _ = try Renderer(tree: tree, charts: inflater).build(directory: .root)
    let files = try #require(inflater.requests.first?.files)
    #expect(files.map(\.path.description).contains("more/b.yaml"))
  }

  @Test("an overlay that is a chart is a release of the app: its name, its namespace, with the CRDs")
  func overlay() throws {
    let inflater = ScriptedInflater()
    let tree = SourceTree(["apps/web/base/Chart.yaml": "name: x", "apps/web/base/crds/c.yaml": "crd"])
    var cluster = ClusterDeclaration.named("a")
    cluster.kubernetes = .init(version: "1.29", apiVersions: ["c/v1"])
    let app = try Renderer(tree: tree, charts: inflater).render(app: .named("web", namespace: "shop"), cluster: cluster)
    let request = try #require(inflater.requests.first)
    #expect(request.releaseName == "web")
    #expect(request.namespace == "shop")
    #expect(request.includesCRDs)
    #expect(request.kubernetesVersion == "1.29")
    #expect(request.apiVersions == ["c/v1"])
    #expect(request.values.isEmpty)
    #expect(app.chartProgram == "helm v0")
    #expect(app.manifests.manifests.first?.namespace == "shop")
    #expect(app.manifests.manifests.first?.address.file == "apps/web/base/templates/a.yaml")
  }
}
