import HubSite
import Manifests
import Synchronization
import TestSupport
import Testing

@testable import ReleasePipeline

@Suite("One at a time does what takes long", .timeLimit(.minutes(2)))
struct TurnTests {
  @Test("the others wait in their order, who goes away leaves the line, and the line is bounded")
  func order() async throws {
    let turn = Turn(limit: 2)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let (began, begin) = AsyncStream.makeStream(of: Void.self)
    let done = Names()
    let first = Task {
      try await turn.take {
        begin.finish()
        for await _ in gate {}
        done.add("first")
      }
    }
    for await _ in began {}
    let second = Task { try await turn.take { done.add("second") } }
    try await awaited("the second waits") { await turn.count == 1 }
    let third = Task { try await turn.take { done.add("third") } }
    try await awaited("the third waits") { await turn.count == 2 }
    await #expect(throws: FleetError.self) { try await turn.take {} }
    second.cancel()
    await #expect(throws: CancellationError.self) { try await second.value }
    let fourth = Task { try await turn.take { done.add("fourth") } }
    try await awaited("the fourth waits") { await turn.count == 2 }
    open.finish()
    for task in [first, third, fourth] { try await task.value }
    #expect(done.all == ["first", "third", "fourth"])
    try await turn.take {}
  }
}

/// Who has had their turn.
private final class Names: Sendable {
  private let names = Mutex<[String]>([])

  var all: [String] { names.withLock { $0 } }

  func add(_ name: String) { names.withLock { $0.append(name) } }
}
