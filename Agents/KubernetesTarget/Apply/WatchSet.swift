import AgentCore
import FleetModel
import Logging
import Manifests
import Synchronization

/// One watch for each kind that has managed objects, begun when the first of them is met.
final class WatchSet: Sendable {
  private struct State {
    var wanted: [String: APIResource] = [:]
    var begin: AsyncStream<APIResource>.Continuation?
    /// Kinds whose watch cannot be had now: nobody waits for them.
    var interrupted: Set<String> = []
  }

  private let client: APIClient
  private let live: LiveObjects
  private let logger: Logger
  private let state = Mutex(State())
  private let told = Signal()

  init(client: APIClient, live: LiveObjects, logger: Logger) {
    self.client = client
    self.live = live
    self.logger = logger
  }

  /// Has a kind watched from now on.
  func add(_ resource: APIResource) {
    guard resource.verbs.contains("watch") else { return }
    state.withLock { state in
      guard state.wanted.updateValue(resource, forKey: resource.qualifiedName) == nil else { return }
      state.begin?.yield(resource)
    }
  }

  /// Runs the watches until it is cancelled.
  func run(_ changed: @escaping @Sendable (TargetChange) -> Void) async {
    let (resources, begin) = AsyncStream<APIResource>.makeStream()
    state.withLock { state in
      state.begin = begin
      for resource in state.wanted.values { begin.yield(resource) }
    }
    await withDiscardingTaskGroup { group in
      for await resource in resources { group.addTask { await self.watch(resource, changed) } }
      group.cancelAll()
    }
    state.withLock { $0.begin = nil }
  }

  /// Whether what is known of a kind's objects is what there is, but for what is on its way.
  func isFollowed(_ resource: APIResource) -> Bool {
    state.withLock { state in
      state.begin != nil && state.wanted[resource.qualifiedName] != nil
        && !state.interrupted.contains(resource.qualifiedName) && live.isComplete(resource)
    }
  }

  /// Waits until everything there is of these kinds was told, as far as it is going to be.
  func settle(_ resources: Set<String>, atMost time: Duration) async {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end, !Task.isCancelled {
      let isSettled = state.withLock { state in
        // Without anybody who runs the watches nothing is going to be told.
        state.begin == nil
          || resources.allSatisfy {
            guard let resource = state.wanted[$0], !state.interrupted.contains($0) else { return true }
            return live.isComplete(resource)
          }
      }
      if isSettled { return }
      await told.wait(atMost: end - .now)
    }
  }

  private func watch(_ resource: APIResource, _ changed: @escaping @Sendable (TargetChange) -> Void) async {
    let watch = ObjectWatch(
      client: client, resource: resource, labels: Ownership.appLabel, random: { Double.random(in: 0..<1) })
    await watch.run { event in
      for app in self.live.take(event, of: resource) where !app.isEmpty { changed(.drifted(app: app)) }
      self.note(event, of: resource)
    }
  }

  private func note(_ event: WatchEvent, of resource: APIResource) {
    switch event {
    case .complete: told.raise()
    case .resumed: _ = state.withLock { $0.interrupted.remove(resource.qualifiedName) }
    case .interrupted(let failure):
      _ = state.withLock { $0.interrupted.insert(resource.qualifiedName) }
      logger.warning("a watch is interrupted", metadata: ["kind": "\(resource.kind)", "error": "\(failure)"])
      told.raise()
    case .begin, .present, .gone: break
    }
  }
}
