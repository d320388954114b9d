import LocalFleet
import Testing
import Wire

@Suite("Without the hub a cluster stays as it was last assigned, and follows when the hub is back", .serialized)
struct HubAwayTests {
  @Test("edits are reverted with the hub stopped, by an agent that starts without it too; then upstream arrives")
  func stopped() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1"]) { stage in
      let server = stage.server(of: "dev-1")
      try await stage.fleet.hub.stop()
      try await server.edit()
      try await eventually("it is reverted without the hub", within: .seconds(60)) { try await server.text() == "1.0" }

      try stage.fleet.cluster("dev-1").agent.kill()
      try await server.edit()
      try await server.delete("/apis/apps/v1/namespaces/web/deployments/web")
      try stage.startAgent(of: "dev-1")
      try await eventually("it is reverted by an agent that starts without the hub", within: .seconds(60)) {
        let (text, image) = (try await server.text(), try await server.image())
        return text == "1.0" && image == "registry.test/web:1.0"
      }

      try stage.fleet.startHub()
      try await stage.succeeded(try stage.release("2.0"), within: .seconds(120))
      #expect(try await server.text() == "2.0")
      #expect(try await server.image() == "registry.test/web:2.0")
    }
  }

  @Test("what is deleted upstream while the link is cut stays, and is deleted once the link is back")
  func cut() async throws {
    var sample = SampleFleet()
    sample.extraObjects = 3
    let link = try Link()
    try await link.open()
    try await Stage.withServers(sample, ["dev-1"], link: link) { stage in
      let server = stage.server(of: "dev-1")
      let kept = try await server.configMaps().filter { $0.key != "settings-3" }
      await link.cut()
      try await eventually("the hub sees that it is gone", within: .seconds(60)) {
        try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters.first { $0.name == "dev-1" }?.link
          != .online
      }
      try stage.repository.write(SampleFleet.settings(count: 2, text: "1.0"), to: "apps/web/base/settings.yaml")
      let commit = try stage.repository.commit("one less")
      try await eventually("the hub has published it", within: .seconds(60)) {
        try await stage.rollout()?.rollout?.commit?.id == commit
      }
      try await server.delete("/api/v1/namespaces/web/configmaps/settings-3")
      try await eventually("it stays, and is healed meanwhile", within: .seconds(60)) {
        try await server.text("settings-3") == "1.0"
      }

      try await link.open()
      try await eventually("it is deleted", within: .seconds(60)) { try await server.text("settings-3") == nil }
      try await stage.succeeded(commit)
      #expect(try await server.configMaps().mapValues(\.uid) == kept.mapValues(\.uid))
      #expect(try await server.inventory().allSatisfy { !$0.hasSuffix("/settings-3") })
    }
    await link.cut()
  }
}
