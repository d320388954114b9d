import FleetModel
import Manifests
import Testing

@Suite("An app's own health rules")
struct OwnRuleTests {
  private let rule = AppPolicy.HealthRule(
    group: "db.example.com", kind: "Database", inProgress: "status.phase in ['Creating', 'Restoring']",
    failed: "status.phase == 'Broken'", healthy: "status.phase == 'Ready' && status.members.all(m, m.ready)")

  private func database(_ status: String, generation: Int = 1) -> String {
    """
    {"apiVersion":"db.example.com/v1","kind":"Database","metadata":{"name":"main","generation":\(generation)},
    "status":{\(status)}}
    """
  }

  @Test(
    "are tried in the order in progress, failed, healthy",
    arguments: [
      ("\"phase\":\"Creating\"", "Progressing! is in progress by its app's rule"),
      ("\"phase\":\"Broken\"", "Degraded! has failed by its app's rule"),
      ("\"phase\":\"Ready\",\"members\":[{\"ready\":true}]", "Healthy"),
      (
        "\"phase\":\"Ready\",\"members\":[{\"ready\":true},{\"ready\":false}]",
        "Progressing! not healthy by its app's rule"
      ),
      ("", "Progressing! has no status.phase yet"),
      ("\"phase\":\"Ready\",\"members\":7", "Unknown! its app's rule healthy: a number has no elements"),
    ])
  func order(status: String, expected: String) throws {
    #expect(try verdict(database(status), rules: [rule]) == expected)
  }

  @Test("replace the built-in rule of their kind, but not what counts for every kind")
  func precedence() throws {
    let always = AppPolicy.HealthRule(group: "apps", kind: "Deployment", inProgress: "", failed: "", healthy: "true")
    let deployment = "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\""
    #expect(try verdict(deployment + "},\"spec\":{\"replicas\":3}}", rules: [always]) == "Healthy")
    let deleted = deployment + ",\"deletionTimestamp\":\"2026-01-01T11:59:00Z\"}}"
    #expect(try verdict(deleted, rules: [always]).hasPrefix("Progressing! terminating"))
    #expect(
      try verdict(database("\"observedGeneration\":1,\"phase\":\"Ready\",\"members\":[]", generation: 2), rules: [rule])
        .hasPrefix("Progressing! its controller has not seen"))
  }
}
