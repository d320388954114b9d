import FleetModel
import Testing

@testable import AgentCore

@Suite("One app that takes its time keeps no other waiting, unless it depends on it")
struct ConcurrentAppsTests {
  private func reconciling(
    _ target: HeldTarget, _ body: (Reconciler) async throws -> Void
  ) async throws {
    let reconciler = Reconciler(
      target: target, settings: Reconciler.Settings(), logger: Fixtures.logger,
      now: { Timestamp(milliseconds: 0) }, random: { 0 }, notify: { _ in })
    let running = Task { try await reconciler.run() }
    do {
      try await body(reconciler)
    } catch {
      target.letGo(target.inside)
      running.cancel()
      throw error
    }
    target.letGo(target.inside)
    running.cancel()
    _ = await running.result
  }

  private func eventually(_ what: Comment, _ holds: () async -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while await !holds() {
      try #require(ContinuousClock.now < end, what)
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  private func isSynced(_ name: String, _ reconciler: Reconciler) async -> Bool {
    await reconciler.report(listing: 1).first { $0.name == name }?.sync == .synced
  }

  @Test("apps of one order are applied at once, those that come after wait")
  func layers() async throws {
    let target = HeldTarget(holding: ["slow"])
    try await reconciling(target) { reconciler in
      reconciler.desire(
        Fixtures.state([
          try Fixtures.app("slow", ["one"]), try Fixtures.app("quick", ["two"]),
          try Fixtures.app("later", ["three"], order: 1),
        ]))
      try await eventually("the quick one is through") { await isSynced("quick", reconciler) }
      #expect(target.inside == ["slow"])
      #expect(await !isSynced("later", reconciler))
      target.letGo(["slow"])
      try await eventually("the later one is through") { await isSynced("later", reconciler) }
      #expect(target.applied.last?.hasPrefix("later") == true)
    }
  }

  @Test("many apps are applied at once, and no more than the limit")
  func bounded() async throws {
    let names = (0..<30).map { "app-\($0)" }
    let target = HeldTarget(holding: Set(names))
    try await reconciling(target) { reconciler in
      reconciler.desire(Fixtures.state(try names.map { try Fixtures.app($0, [$0]) }))
      try await eventually("as many as may are in") { target.inside.count == WorkPlan.appliesAtOnce }
      target.letGo(Set(names))
      try await eventually("all are through") { target.applied.count == names.count }
      #expect(target.mostInside == WorkPlan.appliesAtOnce)
    }
  }

  @Test("drift of one app is healed while another app's apply hangs; no app is ever applied twice at once")
  func healsBeside() async throws {
    let target = HeldTarget()
    try await reconciling(target) { reconciler in
      let stable = try Fixtures.app("stable", ["one"], order: 1)
      reconciler.desire(Fixtures.state([stable, try Fixtures.app("slow", ["two"])]))
      try await eventually("both are there") { target.applied.count == 2 }
      target.hold(["slow"])
      target.tell(.drifted(app: "slow"))
      try await eventually("the slow one hangs") { target.inside == ["slow"] }
      target.tell(.everything)
      target.tell(.drifted(app: "slow"))
      let before = target.applied.count
      target.tell(.drifted(app: "stable"))
      try await eventually("the stable one is healed") { target.applied.count > before }
      #expect(target.applied.last?.hasPrefix("stable") == true)
      target.letGo(["slow"])
      try await eventually("the slow one is applied again") {
        target.applied.dropFirst(2).count { $0.hasPrefix("slow") } >= 2
      }
      #expect(target.mostInsideOfOne == 1)
    }
  }

  @Test("a newer bundle waits for what is under way, and nothing of the older one begins after it")
  func newerBundle() async throws {
    let target = HeldTarget(holding: ["slow"])
    try await reconciling(target) { reconciler in
      let old = try Fixtures.app("later", ["one"], text: "old", order: 1)
      let new = try Fixtures.app("later", ["one"], text: "new", order: 1)
      let slow = try Fixtures.app("slow", ["two"])
      reconciler.desire(Fixtures.state([slow, old]))
      try await eventually("the slow one hangs") { target.inside == ["slow"] }
      reconciler.desire(Fixtures.state([slow, new]))
      target.letGo(["slow"])
      try await eventually("the new one is there") { target.applied.contains("later \(new.digest)") }
      #expect(!target.applied.contains("later \(old.digest)"))
    }
  }

  @Test("an app is found by its name")
  func lookup() throws {
    let state = Fixtures.state(try (0..<100).map { try Fixtures.app("app-\($0)", [], order: 100 - $0) })
    for number in 0..<100 { #expect(state.app(named: "app-\(number)")?.order == 100 - number) }
    #expect(state.app(named: "other") == nil)
  }
}
