import Charts
import FleetModel
import Foundation
import Manifests
import Rendering
import TestSupport
import Testing

@Suite("Examples/charts", .withHelm)
struct ChartsExampleTests {
  private static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Examples/charts").path

  private func objects(_ app: String, _ cluster: String) async throws -> [Value] {
    let tree = FolderTree(Self.folder)
    let repository = FleetRepository.read(from: tree)
    #expect(repository.errors == [])
    let program = try await HelmProgram.path()
    return try await withTemporaryDirectory { folder in
      let renderer = Renderer(tree: tree, charts: try Helm(program: program, workspaces: folder))
      let app = try #require(repository.apps.first { $0.name == app })
      let cluster = try #require(repository.clusters.first { $0.name == cluster })
      let rendered = try renderer.render(app: app, cluster: cluster)
      #expect(rendered.chartProgram.hasPrefix("helm v"))
      return rendered.manifests.manifests.map(\.value)
    }
  }

  @Test("a chart for all environments has the values of each, and in them those of each cluster")
  func shop() async throws {
    let container = ["spec", "template", "spec", "containers"]
    func arguments(_ object: Value?) -> Value? {
      container.reduce(object) { $0?[$1] }?.array?.first?["args"]
    }
    let dev = try await objects("shop", "dev-1")
    #expect(dev.names == ["Namespace shop", "Deployment shop"])
    #expect(arguments(dev.last) == ["--host=shop.dev.charts.example", "--debug"])
    #expect(dev.last?[path: "spec", "replicas"] == 1)
    let prod = try await objects("shop", "prod-2")
    #expect(Set(prod.names) == ["Namespace shop", "Deployment shop", "PodMonitor shop"])
    let deployment = prod.first { $0["kind"] == "Deployment" }
    #expect(arguments(deployment) == ["--host=shop.two.charts.example"])
    #expect(deployment?[path: "spec", "replicas"] == 5)
  }

  @Test("an overlay that is a chart knows the cluster's version of Kubernetes, and leaves its test out")
  func probe() async throws {
    let dev = try await objects("probe", "dev-1")
    #expect(dev.names == ["Namespace probe", "ConfigMap probe-settings"])
    #expect(dev.last?[path: "data", "kubernetes"] == "v1.32")
    #expect(try await objects("probe", "prod-1").last?[path: "data", "kubernetes"] == "v1.33")
  }
}
