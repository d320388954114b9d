import Synchronization
import Testing

@testable import ReleasePipeline

@Suite("A render and newer commits", .timeLimit(.minutes(4)))
struct RenderTurnsTests {
  /// Renders a commit until it is given up; another comes as soon as it has begun.
  private func rendered(_ commit: String, andThen newer: String, _ turns: RenderTurns) async -> Bool {
    let done = try? await turns.part(of: commit) { () async throws(CancellationError) -> String in
      turns.saw(newer)
      if Task.isCancelled { throw CancellationError() }
      return commit
    }
    let isDone = done == commit
    turns.ended(givenUp: !isDone)
    return isDone
  }

  @Test("a render is given up when a newer commit comes")
  func givenUp() async {
    let turns = RenderTurns()
    turns.saw("a")
    #expect(await !rendered("a", andThen: "b", turns))
  }

  @Test("seeing the same commit again gives nothing up")
  func same() async {
    let turns = RenderTurns()
    turns.saw("a")
    #expect(await rendered("a", andThen: "a", turns))
  }

  @Test("a commit that is outdated before its turn is given up too")
  func outdated() async {
    let turns = RenderTurns()
    turns.saw("b")
    #expect(await !rendered("a", andThen: "b", turns))
    #expect(await rendered("b", andThen: "b", turns))
  }

  @Test("commits that never stop coming do not keep every render from its end")
  func busy() async {
    let turns = RenderTurns()
    turns.saw("0")
    var ends: [Bool] = []
    for number in 0..<8 { ends.append(await rendered("\(number)", andThen: "\(number + 1)", turns)) }
    #expect(ends == [false, false, false, true, false, false, false, true])
  }

  @Test("a hub that ends ends its render")
  func hubEnds() async {
    let turns = RenderTurns()
    let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await turns.part(of: "a") { () async throws(CancellationError) -> String in
        beginning.yield()
        while !Task.isCancelled { await Task.yield() }
        throw CancellationError()
      }
    }
    for await _ in begun { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
