import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import RolloutEngine
import Testing

@testable import Wire

@Suite("What an operator does to a rollout", .timeLimit(.minutes(8)))
struct RolloutActTests {
  private typealias Act = FlotillaV1.OperateRolloutRequest.Act

  /// A hub whose rollout of `web` waits for prod to be approved.
  private func withWaiting(
    afterwards: (Site) async throws -> Void = { _ in },
    _ body: @escaping @Sendable (OpenHub, [TestAgent], _ id: String) async throws -> Void
  ) async throws {
    try await OpenHub.with(SmallFleet(approval: true), afterwards: afterwards) { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.drive(agents, until: "prod waits for an approval") {
        try await hub.hub.rollout(of: "web")?.stages.last?.state == .awaitingBefore(.approval)
      }
      try await body(hub, agents, try #require(try await hub.hub.rollout(of: "web")?.id))
    }
  }

  private static func act(
    _ hub: OpenHub, _ act: Act, on id: String, _ reason: String = ""
  ) async throws -> FlotillaV1.RolloutDetail {
    let answer = try await hub.ask(as: .deployer) {
      try await $0.operateRollout(.init(id: id, reason: reason, act: act))
    }
    return try #require(answer.rollout)
  }

  private static func refusal(
    _ hub: OpenHub, _ act: Act, on id: String, _ reason: String = ""
  ) async throws -> FleetError {
    do {
      _ = try await self.act(hub, act, on: id, reason)
    } catch let error as FleetError {
      return error
    }
    throw FleetError(.conflict, "\(act) was not refused")
  }

  @Test("pausing, going on and ending it show at once, with who and why")
  func pauseResumeAbort() async throws {
    try await withWaiting(
      afterwards: { site in
        let done = try await site.audit().filter { $0.actor == "operator/deployer" && $0.outcome == "done" }
        #expect(done.map(\.action) == ["rollout.pause", "rollout.resume", "rollout.abort"])
        #expect(done.first?.reason == "the shop is open")
      },
      { hub, _, id in
        let paused = try await Self.act(hub, .pause(.init()), on: id, "the shop is open")
        #expect(paused.rollout?.state == .paused)
        #expect(paused.rollout?.reason == "paused by operator/deployer: the shop is open")
        #expect(paused.stages.count == 2 && paused.stages.first?.clusters.map(\.name) == ["dev-1"])
        #expect(try await Self.refusal(hub, .pause(.init()), on: id).code == .illegalEvent)
        #expect(try await Self.act(hub, .resume(.init()), on: id).rollout?.state == .running)
        #expect(try await Self.act(hub, .abort(.init()), on: id).rollout?.state == .aborted)
      })
  }

  @Test("a cluster that is left out no longer holds its stage; that needs a reason")
  func exclude() async throws {
    try await withWaiting { hub, agents, id in
      let silent = try await Self.refusal(hub, .exclude(.init(cluster: "prod-1")), on: id)
      #expect(silent.code == .illegalEvent && silent.nextStep == "give one with --reason")
      let unknown = try await Self.refusal(hub, .exclude(.init(cluster: "prod-9")), on: id, "gone")
      #expect(unknown.code == .clusterUnknown && unknown.nextStep == "see `flotilla get clusters`")

      let detail = try await Self.act(hub, .exclude(.init(cluster: "prod-1")), on: id, "its disk is full")
      #expect(detail.stages.last?.clusters.first?.state == .excluded)
      #expect(detail.stages.last?.counts?.excluded == 1)
      try await hub.hub.drive(agents, until: "the rollout goes on without it, and nobody is asked about nothing") {
        try await hub.hub.rollout(of: "web")?.state == .succeeded
      }
      #expect(await agents.last?.digests["web"] == nil)
    }
  }

  @Test("what failed is tried again when an operator says so")
  func retry() async throws {
    try await OpenHub.with { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      let dev = agents[0]
      try await hub.driveToFailure(agents, degrading: dev)
      let id = try #require(try await hub.hub.rollout(of: "web")?.id)
      await dev.set(degraded: [])
      #expect(try await Self.act(hub, .retry(.init()), on: id, "the registry is back").rollout?.state == .running)
      try await hub.hub.drive(agents, until: "the rollout succeeds") {
        try await hub.hub.rollout(of: "web")?.state == .succeeded
      }
    }
  }

  @Test("what does not fit is refused with what to do instead, and the refusal is in the audit log")
  func refusals() async throws {
    try await withWaiting(
      afterwards: { site in
        let refused = try await site.audit().filter { $0.outcome == "refused" }.map(\.action)
        for action in ["rollout.resume", "rollout.retry", "rollout.accept-silence", "rollout.pause"] {
          #expect(refused.contains(action), "\(action)")
        }
      },
      { hub, _, id in
        let status = "see `flotilla rollout status \(id)`"
        #expect(try await Self.refusal(hub, .resume(.init()), on: id).nextStep == status)
        #expect(try await Self.refusal(hub, .retry(.init()), on: id).nextStep == status)
        let silence = try await Self.refusal(hub, .resume(.init(acceptSilence: true)), on: id)
        #expect(silence.message.contains("fell silent") && !silence.nextStep.isEmpty)
        let long = String(repeating: "because ", count: 200)
        for reason in [long, "two\nlines", "\u{1B}[2J"] {
          let error = try await Self.refusal(hub, .pause(.init()), on: id, reason)
          #expect(error.code == .invalidField && error.address.field == "reason" && !error.nextStep.isEmpty)
        }
        let unknown = try await Self.refusal(hub, .pause(.init()), on: "web-99")
        #expect(unknown.code == .rolloutUnknown)
        let viewer = try await hub.ask(as: .viewer) { client -> FleetError? in
          do throws(FleetError) {
            _ = try await client.operateRollout(.init(id: id, act: .pause(.init())))
            return nil
          } catch { return error }
        }
        #expect(viewer?.code == .operatorRefused)
      })
  }

  @Test("a pause because clusters fell silent says how to go on regardless, and that works")
  func acceptSilence() async throws {
    var fleet = SmallFleet(approval: true)
    let names = ["dev-1", "dev-2", "dev-3", "dev-4"]
    fleet.clusters = names.map { ($0, "dev") } + [("prod-1", "prod")]
    try await OpenHub.with(fleet) { hub in
      let agents = try (names + ["prod-1"]).map { try TestAgent($0) }
      try await hub.hub.drive(agents, until: "prod waits for an approval") {
        try await hub.hub.rollout(of: "web")?.stages.last?.state == .awaitingBefore(.approval)
      }
      let id = try #require(try await hub.hub.rollout(of: "web")?.id)
      for agent in agents {
        let uid = try #require(await agent.uid)
        hub.hub.sessions.end(uid, number: hub.hub.sessions.begin(uid).number)
      }
      try await awaited("the rollout is paused") {
        // Past the time that an agent gets to come back.
        hub.site.clock.advance(by: .seconds(1))
        return try await hub.hub.rollout(of: "web")?.state == .paused
      }
      let hint = try await Self.refusal(hub, .resume(.init()), on: id)
      #expect(hint.nextStep.contains("flotilla rollout resume \(id) --accept-silence"), "\(hint)")
      let accepted = try await Self.act(hub, .resume(.init(acceptSilence: true)), on: id, "a planned outage")
      #expect(accepted.rollout?.state == .running)
    }
  }
}
