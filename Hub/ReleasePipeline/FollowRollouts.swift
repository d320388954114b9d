import FleetModel
import Manifests
import RolloutEngine
import Synchronization

/// Wakes those who watch rollouts or wait for something when it may have changed.
///
/// A wake says nothing but "look again"; several that come at once are one.
public final class RolloutFollowers: Sendable {
  /// Calls that watch or wait at once: people with a terminal each and the builds of a day, not all agents of a fleet.
  static let limit = 256
  /// What only time changes, such as a deadline that moves or a word in a reason, is looked for this often.
  private static let tick: Duration = .seconds(2)

  private struct State {
    var next: UInt64 = 0
    /// By number: whose app it follows, nil for all.
    var followers: [UInt64: (app: String?, wake: AsyncStream<Void>.Continuation)] = [:]
  }

  private let state = Mutex(State())

  /// Runs `body` with the wakes of an app's rollouts, or of all where it is nil.
  func follow<Result>(
    _ app: String?, _ body: (AsyncStream<Void>) async throws -> Result
  ) async throws -> Result {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = try state.withLock { state throws(FleetError) -> UInt64 in
      guard state.followers.count < RolloutFollowers.limit else {
        throw FleetError(
          .limitExceeded, "\(RolloutFollowers.limit) calls watch rollouts already",
          nextStep: "end some of them, or ask again and again with `flotilla rollout status`")
      }
      state.next += 1
      state.followers[state.next] = (app, wake)
      return state.next
    }
    defer { state.withLock { $0.followers[number] = nil } }
    return try await body(wakes)
  }

  /// Something moved in the rollouts of these apps.
  func moved(_ apps: Set<String>) {
    guard !apps.isEmpty else { return }
    state.withLock { state in
      for (app, wake) in state.followers.values where app.map(apps.contains) ?? true { wake.yield() }
    }
  }

  /// Wakes everybody now and then, until the task is cancelled.
  func run() async {
    while (try? await Task.sleep(for: RolloutFollowers.tick)) != nil {
      state.withLock { state in for follower in state.followers.values { follower.wake.yield() } }
    }
  }
}

/// Shows rollouts as they go.
public struct RolloutWatcher: Sendable {
  /// From a wake to the look that it leads to: what moves at once is shown at once. As long as a shown view is shared.
  static let pause: Duration = .milliseconds(250)

  let queries: FleetQueries
  let followers: RolloutFollowers
  let shared = SharedViews()

  /// Shows a rollout now and whenever it may have changed, until it has ended.
  public func watch(
    _ id: String, _ show: (RolloutView) async throws -> Void
  ) async throws {
    let first = try await queries.rollout(id)
    try await followers.follow(first.app) { wakes in
      var wakes = wakes.makeAsyncIterator()
      while true {
        let view = try await shared.view(of: id, queries)
        try await show(view)
        if view.status.state.isEnded { return }
        if await wakes.next() == nil { throw CancellationError() }
        try await Task.sleep(for: RolloutWatcher.pause)
      }
    }
  }
}

/// Many who watch one rollout cost as much as one: they share what was read since their wakes.
actor SharedViews {
  private var known: [String: (at: ContinuousClock.Instant, task: Task<RolloutView, any Error>)] = [:]

  func view(of id: String, _ queries: FleetQueries) async throws -> RolloutView {
    let now = ContinuousClock.now
    known = known.filter { $0.value.at + RolloutWatcher.pause > now }
    if let shared = known[id] { return try await shared.task.value }
    let task = Task { try await queries.view(of: try await queries.rollout(id)) }
    known[id] = (now, task)
    return try await task.value
  }
}
