import Digests
import FleetModel
import FleetStore
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import RolloutEngine
import TestSupport
import Testing

@testable import Wire

@Suite("An object is followed back to its commit", .timeLimit(.minutes(8)))
struct TraceTests {
  private static func trace(_ hub: OpenHub, _ object: String, on cluster: String) async throws
    -> FlotillaV1.TraceObjectResponse
  {
    try await hub.ask(as: .viewer) { try await $0.traceObject(.init(cluster: cluster, object: object)) }
  }

  @Test("to its file, its author, its rollout, and to who approved it")
  func chain() async throws {
    try await OpenHub.with(SmallFleet(approval: true)) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      let whole = "/ConfigMap/default/web-settings"
      for name in [whole, "configmap/default/web-settings", "ConfigMap/web-settings", "web-settings"] {
        let found = try await Self.trace(hub, name, on: "prod-1")
        #expect(found.object == whole && found.app?.app == "web" && found.environment == "prod", "\(name)")
      }
      let found = try await Self.trace(hub, whole, on: "prod-1")
      #expect(found.sync == .synced && found.health == .healthy && found.reason.isEmpty)
      #expect(found.file == SmallFleet.settings(of: "web"))
      let head = try hub.site.repository.git("rev-parse", "HEAD")
      #expect(head.hasPrefix(found.commit?.id ?? "-") && !found.author.isEmpty)
      #expect(found.commit?.subject.isEmpty == false)
      #expect(found.rollout?.id == found.app?.rollout && found.stage == "prod")
      #expect(found.approvals.map(\.stage) == ["prod"])
      #expect(found.approvals.first?.approval?.actor == "operator/ada")
      #expect(found.manifests.count == 32 && found.release == found.rollout?.release)

      await agents[1].set(degraded: ["web"])
      try await agents[1].step(hub.hub)
      let broken = try await Self.trace(hub, whole, on: "prod-1")
      #expect(broken.app?.health == .degraded)
    }
  }

  @Test("in the file as it was at the commit that the cluster still has")
  func past() async throws {
    try await OpenHub.with(SmallFleet(approval: true)) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      let first = try await Self.trace(hub, "web-settings", on: "prod-1").commit?.id
      try hub.site.repository.git("mv", SmallFleet.settings(of: "web"), "apps/web/base/moved.yaml")
      try hub.site.repository.write(
        SmallFleet(tag: "2.0").settings(of: "web"), to: "apps/web/base/moved.yaml")
      let second = try hub.site.repository.commit("move it")
      try await hub.hub.drive(agents, until: "dev has the second commit") {
        let rollout = try await hub.hub.rollout(of: "web")
        return rollout?.commit == second && rollout?.stages.first?.state == .succeeded
      }
      let dev = try await Self.trace(hub, "web-settings", on: "dev-1")
      #expect(dev.commit?.id == second && dev.file == "apps/web/base/moved.yaml")
      let prod = try await Self.trace(hub, "web-settings", on: "prod-1")
      #expect(prod.commit?.id == first && prod.file == SmallFleet.settings(of: "web"))
    }
  }

  @Test("what is not there, or fits several, is refused with what to name instead")
  func refusals() async throws {
    try await OpenHub.with { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      let none = try await refusal { _ = try await Self.trace(hub, "Deployment/shop/web", on: "dev-1") }
      #expect(none?.code == .objectUnknown && none?.nextStep.contains("flotilla tree cluster dev-1") == true)
      let nowhere = try await refusal { _ = try await Self.trace(hub, "web-settings", on: "nowhere") }
      #expect(nowhere?.code == .clusterNotDeclared)
    }
  }
}
