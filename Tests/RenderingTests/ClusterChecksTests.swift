import FleetModel
import Manifests
import Rendering
import TestSupport
import Testing

@Suite("The checks of whole clusters")
struct ClusterChecksTests {
  private typealias Finding = ClusterChecks.Finding

  private let clusters = (1...4).map { ClusterDeclaration.named("c\($0)", environment: $0 == 4 ? "prod" : "dev") }
  private let outlines = ObjectOutlines()
  private let checks: ClusterChecks

  init() { checks = ClusterChecks(outlines) }

  private func object(_ kind: String, _ name: String, _ namespace: String? = nil) -> String {
    let place = namespace.map { ", namespace: \($0)" } ?? ""
    return "{apiVersion: v1, kind: \(kind), metadata: {name: \(name)\(place)}}\n"
  }

  private func findings(
    _ files: [String: String], _ apps: [AppDeclaration], namespaces: FleetDeclaration.Namespaces = .init()
  ) async throws -> [Finding] {
    let renderer = Renderer(tree: SourceTree(files))
    let list = ClusterList.of(clusters)
    var renders: [AppRenders<ObjectOutline>] = []
    for app in apps {
      renders.append(try await renderer.renders(of: app, on: list) { [outlines] in outlines.outline(of: $0) })
    }
    return checks.findings(in: renders, namespaces: namespaces, outline: { $0 })
  }

  private func app(_ name: String) -> AppDeclaration { .named(name, overlays: ["{environment}", "base"]) }

  @Test("an object that two apps claim is found once, with all the clusters where both do")
  func claimedTwice() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "shared", "default"),
      "apps/one/prod/a.yaml": object("ConfigMap", "own", "default"),
      "apps/two/base/a.yaml": object("ConfigMap", "shared", "default") + "---\n" + object("ConfigMap", "b", "default"),
    ]
    let found = try await findings(files, [app("one"), app("two")])
    let object = ObjectID(group: "", kind: "ConfigMap", namespace: "default", name: "shared")
    #expect(
      found == [Finding(kind: .claimedTwice(by: "two"), app: "one", object: object, clusters: ["c1", "c2", "c3"])])
  }

  @Test("a claim without a namespace is one in default, and one of a kind without namespaces is one without")
  func identities() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "shared", "default") + "---\n" + object("Namespace", "n", "odd"),
      "apps/two/base/a.yaml": object("ConfigMap", "shared") + "---\n" + object("Namespace", "n"),
    ]
    let found = try await findings(files, [app("one"), app("two")])
    #expect(found.map(\.object.name).sorted() == ["n", "shared"])
    #expect(found.allSatisfy { $0.kind == .claimedTwice(by: "two") })
  }

  @Test("a namespace that no app declares on the cluster is found, once for an app")
  func undeclared() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "a", "shop") + "---\n" + object("ConfigMap", "b", "shop"),
      "apps/two/prod/a.yaml": object("Namespace", "shop"),
      "apps/two/base/a.yaml": object("Secret", "c"),
    ]
    let found = try await findings(files, [app("one"), app("two")])
    let object = ObjectID(group: "", kind: "ConfigMap", namespace: "shop", name: "a")
    #expect(found == [Finding(kind: .undeclaredNamespace, app: "one", object: object, clusters: ["c1", "c2", "c3"])])
  }

  @Test("a namespace that others make, and one of Kubernetes' own, is none that is missing")
  func existing() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "a", "shop") + "---\n" + object("ConfigMap", "b", "kube-system")
    ]
    let apps = [app("one")]
    #expect(try await findings(files, apps, namespaces: .init(existing: ["shop"])) == [])
    #expect(try await findings(files, apps, namespaces: .init(undeclared: .ignore)) == [])
    #expect(try await findings(files, apps, namespaces: .init(undeclared: .refuse)).count == 1)
  }

  @Test("nothing is said of namespaces where an app does not render, for it may be the one that has them")
  func unknown() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "a", "shop"),
      "apps/two/base/a.yaml": object("Namespace", "shop"), "apps/two/prod/a.yaml": "kind: [",
    ]
    #expect(try await findings(files, [app("one"), app("two")]) == [])
  }

  @Test("checks after other commits find what checks from scratch find", arguments: 0..<20)
  func incremental(run: Int) async throws {
    var random = Randomness("checks of clusters, run \(run)")
    var files: [String: String] = [:]
    let apps = [app("one"), app("two"), app("three")]
    for _ in 0..<12 {
      let path = "apps/\(["one", "two", "three"].randomElement(using: &random) ?? "one")/"
      let overlay = ["base", "prod"].randomElement(using: &random) ?? "base"
      files["\(path)base/a.yaml"] = files["\(path)base/a.yaml"] ?? object("ConfigMap", "x")
      let kind = ["ConfigMap", "Namespace"].randomElement(using: &random) ?? "ConfigMap"
      let name = ["shop", "b"].randomElement(using: &random) ?? "b"
      files["\(path)\(overlay)/a.yaml"] = object(
        kind, name, [nil, "shop", "default"].randomElement(using: &random) ?? nil)
      let there = apps.filter { files["apps/\($0.name)/base/a.yaml"] != nil }
      let found = try await findings(files, there)
      #expect(try await found == ClusterChecksTests().findings(files, there))
    }
  }

  @Test("the error of a claim names both apps with their files, and how many clusters more have it")
  func errors() async throws {
    let files = [
      "apps/one/base/a.yaml": object("ConfigMap", "shared"), "apps/two/base/b.yaml": object("ConfigMap", "shared"),
    ]
    let apps = [app("one"), app("two")]
    let finding = try #require(try await findings(files, apps).first)
    let errors = Renderer(tree: SourceTree(files)).errors(of: finding, apps: apps, clusters: clusters)
    #expect(errors.map(\.app) == ["one", "two"])
    #expect(errors.map(\.error.address.file) == ["apps/one/base/a.yaml", "apps/two/base/b.yaml"])
    #expect(errors.first?.error.message == "the apps one and two both claim ConfigMap shared")
    #expect(errors.first?.error.cause == "two has it from apps/two/base/b.yaml, on 3 other clusters too")
  }
}
