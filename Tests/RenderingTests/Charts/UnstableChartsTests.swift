import FleetModel
import Manifests
import Rendering
import Testing

@Suite("A chart that comes to something else each time is refused")
struct UnstableChartsTests {
  private func build(
    _ output: @escaping @Sendable (ChartRequest, ChartPass) -> String
  ) throws -> [Value] {
    let tree = SourceTree(webChart.merging(["kustomization.yaml": "helmCharts: [{name: web}]"]) { $1 })
    return try Renderer(tree: tree, charts: ScriptedInflater(output: output)).build(directory: .root)
  }

  private static func secret(_ name: String, _ password: String, _ comment: String = "") -> String {
    """
    ---
    # Source: web/templates/secret.yaml
    \(comment)
    apiVersion: v1
    kind: Secret
    metadata: {name: \(name)}
    stringData: {password: "\(password)"}
    """
  }

  @Test("with the object and the field that differ, and not what it says there")
  func field() throws {
    let error = try #require(throws: FleetError.self) {
      try build { _, pass in Self.secret("s", pass == .first ? "hunter2" : "swordfish") }
    }
    #expect(error.code == .chartUnstable)
    #expect(error.address.file == "charts/web/templates/secret.yaml")
    #expect(error.address.object?.contains("Secret") == true)
    #expect(error.address.field == "/stringData/password")
    #expect(!"\(error)".contains("hunter2") && !"\(error)".contains("swordfish"))
  }

  @Test("when an object has another name each time, or is not there each time")
  func objects() throws {
    #expect(throws: FleetError.self) { try build { _, pass in Self.secret(pass == .first ? "a" : "b", "x") } }
    #expect(throws: FleetError.self) {
      try build { _, pass in
        Self.secret("a", "x") + "\n" + (pass == .first ? Self.secret("b", "x") : "")
      }
    }
  }

  @Test("but not for its comments")
  func comments() throws {
    let objects = try build { _, pass in Self.secret("s", "x", pass == .first ? "# at one" : "# at two") }
    #expect(objects.count == 1)
  }
}
