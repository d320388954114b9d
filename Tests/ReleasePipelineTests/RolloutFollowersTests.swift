import Manifests
import Testing

@testable import ReleasePipeline

@Suite("Those who follow rollouts")
struct RolloutFollowersTests {
  @Test("are woken by their own app, or by all where they follow all", .timeLimit(.minutes(1)))
  func wakes() async throws {
    let followers = RolloutFollowers()
    try await followers.follow("web") { web in
      try await followers.follow(nil) { all in
        followers.moved(["db"])
        followers.moved(["db", "web"])
        var (web, all) = (web.makeAsyncIterator(), all.makeAsyncIterator())
        #expect(await web.next() != nil)
        #expect(await all.next() != nil)
      }
    }
  }

  @Test("are bounded in number, and there is room again when one has gone")
  func limit() async throws {
    let followers = RolloutFollowers()
    func follow(_ more: Int) async throws {
      try await followers.follow(nil) { _ in if more > 1 { try await follow(more - 1) } }
    }
    await #expect(throws: FleetError.self) { try await follow(RolloutFollowers.limit + 1) }
    try await follow(RolloutFollowers.limit)
  }
}
