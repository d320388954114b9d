import FleetModel
import Synchronization
import Testing

@testable import AgentCore

@Suite("An agent whose reconciler is stuck says so, and no other does")
struct WatchdogTests {
  /// Time that passes when a test says so.
  private final class Hands: Sendable {
    private let passed = Mutex(Duration.zero)

    var elapsed: Duration { passed.withLock { $0 } }
    func pass(_ time: Duration) { passed.withLock { $0 += time } }
  }

  private func reconciling(
    _ target: HeldTarget, _ body: (Reconciler, Hands) async throws -> Void
  ) async throws {
    let hands = Hands()
    let reconciler = Reconciler(
      target: target, settings: Reconciler.Settings(), logger: Fixtures.logger,
      watchdog: Watchdog { hands.elapsed }, now: { Timestamp(milliseconds: 0) }, random: { 0 }, notify: { _ in })
    let running = Task { try await reconciler.run() }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(reconciler, hands))
    } catch {
      result = .failure(error)
    }
    target.letGoOfKeep()
    target.letGo(target.inside)
    running.cancel()
    _ = await running.result
    try result.get()
  }

  private func eventually(_ what: Comment, _ holds: () async -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while await !holds() {
      try #require(ContinuousClock.now < end, what)
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  @Test("an app that is worked on for an hour is stuck, and no longer when it is through")
  func work() async throws {
    let target = HeldTarget(holding: ["slow"])
    try await reconciling(target) { reconciler, hands in
      reconciler.desire(Fixtures.state([try Fixtures.app("slow", ["one"]), try Fixtures.app("quick", ["two"])]))
      try await eventually("the slow one is under way and the quick one through") {
        target.inside == ["slow"] && target.applied.count == 1
      }
      hands.pass(Watchdog.workLimit)
      #expect(reconciler.stuck() == [])
      hands.pass(.seconds(1))
      try await eventually("only the work is stuck") {
        reconciler.stuck() == ["the apply of slow does not come to its end"]
      }
      target.letGo(["slow"])
      try await eventually("nothing is stuck") { reconciler.stuck().isEmpty }
    }
  }

  @Test("a loop that does not come round when it is asked to is stuck, and one that idles for hours is not")
  func loop() async throws {
    let target = HeldTarget()
    try await reconciling(target) { reconciler, hands in
      reconciler.desire(Fixtures.state([try Fixtures.app("app", ["one"])]))
      try await eventually("it is applied") { target.applied.count == 1 }
      hands.pass(.seconds(36_000))
      #expect(reconciler.stuck() == [])
      target.holdKeep()
      reconciler.desire(Fixtures.state([try Fixtures.app("app", ["two"])]))
      try await eventually("the loop hangs") { target.isKeeping }
      #expect(reconciler.stuck() == [])
      hands.pass(Watchdog.roundLimit + .seconds(1))
      #expect(reconciler.stuck() == ["the reconciler's loop does not come round"])
      target.letGoOfKeep()
      try await eventually("it comes round") { reconciler.stuck().isEmpty }
    }
  }

  @Test("what stands in the way of being ready is said until one app is applied whole")
  func ready() async throws {
    let target = HeldTarget(holding: ["slow"])
    try await reconciling(target) { reconciler, _ in
      #expect(await reconciler.progress.obstacles == ["no bundle has been accepted yet"])
      reconciler.desire(Fixtures.state([try Fixtures.app("slow", ["one"]), try Fixtures.app("quick", ["two"])]))
      try await eventually("the quick one is through") { target.applied.count == 1 }
      try await eventually("one app is waited for") {
        await reconciler.progress.obstacles == ["1 of 2 apps have not been applied yet"]
      }
      target.letGo(["slow"])
      try await eventually("nothing stands in the way") { await reconciler.progress.obstacles.isEmpty }
    }
  }
}
