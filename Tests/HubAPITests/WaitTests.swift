import FleetModel
import FleetStore
import Foundation
import HubSite
import LocalFleet
import Manifests
import ReleasePipeline
import RolloutEngine
import TestSupport
import Testing

@testable import Wire

@Suite("Waiting for something", .timeLimit(.minutes(8)))
struct WaitTests {
  private typealias Condition = FlotillaV1.WaitForRequest.Condition

  /// What a caller hears until the call ends.
  private static func wait(_ hub: OpenHub, _ condition: Condition) async throws -> [FlotillaV1.WaitProgress] {
    let heard = Heard<FlotillaV1.WaitProgress>()
    try await hub.ask(as: .viewer) { client in
      try await client.waitFor(.init(condition: condition)) { progresses in
        for try await progress in progresses { heard.hear(progress) }
      }
    }
    return heard.all
  }

  /// The same, while agents do their work.
  private static func wait(
    _ hub: OpenHub, _ agents: [TestAgent], _ condition: Condition
  ) async throws -> [FlotillaV1.WaitProgress] {
    try await withThrowingTaskGroup(of: [FlotillaV1.WaitProgress]?.self) { group in
      group.addTask { try await wait(hub, condition) }
      group.addTask {
        while !Task.isCancelled {
          for agent in agents { try await agent.step(hub.hub) }
          try await Task.sleep(for: .milliseconds(10))
        }
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next().flatMap { $0 } ?? []
    }
  }

  @Test("for a commit ends when every app of it is rolled out, and at once for one that came before")
  func released() async throws {
    try await OpenHub.with { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      for agent in agents { try await agent.enroll(hub.hub) }
      let commit = try hub.site.repository.git("rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
      try await hub.hub.drive(agents, until: "a rollout of each app is there") {
        guard try await hub.hub.rollout(of: "web") != nil else { return false }
        return try await hub.hub.rollout(of: "db") != nil
      }
      let heard = try await Self.wait(hub, agents, .released(.init(commit: commit)))
      #expect(heard.last?.state == .met, "\(heard)")
      #expect(heard.dropLast().allSatisfy { $0.state == .waiting && !$0.reason.isEmpty })

      let next = SmallFleet(tag: "2.0")
      try hub.site.repository.write(next.settings(of: "web"), to: SmallFleet.settings(of: "web"))
      let newer = try hub.site.repository.commit("web 2.0")
      let second = try await Self.wait(hub, agents, .released(.init(commit: newer, app: "web")))
      #expect(second.last?.state == .met)
      let agent = agents[1]
      let file = try #require(await agent.digests["web"])
      #expect(try await hub.hub.rollout(of: "web")?.stages.last?.clusters.first?.target == file)
      let before = try await Self.wait(hub, .released(.init(commit: String(commit.prefix(7)))))
      #expect(before.map(\.state) == [.met])
    }
  }

  @Test("for a commit that does not go into force, or whose rollout fails, is hopeless, and says why")
  func hopeless() async throws {
    try await OpenHub.with { hub in
      let dev = try TestAgent("dev-1")
      try await hub.driveToFailure([dev], degrading: dev)
      let failed = try await Self.wait(hub, .released(.init(app: "web")))
      #expect(failed.map(\.state) == [.hopeless] && failed.last?.reason.contains("Failed") == true, "\(failed)")
      let id = try #require(try await hub.hub.rollout(of: "web")?.id)
      let never = try await Self.wait(hub, .rollout(.init(which: .id(id), state: .succeeded)))
      #expect(never.map(\.state) == [.hopeless])
      #expect(try await Self.wait(hub, .rollout(.init(which: .app("web"), state: .failed))).map(\.state) == [.met])

      try hub.site.repository.write("kind: Fleet\nspec: {nonsense: 1}\n", to: "fleet.yaml")
      let wrong = try hub.site.repository.commit("break the declarations")
      let refused = try await Self.wait(hub, .released(.init(commit: wrong)))
      #expect(refused.last?.state == .hopeless && refused.last?.reason.contains("fleet.yaml") == true, "\(refused)")
    }
  }

  @Test("for a commit does not ask for what commits before it left behind, and names it")
  func earlier() async throws {
    try await OpenHub.with { hub in
      let dev = try TestAgent("dev-1")
      try await hub.driveToFailure([dev], degrading: dev)
      let next = SmallFleet(tag: "2.0")
      try hub.site.repository.write(next.settings(of: "db"), to: SmallFleet.settings(of: "db"))
      let newer = try hub.site.repository.commit("db 2.0")
      let heard = try await Self.wait(hub, [dev], .released(.init(commit: newer)))
      #expect(heard.last?.state == .met, "\(heard)")
      #expect(heard.last?.reason.contains(/of commits before it: web-\d+ is Failed/) == true, "\(heard)")
      let named = try await Self.wait(hub, .released(.init(commit: newer, app: "web")))
      #expect(named.map(\.state) == [.hopeless])
      #expect(try await Self.wait(hub, .released(.init())).map(\.state) == [.hopeless])
    }
  }

  @Test("for health asks for evidence of exactly what is assigned, and names what is missing")
  func healthy() async throws {
    try await OpenHub.with { hub in
      let agents = [try TestAgent("dev-1"), try TestAgent("prod-1")]
      try await hub.hub.driveToTheEnd(agents)
      #expect(try await Self.wait(hub, .healthyApp("web")).last?.reason == "2 of 2 clusters healthy")
      #expect(try await Self.wait(hub, .healthyCluster("dev-1")).last?.reason == "2 of 2 apps healthy")
      #expect(try await Self.wait(hub, .onlineCluster("prod-1")).map(\.state) == [.met])

      await agents[0].set(degraded: ["web"])
      try await agents[0].step(hub.hub)
      let heard = Heard<FlotillaV1.WaitProgress>()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await hub.ask { client in
            try await client.waitFor(.init(condition: .healthyApp("web"))) { progresses in
              for try await progress in progresses { heard.hear(progress) }
            }
          }
        }
        try await awaited("dev-1 is named") {
          heard.all.last?.reason.contains("1 of 2 clusters healthy; dev-1 is Synced, Degraded: it crashes") == true
        }
        await agents[0].set(degraded: [])
        try await agents[0].step(hub.hub)
        try await group.waitForAll()
      }
      #expect(heard.all.last?.state == .met)
    }
  }

  @Test("for what is not there is refused with the next step")
  func refusals() async throws {
    try await OpenHub.with { hub in
      let cases: [(Condition, FleetError.Code)] = [
        (.healthyApp("nothing"), .appNotDeclared), (.healthyCluster("nowhere"), .clusterUnknown),
        (.onlineCluster("nowhere"), .clusterUnknown), (.released(.init(app: "nothing")), .appNotDeclared),
        (.released(.init(commit: "abc")), .invalidField), (.released(.init(commit: "HEAD~1 xyz")), .invalidField),
        (.rollout(.init(which: .id("web-99"), state: .succeeded)), .rolloutUnknown),
      ]
      for (condition, code) in cases {
        let error = try await refusal { _ = try await Self.wait(hub, condition) }
        #expect(error?.code == code && error?.nextStep.isEmpty == false, "\(condition): \(String(describing: error))")
      }
    }
  }
}
