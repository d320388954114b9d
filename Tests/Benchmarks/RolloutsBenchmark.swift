import Digests
import FleetModel
import Foundation
import RolloutEngine

/// What the rollout engine takes for a change of every app on every cluster of a large fleet, without hub, store or network.
enum RolloutsBenchmark: Benchmark {
  static let name = "rollouts"
  static let summary = "the rollout engine alone: one commit changes all apps of a fleet, with the default gates"
  private static let clusters = setting("FLOTILLA_BENCH_CLUSTERS") ?? 10_000
  private static let apps = setting("FLOTILLA_BENCH_ROLLOUTS") ?? 50

  static func run() async throws {
    let before = try Memory(of: ProcessInfo.processInfo.processIdentifier)
    var fleet = SimulatedFleet(clusters: clusters, apps: apps)
    fleet.release("v1")
    try fleet.finish()
    let idle = try Memory(of: ProcessInfo.processInfo.processIdentifier)
    let eventsBefore = fleet.events
    let transitionsBefore = fleet.transitions
    let start = processorTime()
    fleet.release("v2")
    try fleet.finish()
    let seconds = processorTime() - start
    let events = fleet.events - eventsBefore
    let after = try Memory(of: ProcessInfo.processInfo.processIdentifier)
    Row.print("clusters, apps", "\(clusters), \(apps)")
    Row.print("events", "\(events)")
    let transitions = fleet.transitions - transitionsBefore
    Row.print("transitions", "\(transitions)")
    Row.print("processor time of the whole rollout", String(format: "%8.1f s", seconds))
    Row.print("events per second of it", String(format: "%8.0f", Double(events) / seconds))
    Row.print("per transition, on average", Row.microseconds(seconds / Double(max(1, transitions)) * 1_000_000))
    Row.print("slowest event", Row.milliseconds(fleet.slowest.0 * 1000) + " (\(fleet.slowest.1))")
    Row.print("resident, engine at rest", Row.megabytes(idle.resident - before.resident))
    Row.print("resident, after the rollout", Row.megabytes(after.resident - before.resident))
    Row.print("resident, at most", Row.megabytes(after.highest))
  }

  private static func setting(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

  /// What this process has computed so far, in seconds.
  static func processorTime() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }
}

/// Clusters that take what is assigned to them at once, and find it healthy.
private struct SimulatedFleet {
  private var engine = RolloutEngine()
  private var now = Timestamp(milliseconds: 1_000_000)
  private let apps: [String]
  private var members: [FleetMember] = []
  private let plan: AppPlan
  /// What was assigned and has not been taken, by cluster.
  private var assigned: [ClusterUID: [String: AppDigest]] = [:]
  private(set) var events = 0
  private(set) var transitions = 0
  private(set) var slowest = (0.0, "none")

  /// One cluster in a hundred is in dev, nine are in staging, the rest in prod.
  init(clusters: Int, apps count: Int) {
    apps = (0..<count).map { "app-\($0)" }
    plan = AppPlan(
      pipeline: Pipeline(
        name: "default",
        stages: ["dev", "staging", "prod"].map { Stage(name: $0, members: .environment($0)) }))
    members = (0..<clusters).compactMap { index in
      ClusterUID("c\(index)").map { uid in
        let environment = index % 100 == 0 ? "dev" : index % 100 < 10 ? "staging" : "prod"
        return FleetMember(cluster: uid, name: "cluster-\(index)", environment: environment)
      }
    }
    for member in members {
      hand(.clusterJoined(member), "a cluster joins")
      hand(.clusterConnected(member.cluster), "a cluster connects")
    }
  }

  private mutating func hand(_ event: RolloutEvent, _ what: String) {
    let start = RolloutsBenchmark.processorTime()
    let outcome = engine.handle(event, at: now)
    let seconds = RolloutsBenchmark.processorTime() - start
    if seconds > slowest.0 { slowest = (seconds, what) }
    events += 1
    transitions += outcome.transitions.count
    for case .assign(let assignment) in outcome.actions {
      assigned[assignment.cluster, default: [:]][assignment.app] = assignment.digest
    }
  }

  /// A commit that makes every app another one in every environment.
  mutating func release(_ version: String) {
    slowest = (0, "none")
    for app in apps {
      var clusters: [ClusterUID: AppDigest] = [:]
      for environment in ["dev", "staging", "prod"] {
        let digest = AppDigest(Digest(of: "\(app) \(version) \(environment)"))
        for member in members where member.environment == environment { clusters[member.cluster] = digest }
      }
      let release = Release(app: app, commit: version, clusters: clusters)
      hand(.releaseRendered(RenderedRelease(release: release, plan: plan)), "a release")
    }
  }

  /// Lets agents work and time pass until nothing moves any more.
  mutating func finish() throws {
    while true {
      while !assigned.isEmpty { work() }
      guard let wake = engine.nextWake else { break }
      now = max(now, wake)
      hand(.timePassed, "time passes")
    }
    let open = engine.appStatuses.filter { $0.rollout?.state != .succeeded }
    if let first = open.first { throw Unfinished(app: first.app, reason: first.rollout?.reason ?? "no rollout") }
  }

  private mutating func work() {
    let taken = assigned
    assigned = [:]
    for (cluster, digests) in taken {
      hand(.bundleAccepted(cluster, digests), "a bundle is accepted")
      let seen = digests.map { app, digest in
        AppObservation(app: app, digest: digest, sync: .synced, health: .healthy, blocking: false)
      }
      hand(.clusterReported(cluster, seen), "a report")
    }
  }

  private struct Unfinished: Error {
    var app: String
    var reason: String
  }
}
