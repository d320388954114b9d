import FleetModel
import Testing

@testable import AgentCore

@Suite("Reports go out no faster than the hub takes them")
struct ReportPaceTests {
  @Test("the next one waits for the answer to the last, whatever is said of those before it")
  func answered() async {
    let state = SessionState()
    let order = AsyncStream<String>.makeStream()
    let waiting = Task {
      await state.awaitAnswer(to: 3, atMost: .seconds(600))
      order.continuation.yield("next report")
      order.continuation.finish()
    }
    for seq in 1...2 { state.answered(Int64(seq)) }
    order.continuation.yield("answer to the last")
    state.answered(3)
    await waiting.value
    #expect(await order.stream.reduce(into: []) { $0.append($1) } == ["answer to the last", "next report"])
  }

  @Test("a report waits until what is desired was applied and looked at, and no longer than its patience")
  func pass() async throws {
    let target = HeldTarget(holding: ["web"])
    let reconciler = Reconciler(
      target: target, settings: Reconciler.Settings(), logger: Fixtures.logger,
      now: { Timestamp(milliseconds: 0) }, random: { 0 }, notify: { _ in })
    let running = Task { try await reconciler.run() }
    reconciler.desire(Fixtures.state([try Fixtures.app("web", ["one"])]))
    await reconciler.awaitDone(atMost: .milliseconds(10))
    #expect(await reconciler.report(listing: 1).first?.sync != .synced)
    let waiting = Task {
      await reconciler.awaitDone(atMost: .seconds(600))
      return await reconciler.report(listing: 1).first
    }
    while target.inside.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
    target.letGo(["web"])
    let told = await waiting.value
    #expect(told?.sync == .synced && told?.health == .healthy)
    await reconciler.awaitDone(atMost: .seconds(600))
    running.cancel()
    _ = await running.result
  }

  @Test("an answer that was there before is not waited for, and one that never comes only for a while")
  func unanswered() async {
    let state = SessionState()
    state.answered(5)
    await state.awaitAnswer(to: 4, atMost: .seconds(600))
    await state.awaitAnswer(to: 6, atMost: .milliseconds(10))
  }
}
