import FleetModel

/// Which clusters count as online, from sessions that come and go.
///
/// A session that ends is not yet silence: agents restart and networks hiccup. Pure: instants are passed in.
struct PresenceTracker {
  /// A cluster whose session ended is offline after this; well within the 90 s after which it must show as such.
  static let grace: Duration = .seconds(20)

  private(set) var online: Set<ClusterUID> = []
  private var leaving: [ClusterUID: Timestamp] = [:]

  enum Change: Equatable {
    case cameOnline(ClusterUID)
    case wentOffline(ClusterUID)
  }

  mutating func sessionBegan(_ cluster: ClusterUID) -> Change? {
    leaving[cluster] = nil
    return online.insert(cluster).inserted ? .cameOnline(cluster) : nil
  }

  mutating func sessionEnded(_ cluster: ClusterUID, at now: Timestamp) {
    if online.contains(cluster) { leaving[cluster] = now }
  }

  /// Those whose grace is over.
  mutating func timePassed(to now: Timestamp) -> [Change] {
    let gone = leaving.filter { now >= $0.value + PresenceTracker.grace }.map(\.key).sorted()
    for cluster in gone {
      leaving[cluster] = nil
      online.remove(cluster)
    }
    return gone.map(Change.wentOffline)
  }

  /// When `timePassed` next has something to say.
  var nextDue: Timestamp? { leaving.values.min().map { $0 + PresenceTracker.grace } }

  func isOnline(_ cluster: ClusterUID) -> Bool { online.contains(cluster) }
}
