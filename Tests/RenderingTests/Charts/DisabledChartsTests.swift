import FleetModel
import Manifests
import Rendering
import Testing

@Suite("Charts, where nobody has enabled them, are refused with how to")
struct DisabledChartsTests {
  private func refusal(_ files: [String: String]) throws -> FleetError {
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: SourceTree(files)).render(app: .named("web"), cluster: .named("a"))
    }
    #expect(error.code == .chartsDisabled)
    #expect(error.nextStep.contains("--enable-helm"))
    #expect(error.nextStep.contains("--helm"))
    return error
  }

  @Test("an overlay that is a chart")
  func overlay() throws {
    let error = try refusal([
      "apps/web/base/Chart.yaml": "name: web", "apps/web/base/templates/a.yaml": "{{ x }}",
    ])
    #expect(error.address.file == "apps/web/base/Chart.yaml")
    #expect(error.address.app == "web")
  }

  @Test("an entry of helmCharts, in the overlay or below it")
  func entry() throws {
    let error = try refusal([
      "apps/web/base/kustomization.yaml": "resources: [../shared]",
      "apps/web/shared/kustomization.yaml": "namePrefix: x-\nhelmCharts:\n- name: web\n",
      "apps/web/shared/charts/web/Chart.yaml": "name: web",
    ])
    #expect(error.address.file == "apps/web/shared/kustomization.yaml")
    #expect(error.address.line == 3)
    #expect(error.address.field == "helmCharts[0]")
  }

  @Test("a generator of charts")
  func plugin() throws {
    let error = try refusal([
      "apps/web/base/kustomization.yaml": "generators: [c.yaml]",
      "apps/web/base/c.yaml":
        "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: c}\nname: web",
    ])
    #expect(error.address.file == "apps/web/base/c.yaml")
  }
}
