import FleetModel
import Manifests
import Rendering
import Testing

@Suite("A cluster's values in charts")
struct ChartPlaceholdersTests {
  private func render(
    _ values: String, _ cluster: ClusterDeclaration, substitute: Bool = true,
    output: @escaping @Sendable (ChartRequest) -> String
  ) throws -> Value? {
    let tree = SourceTree([
      "apps/web/base/kustomization.yaml": "helmCharts: [{name: web, valuesFile: v.yaml}]",
      "apps/web/base/v.yaml": values, "apps/web/base/charts/web/Chart.yaml": "name: web",
    ])
    let app = AppDeclaration.named("web", substitute: substitute)
    let renderer = Renderer(tree: tree, charts: ScriptedInflater(data: output))
    return try renderer.render(app: app, cluster: cluster).manifests.manifests.first?.value[path: "data", "text"]
  }

  private let cluster = ClusterDeclaration.named("a", values: ["domain": "a.example", "replicas": 3])

  @Test("are put into what helm has made of the placeholders, with their kinds")
  func substituted() throws {
    let values = "replicas: ${cluster.values.replicas}"
    #expect(try render(values, cluster) { _ in "${cluster.values.replicas}" } == 3)
    #expect(try render("x: '${cluster.name}'", cluster) { _ in "\"on ${cluster.name}\"" } == "on a")
  }

  @Test("that a chart has used up otherwise are refused with their names")
  func lost() throws {
    let error = try #require(throws: FleetError.self) {
      try render("domain: '${cluster.values.domain}'", cluster) { _ in "JHtjbHVzdGVy" }
    }
    #expect(error.code == .invalidPlaceholder)
    #expect(error.message.contains("cluster.values.domain"))
  }

  @Test("mean nothing in comments, and to apps that do not substitute")
  func meaningless() throws {
    #expect(try render("# ${cluster.values.domain}\na: 1", cluster) { _ in "x" } == "x")
    #expect(try render("a: ${cluster.values.domain}", cluster, substitute: false) { _ in "x" } == "x")
  }
}
