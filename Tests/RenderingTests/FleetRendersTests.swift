import Digests
import FleetModel
import Manifests
import Rendering
import Synchronization
import TestSupport
import Testing

@Suite("An app rendered for all its clusters at once")
struct FleetRendersTests {
  private static let files = [
    "apps/web/base/kustomization.yaml": "resources: [a.yaml]",
    "apps/web/base/a.yaml": """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: web}
    data: {domain: "${cluster.values.domain}"}
    """,
    "apps/web/dev/kustomization.yaml": "resources: [../base]\nnamePrefix: dev-",
    "apps/web/prod/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-",
    "apps/web/prod-north/kustomization.yaml": "resources: [../prod]\ncommonAnnotations: {where: north}",
  ]

  private let app = AppDeclaration.named(
    "web", overlays: ["{environment}-{label:region}", "{environment}"], substitute: true)

  private static func cluster(_ index: Int, domain: String? = nil) -> ClusterDeclaration {
    .named(
      "c\(index)", environment: index.isMultiple(of: 2) ? "dev" : "prod",
      labels: ["region": index % 4 < 2 ? "north" : "south"],
      values: ["domain": .string(domain ?? "d\(index % 8)")])
  }

  private let clusters = (0..<16).map { cluster($0) }

  /// The digests by cluster, and the errors.
  private func texts(_ renders: AppRenders<Digest>) -> [String: String] {
    var texts: [String: String] = [:]
    for place in renders.places {
      let name = renders.clusters.clusters[place.cluster].name
      texts[name] = place.summary.map { renders.summaries[$0].hex } ?? place.error.map { "\($0)" }
    }
    return texts
  }

  /// The same, one cluster after the other.
  private func texts(_ tree: SourceTree, _ clusters: [ClusterDeclaration]) -> [String: String] {
    let renderer = Renderer(tree: tree)
    var texts: [String: String] = [:]
    for cluster in clusters where app.targets(cluster) {
      do { texts[cluster.name] = try renderer.render(app: app, cluster: cluster).manifests.digest.hex } catch {
        texts[cluster.name] = "\(error)"
      }
    }
    return texts
  }

  @Test("comes to what each cluster comes to by itself, errors too")
  func same() async throws {
    let tree = SourceTree(Self.files)
    var clusters = clusters
    clusters[3].values = Object()
    clusters[5].environment = "test"
    let renderer = Renderer(tree: tree)
    let renders = try await renderer.renders(of: app, on: .of(clusters)) { $0.digest }
    #expect(texts(renders) == texts(tree, clusters))
    #expect(renders.hasErrors)
    #expect(renders.places.count { $0.error != nil } == 2)
  }

  @Test("a set is made once for all clusters with the same overlay and values")
  func shared() async throws {
    let renderer = Renderer(tree: SourceTree(Self.files))
    let calls = Mutex(0)
    let renders = try await renderer.renders(of: app, on: .of(clusters)) { set in
      calls.withLock { $0 += 1 }
      return set.digest
    }
    #expect(renders.places.count == 16)
    #expect(renders.summaries.count == 8)
    #expect(calls.withLock { $0 } == 8)
  }

  @Test("after a commit that concerns nothing of it nothing is done, and what is moved is done again")
  func incremental() async throws {
    var tree = SourceTree(Self.files)
    let list = ClusterList.of(clusters)
    let first = Renderer(tree: ContentNamedTree(tree))
    let before = try await first.renders(of: app, on: list) { $0.digest }
    tree["README.md"] = "new"
    let second = Renderer(tree: ContentNamedTree(tree), after: first)
    let same = try await second.renders(of: app, on: .of(clusters, after: list), after: before) { $0.digest }
    #expect(second.work == RenderWork())
    #expect(texts(same) == texts(before))

    tree["apps/web/dev/kustomization.yaml"] = "resources: [../base]\nnamePrefix: development-"
    let third = Renderer(tree: ContentNamedTree(tree), after: second)
    let moved = try await third.renders(of: app, on: list, after: same) { $0.digest }
    let dev = try #require(TreePath("apps/web/dev"))
    #expect(third.work == RenderWork(builds: [dev: 1], sets: [dev: 4]))
    #expect(texts(moved) == texts(tree, clusters))
  }

  @Test("another value of one cluster makes one set, and a cluster that came or went touches no other")
  func clustersMove() async throws {
    let tree = SourceTree(Self.files)
    let list = ClusterList.of(clusters)
    let first = Renderer(tree: tree)
    let before = try await first.renders(of: app, on: list) { $0.digest }
    var changed = clusters
    changed[2] = Self.cluster(2, domain: "elsewhere")
    changed.remove(at: 5)
    changed.append(Self.cluster(20, domain: "new"))
    let second = Renderer(tree: tree, after: first)
    let after = try await second.renders(of: app, on: .of(changed, after: list), after: before) { $0.digest }
    #expect(second.work.sets.values.reduce(0, +) == 2)
    #expect(texts(after) == texts(tree, changed))
  }

  @Test("any sequence of commits comes to what a render from scratch comes to")
  func randomCommits() async throws {
    var random = Randomness("fleet renders")
    var tree = SourceTree(Self.files)
    var clusters = clusters
    var renderer: Renderer?
    var list: ClusterList?
    var renders: AppRenders<Digest>?
    for round in 0..<60 {
      switch Int.random(in: 0..<8, using: &random) {
      case 0: tree["apps/web/base/a.yaml"] = Self.files["apps/web/base/a.yaml"].map { $0 + "\n# \(round)" }
      case 1: tree["apps/web/dev/kustomization.yaml"] = "resources: [../base]\nnamePrefix: dev\(round)-"
      case 2: tree.set("apps/web/prod-north/kustomization.yaml", nil)
      case 3: tree["apps/web/prod-north/kustomization.yaml"] = "resources: [../prod]\nnameSuffix: -n"
      case 4: tree["apps/web/dev-south/a.yaml"] = configMap("plain\(round % 3)")
      case 5: tree["apps/web/prod/kustomization.yaml"] = ["resources: [../base]", "resources: [gone]"][round % 2]
      case 6:
        let index = Int.random(in: clusters.indices, using: &random)
        clusters[index] = Self.cluster(index, domain: "r\(round)")
      default: tree["apps/other/README.md"] = "\(round)"
      }
      // Now and then a commit is not rendered at all, or in part, as when a newer one comes.
      let next = Renderer(tree: ContentNamedTree(tree), after: renderer)
      renderer = next
      if round % 5 == 3 { continue }
      let newList = ClusterList.of(clusters, after: list)
      let made = try await next.renders(of: app, on: newList, after: renders) { $0.digest }
      #expect(texts(made) == texts(tree, clusters), "round \(round)")
      (list, renders) = (newList, made)
    }
  }

  @Test("a cancelled task is told so, and leaves no error behind")
  func cancelled() async throws {
    let tree = SourceTree(Self.files)
    let renderer = Renderer(tree: tree)
    let (app, clusters) = (app, clusters)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await renderer.renders(of: app, on: .of(clusters)) { $0.digest }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    let renders = try await renderer.renders(of: app, on: .of(clusters)) { $0.digest }
    #expect(texts(renders) == texts(tree, clusters))
  }
}
