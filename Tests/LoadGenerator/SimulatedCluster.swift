import AgentCore
import FleetModel
import Manifests
import Synchronization

/// A cluster in memory: takes whatever it is given, and is healthy after a while or, as it was told, never.
actor SimulatedCluster: ApplyTarget {
  struct Behaviour: Sendable {
    /// From an apply until what was applied is healthy.
    var healthDelay: Duration = .zero
    /// The share of clusters on which nothing but the first release of an app gets healthy.
    var unhealthyShare = 0.0
  }

  private struct App {
    var digest: AppDigest
    var objects: [ObjectID: Value]
    var isFirst: Bool
    var appliedAt: ContinuousClock.Instant
  }

  nonisolated let kind = "simulated"

  private let healthDelay: Duration
  private let isUnhealthy: Bool
  private var apps: [String: App] = [:]
  private let changes = AsyncStream.makeStream(of: TargetChange.self)

  init(_ behaviour: Behaviour, name: String) {
    healthDelay = behaviour.healthDelay
    isUnhealthy = SimulatedCluster.place(of: name) < behaviour.unhealthyShare
  }

  /// Where a cluster stands among all, from 0 to 1: the same in every run.
  private static func place(of name: String) -> Double {
    let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
    return Double((hash ^ (hash >> 32)) & 0xffff) / 65_536
  }

  func serverVersion() async -> String { "" }

  func watch(_ changed: @escaping @Sendable (TargetChange) -> Void) async throws(FleetError) {
    for await change in changes.stream { changed(change) }
  }

  func apply(_ app: DesiredApp, _ mode: ApplyMode) async -> [ObjectOutcome] {
    let before = apps[app.name]
    var objects = before?.objects ?? [:]
    let outcomes = app.manifests.manifests.map { manifest -> ObjectOutcome in
      let wanted = Value.object(manifest.object)
      let found = objects.updateValue(mode == .enforce ? wanted : objects[manifest.id] ?? .null, forKey: manifest.id)
      let isAsWanted = found == wanted
      let result: ObjectOutcome.Result =
        isAsWanted ? .unchanged : mode == .compare ? .differs : found == nil ? .created : .changed
      return ObjectOutcome(id: manifest.id, result: result)
    }
    if mode == .enforce, before?.digest != app.digest {
      apps[app.name] = App(digest: app.digest, objects: objects, isFirst: before == nil, appliedAt: .now)
      if healthDelay > .zero { tellOfHealth(of: app.name) }
    }
    return outcomes
  }

  private func tellOfHealth(of app: String) {
    let (changes, delay) = (changes.continuation, healthDelay)
    Task {
      try? await Task.sleep(for: delay)
      changes.yield(.healthChanged(app: app))
    }
  }

  func observe(_ app: DesiredApp) async -> AppObservation {
    let health = health(of: app)
    return AppObservation(
      objects: app.manifests.manifests.map {
        .init(
          id: $0.id, health: health, isBlocking: health != .healthy,
          reason: health == .degraded ? "this cluster was asked to fail" : "")
      })
  }

  private func health(of app: DesiredApp) -> Health {
    guard let known = apps[app.name], known.digest == app.digest else { return .missing }
    if isUnhealthy && !known.isFirst { return .degraded }
    return .now - known.appliedAt < healthDelay ? .progressing : .healthy
  }

  func owned() async throws(FleetError) -> [OwnedObject] {
    apps.flatMap { name, app in app.objects.keys.map { OwnedObject(app: name, id: $0) } }
  }

  func delete(_ objects: [OwnedObject]) async -> [ObjectOutcome] { leave(objects, .deleted) }

  func disown(_ objects: [OwnedObject]) async -> [ObjectOutcome] { leave(objects, .unchanged) }

  private func leave(_ objects: [OwnedObject], _ result: ObjectOutcome.Result) -> [ObjectOutcome] {
    for object in objects {
      apps[object.app]?.objects[object.id] = nil
      if apps[object.app]?.objects.isEmpty == true { apps[object.app] = nil }
    }
    return objects.map { ObjectOutcome(id: $0.id, result: result) }
  }
}
