import FleetModel
import Manifests
import Rendering
import Testing

@Suite("Hooks of a chart")
struct ChartHooksTests {
  private static func job(_ name: String, _ hook: String) -> String {
    """
    ---
    apiVersion: batch/v1
    kind: Job
    metadata: {name: \(name), annotations: {helm.sh/hook: "\(hook)"}}

    """
  }

  private static let jobs =
    job("migrate", "pre-install,pre-upgrade") + job("warm", "post-install") + job("crd", "crd-install")
    + job("try", "test") + job("clean", "post-delete") + job("stop", "pre-delete, pre-rollback")
    + job("both", "pre-delete,post-install")

  @Test("of an overlay that is a chart: those around an installation or upgrade are part of the app, others are not")
  func overlay() throws {
    let tree = SourceTree(["apps/web/base/Chart.yaml": "name: web"])
    let inflater = ScriptedInflater { _, _ in Self.jobs }
    let app = try Renderer(tree: tree, charts: inflater).render(app: .named("web"), cluster: .named("a"))
    #expect(Set(app.manifests.manifests.map(\.name)) == ["migrate", "warm", "crd", "both"])
  }

  @Test("of an overlay that is a chart, for a moment that nobody knows, are refused")
  func unknown() throws {
    let tree = SourceTree(["apps/web/base/Chart.yaml": "name: web"])
    let inflater = ScriptedInflater { _, _ in Self.job("a", "after-lunch") }
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: tree, charts: inflater).render(app: .named("web"), cluster: .named("a"))
    }
    #expect(error.code == .chartFailed)
    #expect(error.message.contains("after-lunch"))
  }

  @Test("of helmCharts are objects like all others, as kustomize has it")
  func entries() throws {
    let tree = SourceTree(webChart.merging(["kustomization.yaml": "helmCharts: [{name: web}]"]) { $1 })
    let inflater = ScriptedInflater { _, _ in Self.jobs }
    let objects = try Renderer(tree: tree, charts: inflater).build(directory: .root)
    #expect(objects.count == 7)
  }
}
