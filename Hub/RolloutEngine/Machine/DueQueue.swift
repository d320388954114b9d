internal import FleetModel
internal import Manifests

/// What falls due when, app by app.
///
/// What comes up is compared with the cluster's own deadline then, so that what is moved need not be taken out. It is
/// where that costs little: else one event would have to drop all that a fleet has left behind. Clusters that are due at
/// the same instant stand in no order until they are taken: the last soak of a large fleet ends in one instant.
struct DueQueue {
  private var apps: [String: AppQueue] = [:]
  /// The first instant of each app; some were first once.
  private var turns = PriorityQueue<Turn>()
}

/// What falls due of one app.
private struct AppQueue {
  private var times = PriorityQueue<Timestamp>()
  private var clusters: [Timestamp: Set<ClusterUID?>] = [:]

  var first: Timestamp? { times.first }

  mutating func insert(_ cluster: ClusterUID?, at time: Timestamp) {
    if clusters[time] == nil { times.insert(time) }
    clusters[time, default: []].insert(cluster)
  }

  mutating func remove(_ cluster: ClusterUID?, at time: Timestamp) {
    guard let index = clusters.index(forKey: time) else { return }
    clusters.values[index].remove(cluster)
  }

  mutating func popFirst() -> Set<ClusterUID?> {
    times.popFirst().flatMap { clusters.removeValue(forKey: $0) } ?? []
  }

  /// Drops what is first and was moved; answers whether anything is left of it.
  mutating func trimFirst(_ isDue: (ClusterUID?) -> Bool) -> Bool {
    guard let time = times.first, let index = clusters.index(forKey: time) else { return false }
    if clusters.values[index].contains(where: isDue) { return true }
    clusters.values[index] = []
    return false
  }
}

/// An app whose first instant comes.
private struct Turn: Comparable {
  var time: Timestamp
  var app: String

  static func < (left: Turn, right: Turn) -> Bool {
    left.time != right.time ? left.time < right.time : left.app.precedesInBytes(right.app)
  }
}

extension DueQueue {
  mutating func insert(_ due: Due) {
    let first = apps[due.app]?.first
    apps[due.app, default: AppQueue()].insert(due.cluster, at: due.time)
    if first.map({ due.time < $0 }) ?? true { turns.insert(Turn(time: due.time, app: due.app)) }
  }

  /// Takes out what is not due then any longer.
  mutating func remove(_ due: Due) { apps[due.app]?.remove(due.cluster, at: due.time) }

  /// The first instant at which something is due.
  mutating func next(_ isDue: (Due) -> Bool) -> Timestamp? {
    while let turn = turns.first {
      if apps[turn.app]?.first == turn.time {
        let isThere = apps[turn.app]?.trimFirst { isDue(Due(time: turn.time, app: turn.app, cluster: $0)) }
        if isThere == true { return turn.time }
        _ = apps[turn.app]?.popFirst()
      }
      endTurn(of: turn.app)
    }
    return nil
  }

  /// All that has fallen due of the app whose turn is first.
  mutating func takeFirst(
    until now: Timestamp, _ isDue: (Due) -> Bool
  ) -> (app: String, clusters: [ClusterUID?])? {
    guard let app = turns.first?.app else { return nil }
    var clusters: [ClusterUID?] = []
    while let time = apps[app]?.first, time <= now {
      let due = (apps[app]?.popFirst() ?? []).map { Due(time: time, app: app, cluster: $0) }
      clusters += due.filter(isDue).sorted().map(\.cluster)
    }
    endTurn(of: app)
    return (app, clusters)
  }

  private mutating func endTurn(of app: String) {
    turns.popFirst()
    if let first = apps[app]?.first { turns.insert(Turn(time: first, app: app)) } else { apps[app] = nil }
  }
}
