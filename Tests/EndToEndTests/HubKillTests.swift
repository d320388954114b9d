import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("A hub that is killed at any moment of a rollout goes on where it was", .serialized)
struct HubKillTests {
  /// How often; `FLOTILLA_KILLS` raises it.
  static let kills = ProcessInfo.processInfo.environment["FLOTILLA_KILLS"].flatMap(Int.init) ?? 8

  @Test("every rollout converges, no release is lost, and no file is left behind", .timeLimit(.minutes(30)))
  func killedMidRollout() async throws {
    var dice = Randomness("moments to kill the hub at")
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let began = ContinuousClock.now
      try await stage.succeeded(try stage.release("warm-up"))
      let usual = ContinuousClock.now - began

      var commits: [String] = []
      for round in 1...HubKillTests.kills {
        let moment = usual * Double.random(in: 0..<1, using: &dice)
        commits.append(try stage.release("r\(round)"))
        try await Task.sleep(for: moment)
        try stage.fleet.hub.kill()
        try stage.fleet.startHub()
        do {
          try await stage.succeeded(commits[round - 1])
          #expect(stage.tag(on: "dev-1") == "r\(round)")
          #expect(stage.tag(on: "prod-1") == "r\(round)")
        } catch {
          throw StageFailure(description: "round \(round), killed after \(moment), seed \(dice.seed): \(error)")
        }
      }
      try await checkHistory(commits, stage)
      try await stage.checkHubFiles()
    }
  }

  /// Every commit has its rollout, once, and it succeeded.
  private func checkHistory(_ commits: [String], _ stage: Stage) async throws {
    var found: [String] = []
    var page = FlotillaV1.PageRequest(size: 100)
    repeat {
      let request = FlotillaV1.ListRolloutsRequest(page: page, app: "web")
      let answer = try await stage.fleet.ask { try await $0.listRollouts(request) }
      found += answer.rollouts.filter { $0.state == .succeeded }.compactMap { $0.commit?.id }
      page.token = answer.page?.next ?? []
    } while !page.token.isEmpty
    for commit in commits { #expect(found.filter { $0 == commit }.count == 1) }
  }
}
