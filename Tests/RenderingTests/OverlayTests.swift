import FleetModel
import Manifests
import Rendering
import Testing

@Suite("Which overlay a cluster gets")
struct OverlayTests {
  private func overlay(_ overlays: [String], _ files: [String], _ cluster: ClusterDeclaration) throws -> String {
    var tree = SourceTree()
    for file in files {
      tree["apps/web/\(file)/kustomization.yaml"] = "resources: [a.yaml]"
      tree["apps/web/\(file)/a.yaml"] = configMap("a")
    }
    let app = AppDeclaration.named("web", overlays: overlays)
    return try Renderer(tree: tree).render(app: app, cluster: cluster).overlay.description
  }

  @Test("is the first candidate that exists")
  func first() throws {
    let all = ["overlays/fra-1", "overlays/prod", "base"]
    let overlays = ["overlays/{cluster}", "overlays/{environment}", "base"]
    let fra = ClusterDeclaration.named("fra-1", environment: "prod")
    #expect(try overlay(overlays, all, fra) == "apps/web/overlays/fra-1")
    #expect(try overlay(overlays, Array(all.dropFirst()), fra) == "apps/web/overlays/prod")
    #expect(try overlay(overlays, ["base"], fra) == "apps/web/base")
  }

  @Test("may be named by a label, and is passed over where the cluster lacks it")
  func label() throws {
    let overlays = ["overlays/{label:region}", "base"]
    let files = ["overlays/eu", "base"]
    #expect(try overlay(overlays, files, .named("a", labels: ["region": "eu"])) == "apps/web/overlays/eu")
    #expect(try overlay(overlays, files, .named("a", labels: ["region": "us"])) == "apps/web/base")
    #expect(try overlay(overlays, files, .named("a")) == "apps/web/base")
  }

  @Test("an app without any of its overlays is refused, with what was looked for")
  func none() throws {
    let error = try #require(throws: FleetError.self) {
      try overlay(["overlays/{cluster}", "overlays/{environment}"], ["base"], .named("a", environment: "prod"))
    }
    #expect(error.code == .noOverlay)
    #expect(error.message.contains("apps/web/overlays/a, apps/web/overlays/prod"))
    #expect(error.address.app == "web")
    #expect(error.address.cluster == "a")
    #expect(error.address.file == "apps/web/app.yaml")
  }

  @Test("a directory of plain files is rendered in the order of their names, without what is below it")
  func plain() throws {
    let tree = SourceTree([
      "apps/web/base/b.yaml": configMap("b"), "apps/web/base/a.yml": configMap("a"),
      "apps/web/base/c.json": #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}"#,
      "apps/web/base/README.md": "not an object", "apps/web/base/.hidden.yaml": configMap("hidden"),
      "apps/web/base/more/d.yaml": configMap("d"),
    ])
    let app = try Renderer(tree: tree).render(app: .named("web"), cluster: .named("a"))
    #expect(app.manifests.manifests.map(\.name) == ["a", "b", "c"])
  }

  @Test("a directory with nothing to render is refused")
  func empty() throws {
    let tree = SourceTree(["apps/web/base/README.md": "nothing"])
    let error = try #require(throws: FleetError.self) {
      try Renderer(tree: tree).render(app: .named("web"), cluster: .named("a"))
    }
    #expect(error.code == .noOverlay)
  }
}
