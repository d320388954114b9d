import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing
import Trust

@testable import Wire

@Suite("Operators act in their environments and nowhere else", .timeLimit(.minutes(8)))
struct OperatorScopeTests {
  private static let bound = [
    OperatorRecord(name: "dev-admin", role: .admin, environments: ["dev"], createdAt: Timestamp(seconds: 1)),
    OperatorRecord(name: "dev-deployer", role: .deployer, environments: ["dev"], createdAt: Timestamp(seconds: 1)),
    OperatorRecord(name: "prod-deployer", role: .deployer, environments: ["prod"], createdAt: Timestamp(seconds: 1)),
    OperatorRecord(
      name: "both-deployer", role: .deployer, environments: ["dev", "prod"], createdAt: Timestamp(seconds: 1)),
  ]

  private func refused(
    _ hub: OpenHub, _ name: String, _ act: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Void
  ) async throws -> FleetError? {
    try await refusal { try await hub.connect(as: .operator(name)) { try await act(FlotillaV1.OperatorClient($0)) } }
  }

  @Test("clusters are let in and shut out by those who may act in their environment")
  func clusters() async throws {
    try await OpenHub.with(
      operators: Self.bound,
      afterwards: { site in
        let refused = try await site.audit().filter { $0.outcome == "refused" }
        #expect(
          refused.contains {
            $0.actor == "operator/dev-admin" && $0.action == "cluster.token"
              && $0.subject == "prod-1" && $0.reason.contains("needs prod")
          })
      }
    ) { hub in
      let dev = try await refused(hub, "dev-admin") { _ = try await $0.createClusterToken(.init(name: "dev-1")) }
      #expect(dev == nil)
      let prod = try await refused(hub, "dev-admin") { _ = try await $0.createClusterToken(.init(name: "prod-1")) }
      #expect(prod?.code == .operatorRefused && prod?.nextStep.isEmpty == false, "\(String(describing: prod))")
      // What is not there is in no environment: only who may act everywhere learns that it is not.
      let nowhere = try await refused(hub, "dev-admin") { _ = try await $0.revokeCluster(.init(name: "nowhere")) }
      #expect(nowhere?.code == .operatorRefused && nowhere?.message.contains("all environments") == true)
      let all = try await refused(hub, "admin") { _ = try await $0.revokeCluster(.init(name: "nowhere")) }
      #expect(all?.code == .clusterUnknown)
      let people = try await refused(hub, "dev-admin") { _ = try await $0.removeOperator(.init(name: "viewer")) }
      #expect(people?.code == .operatorRefused && people?.message.contains("bound to dev") == true)
      let everywhere = try await refused(hub, "dev-deployer") { client in
        _ = try await client.listClusters(.init())
        _ = try await client.syncNow(.init())
      }
      #expect(everywhere == nil)
    }
  }

  private func web(_ hub: OpenHub) async throws -> FlotillaV1.RolloutDetail? {
    do {
      return try await hub.ask { try await $0.getRollout(.init(which: .app("web"))) }.rollout
    } catch let error as FleetError where error.code == .rolloutUnknown {
      return nil
    }
  }

  @Test("a stage is approved by those who may act in the environments of its clusters", arguments: ["prod", "both"])
  func stages(_ allowed: String) async throws {
    try await OpenHub.with(SmallFleet(approval: true), operators: Self.bound) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      for agent in agents { try await agent.enroll(hub.hub) }
      try await hub.hub.drive(agents, until: "prod waits for an approval") {
        try await web(hub)?.stages.last?.state == .awaitingBefore
      }
      let rollout = try #require(try await web(hub)?.rollout)
      let release = rollout.release
      let request = FlotillaV1.ApproveRolloutRequest(id: rollout.id, stage: "prod", release: release)
      let dev = try await refused(hub, "dev-deployer") { _ = try await $0.approveRollout(request) }
      #expect(
        dev?.code == .operatorRefused && dev?.message.contains("needs prod") == true, "\(String(describing: dev))")
      let deletions = try await refused(hub, "dev-deployer") {
        _ = try await $0.confirmDeletions(.init(id: rollout.id, stage: "prod", count: 1))
      }
      #expect(deletions?.code == .operatorRefused)
      let empty = try await refused(hub, "both-deployer") {
        _ = try await $0.approveRollout(.init(id: rollout.id, stage: "nowhere", release: release))
      }
      #expect(empty?.code == .operatorRefused && empty?.message.contains("all environments") == true)
      let approved = try await refused(hub, "\(allowed)-deployer") { _ = try await $0.approveRollout(request) }
      #expect(approved == nil)
    }
  }

  @Test(
    "a rollout is steered by those who may act on all its clusters, and the fleet's silence by who is bound to none")
  func rollouts() async throws {
    try await OpenHub.with(SmallFleet(approval: true), operators: Self.bound) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      for agent in agents { try await agent.enroll(hub.hub) }
      try await hub.hub.drive(agents, until: "prod waits for an approval") {
        try await web(hub)?.stages.last?.state == .awaitingBefore
      }
      let id = try #require(try await web(hub)?.rollout?.id)
      func refused(_ name: String, _ act: FlotillaV1.OperateRolloutRequest.Act) async throws -> FleetError? {
        try await self.refused(hub, name) { _ = try await $0.operateRollout(.init(id: id, reason: "why", act: act)) }
      }
      let part = try await refused("prod-deployer", .pause(.init()))
      #expect(part?.code == .operatorRefused && part?.message.contains("needs dev") == true)
      #expect(try await refused("both-deployer", .pause(.init())) == nil)
      let foreign = try await refused("dev-deployer", .exclude(.init(cluster: "prod-1")))
      #expect(foreign?.code == .operatorRefused)
      #expect(try await refused("prod-deployer", .exclude(.init(cluster: "prod-1"))) == nil)
      let fleet = try await refused("both-deployer", .resume(.init(acceptSilence: true)))
      #expect(fleet?.code == .operatorRefused && fleet?.message.contains("all environments") == true)
    }
  }
}
