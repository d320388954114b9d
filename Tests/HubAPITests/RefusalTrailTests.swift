import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing
import Trust

@testable import Wire

@Suite("Refused calls are in the audit log", .timeLimit(.minutes(8)))
struct RefusalTrailTests {
  @Test("with who asked, what for, and why not")
  func refusals() async throws {
    try await OpenHub.with(
      afterwards: { site in
        let refused = try await site.audit().filter { $0.outcome == "refused" }
        func has(_ actor: String, _ action: String, _ subject: String? = nil) -> Bool {
          refused.contains { $0.actor == actor && $0.action == action && (subject == nil || $0.subject == subject) }
        }
        #expect(has("operator/viewer", "flotilla.v1.Operator/SyncNow"))
        #expect(has("operator/deployer", "flotilla.v1.Operator/RevokeCluster"))
        #expect(has("operator/mallory", "flotilla.v1.Operator/ListApps"))
        #expect(has("operator/admin", "cluster.token", "nowhere"))
        #expect(has("operator/admin", "cluster.approve", "nowhere"))
        #expect(has("operator/admin", "cluster.revoke", "nowhere"))
        #expect(has("operator/admin", "rollout.approve", "r-0/dev"))
        #expect(has("agent", "cluster.enroll", "token 0123456789abcdef"))
        #expect(has("operator/admin", "flotilla.v1.Agent/GetMetadata"))
        #expect(refused.contains { $0.actor.hasPrefix("cluster/") && $0.action == "flotilla.v1.Operator/SyncNow" })
        #expect(has("agent", "cluster.renew"))
        #expect(refused.allSatisfy { !$0.reason.isEmpty })
      }
    ) { hub in
      _ = try await refusal { _ = try await hub.ask(as: .viewer) { try await $0.syncNow(.init()) } }
      _ = try await refusal {
        _ = try await hub.ask(as: .deployer) { try await $0.revokeCluster(.init(name: "dev-1")) }
      }
      _ = try await refusal {
        _ = try await hub.connect(as: .operator("mallory")) {
          try await FlotillaV1.OperatorClient($0).listApps(.init())
        }
      }
      _ = try await refusal {
        _ = try await hub.connect(as: .operator("admin")) {
          try await FlotillaV1.AgentClient($0).getMetadata(.init())
        }
      }
      let dev = try TestAgent("dev-1")
      try await dev.enroll(hub.hub)
      let uid = try #require(await dev.uid)
      _ = try await refusal {
        _ = try await hub.connect(as: .cluster(uid)) { try await FlotillaV1.OperatorClient($0).syncNow(.init()) }
      }
      _ = try await refusal {
        _ = try await hub.connect(as: nil) {
          try await FlotillaV1.EnrollmentClient($0).renewByChallenge(.init(clusterUID: uid.wireBytes))
        }
      }
      let digest = [UInt8](repeating: 7, count: 32)
      _ = try await refusal { _ = try await hub.ask { try await $0.createClusterToken(.init(name: "nowhere")) } }
      _ = try await refusal {
        _ = try await hub.ask { try await $0.approveCluster(.init(name: "nowhere", keySHA256: digest)) }
      }
      _ = try await refusal { _ = try await hub.ask { try await $0.revokeCluster(.init(name: "nowhere")) } }
      _ = try await refusal {
        _ = try await hub.ask { try await $0.approveRollout(.init(id: "r-0", stage: "dev", release: digest)) }
      }
      _ = try await refusal {
        _ = try await hub.connect(as: nil) {
          try await FlotillaV1.EnrollmentClient($0).enroll(.init(tokenID: Array("0123456789abcdef".utf8)))
        }
      }
    }
  }
}
