import LocalFleet
import Manifests
import Testing
import Wire

@Suite("What others change in a cluster is brought back to what is assigned there", .serialized)
struct LiveDriftTests {
  @Test("an edit, a deletion and two at once, while a newer release waits for an approval: not to what is in Git")
  func whilePaused() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1", "prod-1"]) { stage in
      try stage.repository.replace(
        "{environment: prod, waves", with: "{environment: prod, approval: required, waves", in: "fleet.yaml")
      let commit = try stage.release("2.0")
      let (dev, prod) = (stage.server(of: "dev-1"), stage.server(of: "prod-1"))
      try await eventually("dev-1 is released and prod-1 waits", within: .seconds(60)) {
        let detail = try await stage.rollout()
        guard detail?.rollout?.commit?.id == commit else { return false }
        return try await dev.image() == "registry.test/web:2.0"
          && detail?.stages.first { $0.name == "prod" }?.state == .awaitingBefore
      }

      let uid = try await prod.configMap("settings-1")?[path: "metadata", "uid"]
      try await prod.edit()
      try await eventually("the edit is healed", within: .seconds(60)) { try await prod.text() == "1.0" }
      #expect(try await prod.configMap("settings-1")?[path: "metadata", "uid"] == uid)

      let before = try await prod.deployment()?[path: "metadata", "uid"]
      try await prod.delete("/apis/apps/v1/namespaces/web/deployments/web")
      try await eventually("what was deleted is there again", within: .seconds(60)) {
        let now = try await prod.deployment()
        return now != nil && now?[path: "metadata", "uid"] != before
      }
      #expect(try await prod.image() == "registry.test/web:1.0")

      async let edit: Void = prod.edit()
      async let deletion: Void = prod.delete("/apis/apps/v1/namespaces/web/deployments/web")
      _ = try await (edit, deletion)
      try await eventually("both are healed", within: .seconds(60)) {
        let (text, image) = (try await prod.text(), try await prod.image())
        return text == "1.0" && image == "registry.test/web:1.0"
      }

      try await eventually("the hub counts them, and shows the app synced", within: .seconds(60)) {
        let shown = try await stage.placement(on: "prod-1")
        return (shown?.driftHealed ?? 0) >= 4 && shown?.sync == .synced && shown?.health == .healthy
      }
      #expect(try await stage.rollout()?.stages.first { $0.name == "prod" }?.state == .awaitingBefore)
    }
  }
}
