import Foundation
import LocalFleet
import RolloutEngine
import TestSupport
import Testing
import Wire

@testable import RolloutRules

@Suite("Wherever in its rollouts a hub is killed, its log and everything else it stored agree", .serialized)
struct RolloutKillTests {
  @Test(
    "commits, broken releases, approvals and everything an operator can do, with kills at random",
    .timeLimit(.minutes(120)))
  func killedInRollouts() async throws {
    var dice = Randomness("moments to kill the hub in rollouts at, and what happens meanwhile")
    try await Stage.with(EventfulFleet.sample) { stage in
      let fleet = EventfulFleet(check: "http://127.0.0.1:\(stage.fleet.adminPort)/healthz")
      try fleet.declare(in: stage.repository)
      let person = RandomOperator(
        stage.fleet, apps: EventfulFleet.apps, environments: ["dev", "prod"], seed: dice.seed &+ 1)
      try await stage.startClusters()
      let usual = try await usualSpan(fleet, stage, person)
      var run = Run(stage: stage, fleet: fleet, person: person, usual: usual)
      let work = Task { await person.run() }
      do {
        for round in 1...HubKillTests.kills { try await run.round(round, &dice) }
        work.cancel()
        await work.value
        try await run.end()
      } catch {
        work.cancel()
        await work.value
        throw StageFailure(description: "seed \(dice.seed), \(run.summary): \(error)")
      }
      print("\(run.summary), seed \(dice.seed)")
    }
  }

  /// How long the first app's undisturbed rollout takes.
  private func usualSpan(_ fleet: EventfulFleet, _ stage: Stage, _ person: RandomOperator) async throws -> Duration {
    let began = ContinuousClock.now
    let commit = try fleet.release("warm-up", of: "web", hasClaim: true, in: stage)
    try await Run.through(commit, "web", stage, person)
    return ContinuousClock.now - began
  }

  private struct Run {
    let stage: Stage
    let fleet: EventfulFleet
    let person: RandomOperator
    let usual: Duration
    let began = ContinuousClock.now
    let stored = StoredRollouts(holdingRules: ProcessInfo.processInfo.environment["FLOTILLA_RULES"] != nil)
    var kills = 0
    var killedIn: [String: Int] = [:]

    private var hub: String { "\(stage.machine.directory)/hub" }

    /// A commit, a while, a kill, a look, and a start; sometimes another kill before the hub is up.
    mutating func round(_ number: Int, _ dice: inout Randomness) async throws {
      let isBroken = Int.random(in: 0..<5, using: &dice) == 0
      let app = EventfulFleet.apps[Int.random(in: 0..<EventfulFleet.apps.count, using: &dice)]
      try fleet.release(
        isBroken ? "broken" : "r\(number)", of: app, hasClaim: Bool.random(using: &dice), in: stage)
      try await Task.sleep(for: usual * Double.random(in: 0..<1, using: &dice))
      try await kill()
      if Int.random(in: 0..<5, using: &dice) == 0 {
        try stage.fleet.startHub()
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<1500, using: &dice)))
        killedIn["start", default: 0] += 1
        try await kill()
      }
      try stage.fleet.startHub()
      // Without agents nothing would move between one kill and the next.
      if Int.random(in: 0..<4, using: &dice) > 0 { try await stage.fleet.allOnline() }
    }

    private mutating func kill() async throws {
      try stage.fleet.hub.kill()
      let done = person.done
      kills += 1
      do {
        try await check(done)
      } catch {
        throw StageFailure(description: "kill \(kills): \(error)")
      }
      for word in stored.underWay { killedIn[word, default: 0] += 1 }
    }

    private func check(_ done: [String]) async throws {
      try await stored.check(hub)
      try stored.checkDone(done)
      try stored.checkAgents(of: stage)
    }

    /// In the end every app is everywhere what Git asks for, and the store of a hub that ended by itself agrees too.
    func end() async throws {
      for app in EventfulFleet.apps {
        let commit = try fleet.release("last", of: app, hasClaim: true, in: stage)
        try await Run.through(commit, app, stage, person)
      }
      for app in EventfulFleet.apps {
        for cluster in stage.sample.clusters { #expect(stage.tag(on: cluster.name, app: app) == "last") }
      }
      let audit = try runProgram(
        "\(Stage.programs)/flotilla", ["audit", "verify", "--operator", stage.fleet.operatorFile])
      #expect(audit.status == 0, "\(audit)")
      try await stage.fleet.hub.stop()
      try await check(person.done)
      try await stored.replayAll(hub)
      #expect(stored.unpublished == 0)
    }

    static func through(_ commit: String, _ app: String, _ stage: Stage, _ person: RandomOperator) async throws {
      do {
        try await eventually(
          "\(app) at \(commit.prefix(8)) is through", within: .seconds(180), every: .milliseconds(100)
        ) {
          try await person.clearTheWay()
          let rollout = try await stage.rollout(app)?.rollout
          return rollout?.commit?.id == commit && rollout?.state == .succeeded
        }
      } catch {
        let status = try? runProgram(
          "\(Stage.programs)/flotilla", ["rollout", "status", app, "--operator", stage.fleet.operatorFile])
        throw Violation("\(error)", status?.text ?? "the hub says nothing")
      }
    }

    var summary: String {
      let places = killedIn.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
      return """
        \(kills) kills in \((ContinuousClock.now - began).components.seconds) s; \(stored.engine.number) entries and \
        \(stored.transitions) transitions replayed, \(stored.acts) acts of operators \
        (\(person.done.count) acknowledged, \(person.refused) refused or without a hub), \(stored.snapshots) snapshots, \
        \(stored.entriesReadAgain) entries read again by starts; killed in: \(places.joined(separator: ", "))
        """
    }
  }
}
