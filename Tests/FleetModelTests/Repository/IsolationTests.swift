import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("What an error takes with it")
struct IsolationTests {
  private func everything(_ change: (inout MemoryTree) -> Void) throws -> FleetRepository {
    var tree = try Fixture("valid", "everything").tree()
    change(&tree)
    return FleetRepository.read(from: tree)
  }

  @Test("a broken app takes only itself, also when others depend on it")
  func brokenApp() throws {
    let repository = try everything { $0["workloads/cert-manager/app.yaml"] = .file(Array("kind: [".utf8)) }
    #expect(repository.apps.map(\.name) == ["checkout", "ingress"])
    #expect(repository.brokenApps == ["cert-manager"])
    #expect(repository.brokenFiles == [try #require(TreePath("workloads/cert-manager/app.yaml"))])
    #expect(Set(repository.errors.map(\.address.app)) == ["cert-manager"])
    #expect(repository.clusters.count == 3)
    #expect(repository.fleet != nil)
  }

  @Test("a broken cluster takes only itself")
  func brokenCluster() throws {
    let repository = try everything { $0["fleet/clusters/eu/prod-2.yaml"] = .file([]) }
    #expect(repository.clusters.map(\.name) == ["dev-1", "prod-1"])
    #expect(repository.brokenClusters == ["prod-2"])
    #expect(repository.errors.map(\.address.cluster) == ["prod-2"])
    #expect(repository.apps.count == 3)
  }

  @Test("a cluster's file that was renamed by mistake breaks both names, so that neither looks removed")
  func renamedFile() throws {
    let repository = try everything { tree in
      tree["fleet/clusters/dev-9.yaml"] = tree["fleet/clusters/dev-1.yaml"]
      tree["fleet/clusters/dev-1.yaml"] = nil
    }
    #expect(repository.brokenClusters == ["dev-1", "dev-9"])
    let copied = try everything { $0["fleet/clusters/dev-9.yaml"] = $0["fleet/clusters/dev-1.yaml"] }
    #expect(copied.brokenClusters == ["dev-9"])
    #expect(copied.clusters.map(\.name).contains("dev-1"))
  }

  @Test("a broken fleet.yaml leaves nothing known, and the errors of all other files show all the same")
  func brokenFleet() throws {
    let repository = try everything { tree in
      tree["fleet/clusters/dev-1.yaml"] = .file(Array("kind: Cluster\n".utf8))
      let text = try? tree.read(TreePath("fleet.yaml") ?? .root)
      tree["fleet.yaml"] = .file((text ?? []) + Array("  surprise: 1\n".utf8))
    }
    #expect(repository.fleet == nil)
    #expect(repository.clusters.isEmpty && repository.apps.isEmpty)
    #expect(repository.brokenClusters == ["dev-1"])
    #expect(Set(repository.errors.map(\.address.file)) == ["fleet.yaml", "fleet/clusters/dev-1.yaml"])
    #expect(repository.brokenFiles.count == 2)
  }

  @Test("a directory or file that cannot be read leaves the fleet unknown, or breaks that file alone")
  func unreadable() throws {
    let directory = try everything { tree in
      for file in tree.files where file.hasPrefix("workloads") { tree[file] = nil }
    }
    #expect(directory.fleet == nil)
    #expect(directory.errors.map(\.address.field) == ["spec.layout.apps"])
    let file = try everything { $0["workloads/ingress/app.yaml"] = .unreadable }
    #expect(file.brokenApps == ["ingress"])
    #expect(file.errors.map(\.address.app) == ["ingress"])
    let fleet = try everything { $0["fleet.yaml"] = .unreadable }
    #expect(fleet.fleet == nil)
    #expect(fleet.errors.first?.address.file == "fleet.yaml")
    let link = try everything { $0["fleet.yaml"] = .link("other.yaml") }
    #expect(link.fleet == nil)
    #expect(link.errors.first?.message == "a symbolic link where a file should stand")
  }

  @Test("a submodule or a symbolic link where a declaration may be is an error, not an absence")
  func linksAndSubmodules() throws {
    let repository = try everything { tree in
      tree["fleet/clusters/us"] = .submodule
      tree["workloads/team"] = .link("../elsewhere")
      tree["workloads/ingress/app.yaml"] = .link("../cert-manager/app.yaml")
    }
    #expect(repository.brokenClusters == ["us"])
    #expect(repository.brokenApps == ["team", "ingress"])
    #expect(repository.errors.count == 3)
    #expect(repository.apps.map(\.name) == ["cert-manager", "checkout"])
  }

  @Test("directories whose names are equal to Swift and differ in their bytes are two")
  func canonicalEquivalence() throws {
    let repository = try everything { tree in
      for name in ["caf\u{e9}", "cafe\u{301}"] {
        tree["workloads/\(name)/app.yaml"] = tree["workloads/ingress/app.yaml"]
      }
    }
    #expect(repository.errors.count == 2)
    #expect(repository.apps.count == 3)
  }

  @Test("a plan error leaves the app and the cluster declared")
  func planErrors() throws {
    for name in ["app-no-stage", "cluster-no-stage", "app-dependency-elsewhere"] {
      let repository = try Fixture("broken", name).read()
      #expect(repository.brokenApps.isEmpty && repository.brokenClusters.isEmpty && repository.brokenFiles.isEmpty)
      #expect(repository.fleet != nil)
      #expect(repository.apps.count == (try Fixture("broken", name).tree().files.count { $0.hasSuffix("app.yaml") }))
    }
  }
}
