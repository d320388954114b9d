import FleetModel
import Manifests
import Testing

@Suite("Candidates for an overlay")
struct OverlayTests {
  func candidates(_ overlays: [String], labels: [String: String] = [:], name: String = "fra-1") throws -> [String] {
    let directory = try #require(TreePath("apps/web"))
    let app = AppDeclaration(
      name: "web", overlays: overlays, directory: directory, file: try #require(directory.appending("app.yaml")))
    let cluster = ClusterDeclaration(
      name: name, labels: labels, environment: "prod", file: try #require(TreePath("clusters/fra-1.yaml")))
    return try app.overlayCandidates(for: cluster).map(\.description)
  }

  @Test("placeholders are filled, also within a component, and the order is kept")
  func filled() throws {
    #expect(
      try candidates(
        ["overlays/{cluster}", "o/{environment}-{label:region}/x", "{label:example.com/zone}", "base"],
        labels: ["region": "eu", "example.com/zone": "b.2"])
        == ["apps/web/overlays/fra-1", "apps/web/o/prod-eu/x", "apps/web/b.2", "apps/web/base"])
  }

  @Test("a candidate that names a label which the cluster lacks, or has without a value, is left out")
  func missingLabel() throws {
    #expect(try candidates(["o/{label:region}", "o/{label:zone}", "base"], labels: ["zone": ""]) == ["apps/web/base"])
  }

  @Test("two candidates of one path are one")
  func same() throws {
    #expect(
      try candidates(["./base/", "base", "base//", "{environment}", "prod"]) == ["apps/web/base", "apps/web/prod"])
  }

  @Test(
    "a value that is no part of a path is refused: it cannot lead out of the app's directory",
    arguments: ["..", "a/b", "."])
  func hostileValues(value: String) throws {
    let error = try #require(failure { try candidates(["{label:region}"], labels: ["region": value]) })
    #expect(error.address.field == #"metadata.labels["region"]"#)
    #expect((error.address.cluster, error.address.app) == ("fra-1", "web"))
    #expect(failure { try candidates(["o/{cluster}"], name: value) }?.address.field == "metadata.name")
  }

  @Test(
    "a pattern that climbs, is absolute, is the directory itself or has an unknown placeholder is refused",
    arguments: [
      "../x", "x/../y", "..", "/x", ".", "./", "", "{x}", "{cluster", "cluster}", "{}", "{label:}", "{label:a b}",
      "{{cluster}}", "a\nb", "a\u{0}b", "{environmnt}", "{label:a/b/c}",
    ])
  func refused(pattern: String) {
    #expect(failure { try OverlayPattern(pattern) }?.code == .invalidField)
  }
}
