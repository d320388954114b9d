import AgentCore
import FleetModel
import Logging
import Manifests
import Synchronization

/// One watch for each kind that has managed objects, begun when the first of them is met; for an agent that has only some
/// namespaces one in each.
final class WatchSet: Sendable {
  private struct State {
    var wanted: [String: APIResource] = [:]
    var begin: AsyncStream<APIResource>.Continuation?
    /// Kinds whose watch cannot be had now, and where: nobody waits for them.
    var interrupted: [String: [String: Interruption]] = [:]
    /// Which apps have objects of a kind.
    var apps: [String: Set<String>] = [:]
  }

  private struct Interruption {
    var since: Timestamp
    var failure: APIFailure
  }

  /// What can be said of the objects of a kind.
  enum Sight: Equatable {
    case clear
    /// Nothing yet, and why.
    case none(String)
    /// Only what was seen before, and why.
    case lost(since: Timestamp, String)
  }

  private let client: APIClient
  private let live: LiveObjects
  private let reach: Reach
  private let logger: Logger
  private let now: @Sendable () -> Timestamp
  private let state = Mutex(State())
  private let told = Broadcast()

  init(
    client: APIClient, live: LiveObjects, reach: Reach, logger: Logger, now: @escaping @Sendable () -> Timestamp
  ) {
    self.client = client
    self.live = live
    self.reach = reach
    self.logger = logger
    self.now = now
  }

  /// Has a kind watched from now on, for the sake of an app.
  func add(_ resource: APIResource, for app: String) {
    guard resource.verbs.contains("watch") else { return }
    state.withLock { state in
      state.apps[resource.qualifiedName, default: []].insert(app)
      guard state.wanted.updateValue(resource, forKey: resource.qualifiedName) == nil else { return }
      state.begin?.yield(resource)
    }
  }

  /// Forgets other apps than these.
  func keep(_ apps: Set<String>) {
    state.withLock { $0.apps = $0.apps.mapValues { $0.intersection(apps) } }
  }

  /// Runs the watches until it is cancelled.
  func run(_ changed: @escaping @Sendable (TargetChange) -> Void) async {
    let (resources, begin) = AsyncStream<APIResource>.makeStream()
    state.withLock { state in
      state.begin = begin
      for resource in state.wanted.values { begin.yield(resource) }
    }
    live.listen { changed(.drifted(app: $0)) }
    await withDiscardingTaskGroup { group in
      for await resource in resources {
        for scope in reach.scopes(of: resource) { group.addTask { await self.watch(resource, scope, changed) } }
      }
      group.cancelAll()
    }
    live.listen(nil)
    state.withLock { $0.begin = nil }
  }

  /// Whether what is known of a kind's objects is what there is, but for what is on its way.
  func isFollowed(_ resource: APIResource) -> Bool {
    state.withLock { state in
      state.begin != nil && state.wanted[resource.qualifiedName] != nil
        && state.interrupted[resource.qualifiedName] == nil && live.isComplete(resource)
    }
  }

  /// How many kinds are watched, and how many more should be but cannot be now.
  var counts: (open: Int, interrupted: Int) {
    state.withLock { state in
      let interrupted = state.interrupted.keys.count { state.wanted[$0] != nil }
      return (state.begin == nil ? 0 : state.wanted.count - interrupted, interrupted)
    }
  }

  /// What can be said of a kind's objects now.
  func sight(of resource: APIResource) -> Sight {
    guard resource.verbs.contains("watch") else { return .none("the API server offers no watch of \(resource.kind)") }
    let wasRead = live.wasRead(resource)
    return state.withLock { state in
      guard state.begin != nil else { return .none("nothing is watched") }
      guard let lost = state.interrupted[resource.qualifiedName]?.values.min(by: { $0.since < $1.since }) else {
        return wasRead ? .clear : .none("has not been read yet")
      }
      let why = "\(resource.kind) objects cannot be watched: \(lost.failure.error.message)"
      return wasRead ? .lost(since: lost.since, why) : .none(why)
    }
  }

  /// Waits until everything there is of these kinds was told, as far as it is going to be.
  func settle(_ resources: Set<String>, atMost time: Duration) async {
    await told.wait(atMost: time) {
      state.withLock { state in
        // Without anybody who runs the watches nothing is going to be told.
        state.begin == nil
          || resources.allSatisfy {
            guard let resource = state.wanted[$0], state.interrupted[$0] == nil else { return true }
            return live.isComplete(resource)
          }
      }
    }
  }

  private func watch(
    _ resource: APIResource, _ scope: String, _ changed: @escaping @Sendable (TargetChange) -> Void
  ) async {
    let watch = ObjectWatch(
      client: client, resource: resource, labels: Ownership.appLabel, namespace: scope,
      random: { Double.random(in: 0..<1) })
    await watch.run { event in
      let news = self.live.take(event, of: resource, in: scope)
      for app in news.drifted where !app.isEmpty { changed(.drifted(app: app)) }
      let seen = news.healthChanged.union(self.note(event, of: resource, in: scope))
      for app in seen where !app.isEmpty { changed(.healthChanged(app: app)) }
    }
  }

  /// Notes what an event says of the watch itself; the apps whose health can be told, or no longer.
  private func note(_ event: WatchEvent, of resource: APIResource, in scope: String) -> Set<String> {
    let name = resource.qualifiedName
    switch event {
    case .complete:
      told.raise()
      return state.withLock { $0.apps[name] ?? [] }
    case .resumed:
      return state.withLock { state in
        state.interrupted[name]?[scope] = nil
        if state.interrupted[name]?.isEmpty == true { state.interrupted[name] = nil }
        return state.apps[name] ?? []
      }
    case .interrupted(let failure):
      let apps = state.withLock { state in
        let since = state.interrupted[name]?[scope]?.since ?? now()
        state.interrupted[name, default: [:]][scope] = Interruption(since: since, failure: failure)
        return state.apps[name] ?? []
      }
      logger.warning("a watch is interrupted", metadata: ["kind": "\(resource.kind)", "error": "\(failure)"])
      told.raise()
      return apps
    case .begin, .present, .gone: return []
    }
  }
}
