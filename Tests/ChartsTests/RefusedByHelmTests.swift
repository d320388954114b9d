import Manifests
import Rendering
import TestSupport
import Testing

@Suite("What the real helm does not render, or not twice the same", .withHelm)
struct RefusedByHelmTests {
  private func refusal(_ chart: [String: String], _ code: FleetError.Code) async throws -> FleetError {
    let files = below("charts/web", ["Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"].merging(chart) { $1 })
      .merging(["kustomization.yaml": "helmCharts:\n- name: web\n  releaseName: r\n"]) { $1 }
    let error = try await #require(throws: FleetError.self) { try await build(files) }
    #expect(error.code == code, "\(error)")
    return error
  }

  private static func map(_ data: String) -> String {
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  some: text\n  text: \(data)\n"
  }

  @Test(
    "random values and the time",
    arguments: [
      "{{ randAlphaNum 16 }}", "{{ uuidv4 }}", "{{ now | date \"2006-01-02\" | quote }}",
      "{{ genPrivateKey \"ed25519\" | b64enc }}",
    ])
  func unstable(_ template: String) async throws {
    let error = try await refusal(["templates/m.yaml": Self.map(template)], .chartUnstable)
    #expect(error.address.file == "charts/web/templates/m.yaml")
    #expect(error.address.object?.contains("ConfigMap") == true)
    #expect(error.address.field == "/data/text")
  }

  @Test("a dependency that is not kept with the chart, by its name")
  func dependency() async throws {
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.x, repository: "
    for repository in ["https://charts.example.com", "file://../db"] {
      let error = try await refusal(["Chart.yaml": "\(chart)'\(repository)'}]\n"], .chartFailed)
      #expect(error.cause.contains("db"))
      #expect(error.nextStep.contains("helm dependency build"))
      #expect(error.address.file == "kustomization.yaml")
      #expect(error.address.line == 2)
    }
  }

  @Test("a template that asks for a value that must be given, with helm's words")
  func required() async throws {
    let error = try await refusal(
      ["templates/m.yaml": Self.map("{{ required \"a host is needed\" .Values.host }}")], .chartFailed)
    #expect(error.cause.contains("a host is needed"))
    #expect(!error.cause.contains("flotilla-chart-"))
  }

  @Test("a chart for other versions of Kubernetes")
  func otherKubernetes() async throws {
    let chart = "apiVersion: v2\nname: web\nversion: 1.0.0\nkubeVersion: \"<1.10\"\n"
    #expect(try await refusal(["Chart.yaml": chart], .chartFailed).cause.contains("kubeVersion"))
  }

  @Test("nothing of a cluster or the host can be looked up, and dependencies that are kept are rendered")
  func lookups() async throws {
    let files = below(
      "charts/web",
      [
        "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: db, version: 1.x.x}]\n",
        "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.2.3\n",
        "charts/db/templates/m.yaml": Self.map("{{ lookup \"v1\" \"Secret\" \"a\" \"b\" | toJson | quote }}"),
        "templates/h.yaml":
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h}\ndata:\n  host: {{ getHostByName \"localhost\" | quote }}\n",
      ]
    ).merging(["kustomization.yaml": "helmCharts: [{name: web, releaseName: r}]\n"]) { $1 }
    let objects = try await build(files)
    #expect(objects.first { $0[path: "metadata", "name"] == "m" }?[path: "data", "text"] == "{}")
    #expect(objects.first { $0[path: "metadata", "name"] == "h" }?[path: "data", "host"] == "")
  }
}
