import FleetModel
import Synchronization

/// How often rollouts hear that a cluster is still pulling.
///
/// A bundle names up to thousands of blobs, and each served is progress. What follows from it is only that the pull
/// deadline runs anew, for every app that the cluster is offered: it need not be stored a thousand times.
final class PullPace: Sendable {
  /// Between two words of one cluster. Pull deadlines are minutes; one may run out this much early.
  static let interval: Duration = .seconds(1)

  private let last = Mutex<[ClusterUID: Timestamp]>([:])

  /// Whether it is time for another word; noted as given.
  func isDue(_ cluster: ClusterUID, at now: Timestamp) -> Bool {
    last.withLock { last in
      if let before = last[cluster], before <= now, now.since(before) < PullPace.interval { return false }
      last[cluster] = now
      return true
    }
  }
}
