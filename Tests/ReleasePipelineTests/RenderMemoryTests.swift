import Digests
import FleetModel
import FleetStore
import TestSupport
import Testing

@testable import ReleasePipeline

@Suite("What a hub remembers of renders", .timeLimit(.minutes(4)))
struct RenderMemoryTests {
  private func key(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

  private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: "\(directory)/store")
      try await body(store)
      try await store.close()
    }
  }

  @Test("does not grow with the commits: what is needed stays, and of the rest what was needed last")
  func bounded() async throws {
    try await withStore { store in
      let memory = RenderMemory(store: store)
      for round in 0..<300 {
        try await memory.begin("web")
        let keys: Set = [key("the same"), key("round \(round)")]
        for key in keys { memory.put(key, [1, 2, 3]) }
        _ = try await memory.end("web") { keys }
      }
      let kept = try await memory.keys(of: "web")
      // The two that are needed, the old ones, and the list of them all.
      #expect(kept.count == 2 + RenderMemory.Limits.old + 1)
      #expect(kept.isSuperset(of: [key("the same"), key("round 299"), key("round 250")]))
      #expect(!kept.contains(key("round 100")))
    }
  }

  @Test("is there after a restart, a damaged entry excepted")
  func restart() async throws {
    try await withStore { store in
      let memory = RenderMemory(store: store)
      try await memory.begin("web")
      memory.put(key("a"), [1, 2, 3])
      memory.put(key("b"), [4, 5, 6])
      _ = try await memory.end("web")
      let wrong = BlobReference(sha256: Digest(of: [0]), length: 3)
      try await store.saveRenders([CachedRender(key: key("b"), trace: [4, 5, 7], result: wrong)])

      let restarted = RenderMemory(store: store)
      try await restarted.begin("web")
      #expect(restarted.get(key("a")) == [1, 2, 3])
      #expect(restarted.get(key("b")) == nil)
      #expect(try await restarted.end("web") == 0)
    }
  }

  @Test("an app that was not rendered again keeps what it has")
  func unchanged() async throws {
    try await withStore { store in
      let memory = RenderMemory(store: store)
      try await memory.begin("web")
      memory.put(key("a"), [1])
      _ = try await memory.end("web") { [key("a")] }
      let before = try await memory.keys(of: "web")
      try await memory.begin("web")
      _ = try await memory.end("web") {
        Issue.record("nobody need know")
        return []
      }
      #expect(try await memory.keys(of: "web") == before)
    }
  }
}
