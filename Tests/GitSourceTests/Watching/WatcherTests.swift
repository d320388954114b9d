import Foundation
import GitSource
import Manifests
import Synchronization
import TestSupport
import Testing

@Suite("Watching a repository", .timeLimit(.minutes(1)))
struct WatcherTests {
  /// What a watcher told, and the clock it waits by.
  private final class Watched: Sendable {
    let clock = ManualClock()
    let updates = Mutex<[SourceUpdate]>([])
    var count: Int { updates.withLock { $0.count } }
    var last: SourceUpdate? { updates.withLock { $0.last } }
  }

  /// Watches a source while `body` runs; a look at once, then every 100 seconds of the clock, no jitter unless given.
  private func watch(
    random: Double = 0.5, _ body: (Upstream, GitSource, RepositoryWatcher<ManualClock>, Watched) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { directory in
      let upstream = try await Upstream("\(directory)/work")
      try await upstream.commit(["a": "1"])
      let polling = PollSettings(
        interval: .seconds(100), jitter: 0.1, longestBackoff: .seconds(300), minimumGap: .seconds(1))
      let settings = try GitSourceSettings(
        location: upstream.location, reference: .branch("main"), polling: polling)
      let source = try GitSource(settings: settings, stateDirectory: "\(directory)/state", logger: LogBook().logger)
      let watched = Watched()
      let watcher = RepositoryWatcher(
        source: source, clock: watched.clock, random: { random }, logger: LogBook().logger)
      let task = Task {
        await watcher.run { update in watched.updates.withLock { $0.append(update) } }
      }
      defer { task.cancel() }
      try await eventually("the first look") { watched.count == 1 }
      try await body(upstream, source, watcher, watched)
      task.cancel()
      await task.value
    }
  }

  /// Waits until the watcher has begun to sit out the minimum gap, and lets that pass.
  private func passGap(_ watched: Watched) async throws {
    try await eventually("the gap") { watched.clock.longestSleep == .seconds(1) }
    watched.clock.advance(by: .seconds(1))
  }

  @Test("the first look is at once, the next after the interval with its jitter", arguments: [(0.0, 90), (0.5, 100)])
  func interval(random: Double, seconds: Int) async throws {
    try await watch(random: random) { upstream, _, _, watched in
      let next = try await upstream.commit(["a": "2"])
      try await passGap(watched)
      try await eventually("a wait of the interval") { watched.clock.longestSleep == .seconds(seconds - 1) }
      watched.clock.advance(by: .seconds(seconds - 2))
      #expect(watched.count == 1)
      watched.clock.advance(by: .seconds(1))
      try await eventually("the second look") { watched.count == 2 }
      #expect(watched.last?.inForce == next)
    }
  }

  @Test("a poke looks at once after the minimum gap, and pokes in between count once")
  func poke() async throws {
    try await watch { upstream, _, watcher, watched in
      let next = try await upstream.commit(["a": "2"])
      for _ in 0..<3 { watcher.poke() }
      try await passGap(watched)
      try await eventually("the second look") { watched.count == 2 }
      #expect(watched.last?.inForce == next)
      try await passGap(watched)
      try await eventually("a wait of the interval") { watched.clock.longestSleep == .seconds(99) }
      #expect(watched.count == 2)
    }
  }

  @Test("while the repository is away the waits grow and the last commit stays in force; back again, it is found")
  func away() async throws {
    try await watch { upstream, source, _, watched in
      let first = try #require(source.inForce)
      try FileManager.default.moveItem(atPath: upstream.path, toPath: "\(upstream.path)-away")
      for (index, seconds) in [100, 100, 200, 300].enumerated() {
        try await passGap(watched)
        try await eventually("wait \(index)") { watched.clock.longestSleep == .seconds(seconds - 1) }
        watched.clock.advance(by: .seconds(seconds - 1))
        try await eventually("look \(index)") { watched.count == index + 2 }
        #expect(watched.last?.error?.code == .gitRepositoryMissing)
        #expect(watched.last?.inForce == first)
      }
      try FileManager.default.moveItem(atPath: "\(upstream.path)-away", toPath: upstream.path)
      let next = try await upstream.commit(["a": "2"])
      try await passGap(watched)
      try await eventually("the longest wait") { watched.clock.longestSleep == .seconds(299) }
      watched.clock.advance(by: .seconds(299))
      try await eventually("the repository is found again") { watched.last?.inForce == next }
    }
  }

  @Test("cancelling ends the watch at any moment of its wait")
  func cancel() async throws {
    try await watch { _, _, _, watched in
      try await passGap(watched)
      try await eventually("a wait of the interval") { watched.clock.longestSleep == .seconds(99) }
    }
  }
}
