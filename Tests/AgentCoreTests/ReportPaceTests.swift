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

  @Test("an answer that was there before is not waited for, and one that never comes only for a while")
  func unanswered() async {
    let state = SessionState()
    state.answered(5)
    await state.awaitAnswer(to: 4, atMost: .seconds(600))
    await state.awaitAnswer(to: 6, atMost: .milliseconds(10))
  }
}
