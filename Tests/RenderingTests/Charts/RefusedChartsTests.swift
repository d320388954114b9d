import FleetModel
import Manifests
import Rendering
import Testing

@Suite("What a chart may not be is refused with its place")
struct RefusedChartsTests {
  private func refusal(
    _ kustomization: String, _ more: [String: String] = [:], _ code: FleetError.Code
  ) throws -> FleetError {
    let inflater = ScriptedInflater()
    let files = webChart.merging(["kustomization.yaml": kustomization]) { $1 }.merging(more) { $1 }
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: SourceTree(files), charts: inflater).build(directory: .root)
    }
    #expect(error.code == code)
    #expect(inflater.requests.isEmpty)
    return error
  }

  @Test("a chart that would have to be fetched")
  func remote() throws {
    let error = try refusal(
      "helmCharts:\n- name: db\n  version: 1.2.3\n  repo: https://charts.example.com\n", [:], .notSupportedYet)
    #expect(error.address.line == 4)
    #expect(error.address.field == "helmCharts[0].repo")
    #expect(error.nextStep.contains("charts/db-1.2.3/db"))
  }

  @Test("a chart that is not there, or no chart")
  func missing() throws {
    #expect(try refusal("helmCharts: [{name: db}]", [:], .missingFile).message.contains("charts/db"))
    let error = try refusal("helmCharts: [{name: db}]", ["charts/db/values.yaml": "a: 1"], .missingFile)
    #expect(error.message.contains("Chart.yaml"))
    #expect(try refusal("helmCharts: [{name: ../..}]", [:], .outsideRoot).address.field == "helmCharts[0].name")
  }

  @Test(
    "fields that mean nothing here",
    arguments: [
      ("helmCharts: [{name: web}]\nhelmGlobals: {configHome: /etc/helm}", "helmGlobals.configHome"),
      ("helmChartInflationGenerator: [{chartName: web}]", "helmChartInflationGenerator"),
    ])
  func fields(_ text: String, _ field: String) throws {
    let error = try refusal(text, [:], .notSupportedYet)
    #expect(error.address.field == field)
    #expect(!error.nextStep.isEmpty)
  }

  @Test("a field that is misspelt")
  func unknown() throws {
    #expect(try "\(refusal("helmCharts: [{name: web, valueFile: v}]", [:], .unknownField))".contains("valuesFile"))
  }

  @Test("a file of values outside the kustomization's directory, or on the network")
  func values() throws {
    let elsewhere = ["a/kustomization.yaml": "helmCharts: [{name: web, valuesFile: ../v.yaml}]", "v.yaml": "a: 1"]
    _ = try refusal(
      "resources: [a]",
      elsewhere.merging(["a/charts/web/Chart.yaml": "name: web"]) { $1 }, .outsideRoot)
    _ = try refusal("helmCharts: [{name: web, valuesFile: 'https://example.com/v.yaml'}]", [:], .notSupportedYet)
  }

  @Test("a schema of values that names another one on the network")
  func schema() throws {
    let schema = #"{"properties": {"a": {"$ref": "https://example.com/a.json"}}}"#
    let error = try refusal(
      "helmCharts: [{name: web}]", ["charts/web/values.schema.json": schema], .notSupportedYet)
    #expect(error.address.file == "charts/web/values.schema.json")
  }

  @Test("a file of a chart that is kept in Git LFS, and a submodule in it")
  func pointers() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"
    _ = try refusal("helmCharts: [{name: web}]", ["charts/web/charts/db.tgz": pointer], .notSupportedYet)
    var tree = SourceTree(webChart)
    tree["kustomization.yaml"] = "helmCharts: [{name: web}]"
    tree.set("charts/web/charts/db", .submodule)
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: tree, charts: ScriptedInflater()).build(directory: .root)
    }
    #expect(error.message.contains("submodule"))
  }

  @Test("links that lead round in circles")
  func circle() throws {
    var tree = SourceTree(webChart)
    tree["kustomization.yaml"] = "helmCharts: [{name: web}]"
    tree.set("charts/web/again", .link("."))
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: tree, charts: ScriptedInflater()).build(directory: .root)
    }
    #expect(error.code == .limitExceeded)
  }
}
