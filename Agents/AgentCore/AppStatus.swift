import FleetModel
import Manifests

/// What the agent knows of one app, and how it says so in a report.
struct AppStatus: Equatable {
  enum Phase: Equatable {
    /// Desired, and not yet applied whole.
    case applying
    /// Everything is as desired, but for the differences listed.
    case applied
  }

  struct Failure: Equatable {
    var message: String
    var isTransient: Bool
  }

  let name: String
  let digest: AppDigest
  /// In apply order.
  var objects: [ObjectID]
  var phase: Phase = .applying
  var failures: [ObjectID: Failure] = [:]
  /// Objects that differ and are left so, because the app's policy says report only or a fight goes on.
  var differing: Set<ObjectID> = []
  /// Objects that somebody else changes again and again, and who; they are healed now and then only.
  var fights: [ObjectID: String] = [:]
  var held: [DeletionPlan.HeldDeletion] = []
  var observation: AppObservation?
  var driftHealed: Int64 = 0

  init(name: String, digest: AppDigest, objects: [ObjectID]) {
    self.name = name
    self.digest = digest
    self.objects = objects
  }

  var sync: Sync {
    if !failures.isEmpty { return .failed }
    if phase == .applying { return .applying }
    return differing.isEmpty && held.isEmpty ? .synced : .outOfSync
  }

  /// The worst of what was observed; Unknown when an object was not observed at all.
  var health: Health {
    guard let observation else { return .unknown }
    if let overall = observation.overall { return overall.health }
    let seen = Set(observation.objects.map(\.id))
    let unseen = objects.contains { !seen.contains($0) }
    return max(observation.objects.map(\.health).max() ?? .healthy, unseen ? .unknown : .healthy)
  }

  var isBlocking: Bool {
    guard sync == .synced, let observation else { return true }
    if let overall = observation.overall { return overall.isBlocking }
    let seen = Set(observation.objects.map(\.id))
    return observation.objects.contains(where: \.isBlocking) || objects.contains { !seen.contains($0) }
  }

  /// The first thing that a person should read.
  var reason: String {
    if let id = objects.first(where: { failures[$0] != nil }) ?? failures.keys.min(), let failure = failures[id] {
      return "\(id.displayName): \(failure.message)"
    }
    if let first = held.first {
      return "\(held.count) deletions wait for a confirmation, first \(first.object.id.displayName): \(first.reason)"
    }
    if let id = objects.first(where: { fights[$0] != nil }), let opponent = fights[id] {
      let pause = DriftHistory.pause.components.seconds
      return "\(id.displayName) is changed again and again by \(opponent), and healed every \(pause) seconds only"
    }
    if let id = objects.first(where: differing.contains) { return "\(id.displayName) differs and is left as it is" }
    if let overall = observation?.overall, !overall.reason.isEmpty { return overall.reason }
    let worst = observation?.objects.filter { $0.health != .healthy }.max { $0.health < $1.health }
    return worst.map { "\($0.id.displayName): \($0.reason)" } ?? ""
  }

  /// The app's part of a report, with at most so many objects listed.
  func report(listing limit: Int) -> Report.App {
    let unhealthy = observation?.objects.filter { $0.health != .healthy } ?? []
    let listed = unhealthy.sorted { $0.health > $1.health }.prefix(limit).map {
      Report.UnhealthyObject(id: $0.id.description, health: $0.health, reason: $0.reason)
    }
    let unsynced = Set(failures.keys).union(differing)
    let counts = Report.ObjectCounts(
      total: objects.count,
      synced: phase == .applied ? objects.count { !unsynced.contains($0) } : 0,
      healthy: observation?.objects.count { $0.health == .healthy } ?? 0)
    return Report.App(
      name: name, appDigest: digest, sync: sync, health: health, blocking: isBlocking, reason: reason, objects: counts,
      notHealthy: listed, driftHealed: driftHealed)
  }
}

extension AppStatus {
  /// Takes over what became of objects: failures, differences, and what is as desired again.
  mutating func take(_ outcomes: [ObjectOutcome]) {
    for outcome in outcomes {
      failures[outcome.id] = nil
      differing.remove(outcome.id)
      switch outcome.result {
      case .failed(let error, let isTransient):
        failures[outcome.id] = Failure(message: error.saidOfObject, isTransient: isTransient)
      case .differs: differing.insert(outcome.id)
      case .unchanged, .created, .changed, .deleted: break
      }
    }
  }
}

extension ObjectOutcome.Result {
  /// Whether the target was changed.
  var isWrite: Bool {
    switch self {
    case .created, .changed, .deleted: true
    case .unchanged, .differs, .failed: false
    }
  }
}

extension FleetError {
  /// What is said where app and object are named already.
  fileprivate var saidOfObject: String {
    var error = self
    error.address.app = nil
    error.address.object = nil
    return error.description
  }
}
