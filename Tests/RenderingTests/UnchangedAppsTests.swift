import FleetModel
import Manifests
import Rendering
import Testing

@Suite("An app that is what it was need not be rendered to say so")
struct UnchangedAppsTests {
  private let files = [
    "apps/web/base/settings.yaml": configMap("s") + "data: {size: \"${cluster.values.size}\"}\n",
    "apps/web/base/kustomization.yaml": "resources: [settings.yaml]\n",
    "apps/db/base/settings.yaml": configMap("d"),
  ]

  private func cluster(size: Int64, other: Int64 = 0) -> ClusterDeclaration {
    .named("a", values: ["size": .integer(size), "other": .integer(other)])
  }

  private func isUnchanged(
    _ changed: [String: String] = [:], _ now: ClusterDeclaration, namespace: String = ""
  ) throws -> Bool {
    let app = AppDeclaration.named("web", substitute: true)
    let before = Renderer(tree: SourceTree(files))
    try before.prepare(app: app, cluster: cluster(size: 1))
    let after = Renderer(tree: SourceTree(files.merging(changed) { $1 }), after: before)
    return try after.isUnchanged(
      app: .named("web", substitute: true, namespace: namespace), cluster: now, since: before, app: app,
      cluster: cluster(size: 1))
  }

  @Test("nothing that it reads changed")
  func same() throws {
    #expect(try isUnchanged([:], cluster(size: 1)))
    #expect(try isUnchanged(["apps/db/base/settings.yaml": configMap("e")], cluster(size: 1)))
    // A value that nothing names.
    #expect(try isUnchanged([:], cluster(size: 1, other: 2)))
  }

  @Test("a file, a value that it names, its namespace")
  func different() throws {
    #expect(try !isUnchanged(["apps/web/base/settings.yaml": configMap("t")], cluster(size: 1)))
    #expect(try !isUnchanged([:], cluster(size: 2)))
    #expect(try !isUnchanged([:], cluster(size: 1), namespace: "other"))
  }

  @Test("what does not render is an error that names app and cluster")
  func broken() throws {
    let error = #expect(throws: FleetError.self) {
      try isUnchanged(["apps/web/base/kustomization.yaml": "resources: [gone.yaml]\n"], cluster(size: 1))
    }
    #expect(error?.address.app == "web" && error?.address.cluster == "a")
  }
}
