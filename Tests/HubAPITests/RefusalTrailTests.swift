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
        #expect(has("operator/viewer", "source.sync"))
        #expect(has("operator/deployer", "cluster.revoke"))
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

  @Test("under the names that acts have where they are done, so that one filter finds both")
  func names() async throws {
    let rollout: [FlotillaV1.OperateRolloutRequest.Act] = [
      .pause(.init()), .resume(.init()), .abort(.init()), .retry(.init()), .overrideFreeze(.init(stage: "dev")),
    ]
    let app: [FlotillaV1.OperateAppRequest.Act] = [
      .rollBack(.init()), .hold(.init()), .liftHold(.init(number: 1)), .promote(.init(stage: "dev")),
    ]
    try await OpenHub.with(
      afterwards: { site in
        let refused = try await site.audit().filter { $0.outcome == "refused" }
        func actions(_ role: OperatorRole) -> [String] {
          refused.filter { $0.actor == "operator/\(role.rawValue)" }.map(\.action)
        }
        #expect(
          actions(.admin) == [
            "rollout.pause", "rollout.resume", "rollout.abort", "rollout.retry", "rollout.override-freeze",
          ])
        #expect(
          actions(.viewer) == actions(.admin) + [
            "rollout.exclude", "rollout.accept-silence", "app.rollback", "app.hold", "app.lift-hold", "app.promote",
            "suspend", "resume", "cluster.token", "operator.remove", "rollout.confirm",
          ])
      }
    ) { hub in
      func refused(
        _ role: OperatorRole, _ act: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Void
      ) async throws {
        let error = try await refusal { try await hub.ask(as: role, act) }
        #expect((error?.code == .operatorRefused) == (role == .viewer), "\(String(describing: error))")
      }
      for role in [OperatorRole.admin, .viewer] {
        for act in rollout {
          try await refused(role) { _ = try await $0.operateRollout(.init(id: "r-0", reason: "because", act: act)) }
        }
      }
      let beyond: [FlotillaV1.OperateRolloutRequest.Act] = [
        .exclude(.init(cluster: "dev-1")), .resume(.init(acceptSilence: true)),
      ]
      for act in beyond {
        try await refused(.viewer) { _ = try await $0.operateRollout(.init(id: "r-0", reason: "because", act: act)) }
      }
      for act in app {
        try await refused(.viewer) { _ = try await $0.operateApp(.init(app: "web", reason: "because", act: act)) }
      }
      try await refused(.viewer) { _ = try await $0.suspend(.init(scope: .cluster("dev-1"), reason: "because")) }
      try await refused(.viewer) { _ = try await $0.unsuspend(.init(scope: .cluster("dev-1"), reason: "because")) }
      try await refused(.viewer) { _ = try await $0.createClusterToken(.init(name: "dev-1")) }
      try await refused(.viewer) { _ = try await $0.removeOperator(.init(name: "admin")) }
      try await refused(.viewer) { _ = try await $0.confirmDeletions(.init(id: "r-0", stage: "dev")) }
    }
  }
}
