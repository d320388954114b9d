import Digests
import FleetModel
import Manifests

@testable import RolloutEngine
@testable import RolloutRules

// Clusters and their agents, and the hub's own ends.

extension RandomRun {
  var away: [ClusterUID] { members.keys.filter { !online.contains($0) }.sorted() }
  /// Those that may tell something: also who is air-gapped, by whatever way.
  var heard: [ClusterUID] {
    members.filter { online.contains($0.key) || $0.value.connectivity == .airgapped }.keys.sorted()
  }
  func cluster(_ pick: UInt64) -> ClusterUID? { members.keys.sorted().picked(by: pick) }

  mutating func join(environment: String) throws {
    guard let cluster = ClusterUID("u\(nextCluster)") else { return }
    // Names in another order than uids, so that one is not taken for the other.
    let member = FleetMember(
      cluster: cluster, name: "k\(97 - nextCluster % 97)-\(nextCluster)", environment: environment,
      connectivity: nextCluster % 5 == 0 ? .edge : nextCluster % 7 == 3 ? .airgapped : .connected)
    nextCluster += 1
    members[cluster] = member
    try hand(.clusterJoined(member))
    try connect(cluster)
  }

  mutating func moveCluster(_ pick: UInt64) throws {
    guard let cluster = cluster(pick), var member = members[cluster] else { return }
    if pick & 4 == 0 { member.environment = Self.environments.picked(by: pick >> 8) ?? "dev" }
    if pick & 3 == 3 { member.connectivity = member.connectivity == .airgapped ? .connected : .airgapped }
    members[cluster] = member
    try hand(.clusterChanged(member))
    if pick & 64 != 0 { for app in Self.apps { try commit(app, 0) } }
  }

  mutating func leave(_ cluster: ClusterUID) throws {
    members[cluster] = nil
    online.remove(cluster)
    holdings[cluster] = nil
    try hand(.clusterLeft(cluster, reason: "its file vanished"))
  }

  mutating func connect(_ cluster: ClusterUID) throws {
    online.insert(cluster)
    try hand(.clusterConnected(cluster))
    try reportAll(cluster)
  }

  mutating func disconnect(_ cluster: ClusterUID) throws {
    online.remove(cluster)
    try hand(.clusterDisconnected(cluster))
  }

  mutating func restartHub() throws {
    try hand(.hubStarted)
    online = []
  }

  /// The hub is killed and comes back from what it stored: the last snapshot and the log after it.
  mutating func crash() throws {
    var restored = try RolloutEngine(snapshot: snapshot)
    restored.dueLimit = engine.dueLimit
    for entry in log where entry.number > restored.number { try restored.replay(entry) }
    try hold(restored.snapshot == engine.snapshot, "a snapshot and the log after it lead to the same state")
    try hold(restored.nextWake == engine.nextWake, "a restored engine wakes at the same time")
    engine = restored
    snapshot = restored.snapshot
    try restartHub()
  }

  // MARK: Agents

  /// One step of an agent: it pulls, then applies, then sees what comes of it.
  mutating func work(_ cluster: ClusterUID) throws {
    for assignment in engine.assignments(of: cluster) {
      if holdings[cluster]?[assignment.app]?.digest != assignment.digest {
        holdings[cluster, default: [:]][assignment.app] = Holding(digest: assignment.digest)
        try hand(.bundleAccepted(cluster, [assignment.app: assignment.digest]))
      } else {
        holdings[cluster]?[assignment.app]?.steps += 1
        try report(cluster, assignment.app)
      }
    }
  }

  mutating func reportAll(_ cluster: ClusterUID) throws {
    for app in (holdings[cluster] ?? [:]).keys.sorted() { try report(cluster, app) }
  }

  mutating func report(_ cluster: ClusterUID, _ app: String) throws {
    guard let holding = holdings[cluster]?[app] else { return }
    try hand(.clusterReported(cluster, [observation(app, holding)]))
  }

  func observation(_ app: String, _ holding: Holding) -> AppObservation {
    func seen(_ sync: Sync, _ health: Health, blocking: Bool) -> AppObservation {
      AppObservation(app: app, digest: holding.digest, sync: sync, health: health, blocking: blocking)
    }
    if holding.steps < 2 { return seen(.applying, .unknown, blocking: true) }
    switch behaviours[holding.digest] {
    case nil: return seen(.synced, .missing, blocking: true)
    case "bad": return seen(holding.steps % 2 == 0 ? .synced : .failed, .degraded, blocking: true)
    case "stuck": return seen(.synced, .progressing, blocking: true)
    case "slow" where holding.steps < 5: return seen(.synced, .progressing, blocking: true)
    case "flaky" where holding.steps % 4 == 3: return seen(.synced, .degraded, blocking: true)
    default: return seen(.synced, holding.steps == 3 ? .progressing : .healthy, blocking: false)
    }
  }

  /// A report of something else than what is assigned, or a lie that nothing blocks.
  mutating func misreport(_ pick: UInt64) throws {
    guard let cluster = online.sorted().picked(by: pick), let app = Self.apps.picked(by: pick >> 6) else { return }
    let known = behaviours.keys.sorted()
    guard let digest = pick & 1 == 0 ? known.picked(by: pick >> 8) : holdings[cluster]?[app]?.digest else { return }
    let sync = Sync.allCases.picked(by: pick >> 16) ?? .unknown
    let health = Health.allCases.picked(by: pick >> 20) ?? .unknown
    try hand(
      .clusterReported(
        cluster, [AppObservation(app: app, digest: digest, sync: sync, health: health, blocking: pick & 2 == 0)]))
  }

  mutating func refuse(_ cluster: ClusterUID, _ pick: UInt64) throws {
    try hand(.bundleRefused(cluster, app: pick & 32 == 0 ? nil : "db", reason: "a blob has another digest"))
  }
}
