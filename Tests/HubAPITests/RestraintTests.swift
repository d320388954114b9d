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

@Suite("What operators hold back, let go and take back", .timeLimit(.minutes(8)))
struct RestraintTests {
  private typealias Act = FlotillaV1.OperateAppRequest.Act

  private static func act(
    _ hub: OpenHub, _ act: Act, reason: String = "it is bad"
  ) async throws -> FlotillaV1.OperateAppResponse {
    try await hub.ask(as: .deployer) { try await $0.operateApp(.init(app: "web", reason: reason, act: act)) }
  }

  private static func refused(_ hub: OpenHub, _ act: Act, reason: String = "why") async throws -> FleetError? {
    try await refusal { _ = try await Self.act(hub, act, reason: reason) }
  }

  /// Commits another release of `web`, and waits until it is everywhere.
  private static func release(_ tag: String, _ hub: OpenHub, _ agents: [TestAgent]) async throws -> String {
    try hub.site.repository.write(
      SmallFleet(tag: tag).settings(of: "web"), to: SmallFleet.settings(of: "web"))
    let commit = try hub.site.repository.commit("web \(tag)")
    try await hub.hub.drive(agents, until: "web \(tag) is everywhere") {
      let rollout = try await hub.hub.rollout(of: "web")
      return rollout?.commit == commit && rollout?.state == .succeeded
    }
    return commit
  }

  private static func withTwoReleases(
    afterwards: (Site) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (OpenHub, [TestAgent], _ first: AppDigest, _ second: AppDigest) async throws -> Void
  ) async throws {
    try await OpenHub.with(SmallFleet(), afterwards: afterwards) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      let first = try #require(await agents[1].digests["web"])
      _ = try await release("2.0", hub, agents)
      try await body(hub, agents, first, try #require(await agents[1].digests["web"]))
    }
  }

  @Test("a rollback brings back what was verified before and holds what it took, until the hold is lifted")
  func rollback() async throws {
    try await Self.withTwoReleases(
      afterwards: { site in
        let done = try await site.audit().filter { $0.actor == "operator/deployer" && $0.outcome == "done" }
        #expect(done.map(\.action) == ["app.rollback", "app.lift-hold"])
      },
      { hub, agents, first, second in
        let silent = try await Self.refused(hub, .rollBack(.init()), reason: "")
        #expect(silent?.nextStep == "give one with --reason", "\(String(describing: silent))")
        let back = try await Self.act(hub, .rollBack(.init()))
        #expect(back.rollout?.rollout?.state == .rolledBack)
        let hold = try #require(back.app?.holds.first)
        #expect(hold.actor == "operator/deployer" && hold.reason == "it is bad" && !hold.automatic)
        #expect(hold.digests.contains(second.digest.bytes))
        try await hub.hub.drive(agents, until: "the first release is back") { await agents[1].digests["web"] == first }

        let listed = try await hub.ask(as: .viewer) { try await $0.listRestraints(.init()) }
        #expect(listed.holds.map(\.number) == [hold.number] && listed.holds.first?.app == "web")
        let again = try await Self.refused(hub, .rollBack(.init()))
        #expect(again?.nextStep.contains("flotilla promote") == true, "\(String(describing: again))")
        let unknown = try await Self.refused(hub, .liftHold(.init(number: 99)))
        #expect(unknown?.nextStep == "see `flotilla hold list web`")

        let lifted = try await Self.act(hub, .liftHold(.init(number: hold.number)))
        #expect(lifted.app?.holds.isEmpty == true)
        try await hub.hub.drive(agents, until: "what Git asks for is back") { await agents[1].digests["web"] == second }
      })
  }

  @Test("a release is held before it is assigned, and one of the past is promoted")
  func holdAndPromote() async throws {
    try await Self.withTwoReleases { hub, agents, first, second in
      let rollouts = try await hub.ask { try await $0.listRollouts(.init(app: "web")) }.rollouts
      let oldest = try #require(rollouts.last)
      let promoted = try await Self.act(hub, .promote(.init(which: .rollout(oldest.id), stage: "dev")))
      #expect(promoted.rollout?.stages.map(\.name) == ["dev"])
      try await hub.hub.drive(agents, until: "dev has the first release") {
        guard try await hub.hub.rollout(of: "web")?.state == .succeeded else { return false }
        return await agents[0].digests["web"] != second
      }
      #expect(await agents[1].digests["web"] == second)

      let held = try await Self.act(hub, .hold(.init(stages: ["prod"])))
      #expect(held.app?.holds.first?.stages == ["prod"])
      let cases: [(Act, FleetError.Code)] = [
        (.hold(.init(which: .rollout("web-99"))), .releaseUnknown),
        (.hold(.init(which: .release(first.digest.bytes))), .releaseUnknown),
        (.hold(.init(which: .release([1, 2]))), .invalidRequest), (.hold(.init(stages: ["moon"])), .illegalEvent),
        (.promote(.init(which: .rollout(oldest.id))), .invalidRequest),
        (.promote(.init(stage: "dev")), .invalidRequest),
        (.promote(.init(which: .rollout(oldest.id), stage: "moon")), .illegalEvent),
        (.rollBack(.init(width: "200%")), .invalidRequest), (.rollBack(.init(width: "-1")), .invalidRequest),
      ]
      for (act, code) in cases {
        let error = try await Self.refused(hub, act)
        #expect(error?.code == code, "\(act): \(String(describing: error))")
      }
    }
  }

  @Test("what is suspended is shown, gets nothing new, and catches up afterwards")
  func suspension() async throws {
    try await Self.withTwoReleases { hub, agents, _, second in
      func suspend(_ scope: FlotillaV1.SuspendRequest.Scope, _ reason: String) async throws -> FleetError? {
        try await refusal { _ = try await hub.ask { try await $0.suspend(.init(scope: scope, reason: reason)) } }
      }
      #expect(try await suspend(.environment("prod"), "")?.nextStep == "give one with --reason")
      #expect(try await suspend(.environment("moon"), "why")?.nextStep == "it has dev, prod")
      #expect(try await suspend(.cluster("nowhere"), "why")?.code == .clusterUnknown)
      #expect(try await suspend(.environment("prod"), "the audit is on") == nil)
      #expect(try await suspend(.app("web"), "one thing after the other") == nil)
      let clusters = try await hub.ask { try await $0.listClusters(.init()) }.clusters
      #expect(clusters.map { $0.suspension?.reason } == [nil, "the audit is on"])
      #expect(try await hub.ask { try await $0.getApp(.init(name: "web")) }.app?.suspension?.actor == "operator/admin")
      let listed = try await hub.ask(as: .viewer) { try await $0.listRestraints(.init()) }.suspensions
      #expect(listed.map(\.scope) == [.app("web"), .environment("prod")])

      _ = try await hub.ask { try await $0.unsuspend(.init(scope: .app("web"))) }
      try hub.site.repository.write(
        SmallFleet(tag: "3.0").settings(of: "web"), to: SmallFleet.settings(of: "web"))
      try hub.site.repository.commit("web 3.0")
      try await hub.hub.drive(agents, until: "dev has the third release") {
        let now = await agents[0].digests["web"]
        return try await hub.hub.rollout(of: "web")?.stages.first?.state == .succeeded && now != nil && now != second
      }
      #expect(await agents[1].digests["web"] == second)
      _ = try await hub.ask { try await $0.unsuspend(.init(scope: .environment("prod"))) }
      try await hub.hub.drive(agents, until: "prod catches up") {
        hub.site.clock.advance(by: .seconds(1))
        return await agents[1].digests["web"] != second
      }
    }
  }

  @Test("a freeze is overridden only where there is one")
  func noFreeze() async throws {
    try await Self.withTwoReleases { hub, _, _, _ in
      let id = try #require(try await hub.hub.rollout(of: "web")?.id)
      let error = try await refusal {
        _ = try await hub.ask {
          try await $0.operateRollout(.init(id: id, reason: "now", act: .overrideFreeze(.init(stage: "prod"))))
        }
      }
      #expect(error?.code == .illegalEvent && error?.nextStep.isEmpty == false)
      #expect(try await hub.ask { try await $0.listRestraints(.init()) }.freezes.isEmpty)
    }
  }
}
