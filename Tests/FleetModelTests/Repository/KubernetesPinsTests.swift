import FleetModel
import Manifests
import TestSupport
import Testing

@Suite("What charts are rendered for")
struct KubernetesPinsTests {
  /// The cluster of the smallest fleet, with these lines below the specs of fleet and cluster.
  private func read(fleet: String = "", cluster: String = "") throws -> FleetRepository {
    var tree = try Fixture("valid", "minimal").tree()
    for (file, lines) in [("fleet.yaml", fleet), ("clusters/dev-1.yaml", cluster)] {
      let text = String(decoding: try tree.read(try #require(TreePath(file))), as: UTF8.self)
      tree[file] = .file(Array("\(text)\n\(lines)\n".utf8))
    }
    return FleetRepository.read(from: tree)
  }

  private func pins(fleet: String = "", cluster: String = "") throws -> ClusterDeclaration.Kubernetes? {
    let repository = try read(fleet: fleet, cluster: cluster)
    #expect(repository.errors == [])
    return repository.clusters.first?.kubernetes
  }

  private let fleet = "  kubernetes: {version: \"1.31\", apiVersions: [a.example.com/v1]}"

  @Test("is the program's own when nobody says anything")
  func nothing() throws { #expect(try pins() == .unpinned) }

  @Test("is the fleet's for a cluster that says nothing")
  func inherited() throws {
    #expect(try pins(fleet: fleet) == .init(version: "1.31", apiVersions: ["a.example.com/v1"]))
  }

  @Test("is the cluster's own where it says so, field by field")
  func own() throws {
    #expect(
      try pins(fleet: fleet, cluster: "  kubernetes: {version: v1.33.2-eks-1}")
        == .init(version: "v1.33.2-eks-1", apiVersions: ["a.example.com/v1"]))
    #expect(
      try pins(fleet: fleet, cluster: "  kubernetes: {apiVersions: [apps/v1/Deployment, v1]}")
        == .init(version: "1.31", apiVersions: ["apps/v1/Deployment", "v1"]))
    #expect(
      try pins(fleet: fleet, cluster: "  kubernetes: {apiVersions: []}") == .init(version: "1.31", apiVersions: []))
  }

  @Test(
    "has to be a version in quotes and names of API versions",
    arguments: [
      ("{version: 1.33}", "spec.kubernetes.version", "quotes"), ("{version: new}", "spec.kubernetes.version", "1.33"),
      ("{version: \"1\"}", "spec.kubernetes.version", "1.33"),
      ("{apiVersions: [\"a/v1,b/v1\"]}", "spec.kubernetes.apiVersions[0]", "apps/v1"),
      ("{apiVersions: [\"a/b/c/d\"]}", "spec.kubernetes.apiVersions[0]", "apps/v1"),
      ("{apiVersions: v1}", "spec.kubernetes.apiVersions", "list"),
      ("{versoin: \"1.33\"}", "spec.kubernetes.versoin", "version"),
    ])
  func malformed(_ text: String, _ field: String, _ hint: String) throws {
    for repository in [try read(cluster: "  kubernetes: \(text)"), try read(fleet: "  kubernetes: \(text)")] {
      let error = try #require(repository.errors.first)
      #expect(repository.errors.count == 1)
      #expect(error.address.field == field)
      #expect("\(error)".contains(hint))
    }
  }
}
