public import FleetModel
import Synchronization

/// The clusters of a fleet, which knows what has changed since the commit before.
public final class ClusterList: Sendable {
  public let clusters: [ClusterDeclaration]
  /// Of all lists this one's alone.
  private let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
  /// The list that this one was compared with; it need not live on.
  private let previous: Int?
  /// Of each cluster, where it stood in that list; nil for one that was not there as it is now.
  private let origins: [Int?]

  private init(_ clusters: [ClusterDeclaration], _ previous: ClusterList?) {
    self.clusters = clusters
    self.previous = previous?.number
    var known: [String: Int] = [:]
    for (index, cluster) in (previous?.clusters ?? []).enumerated() { known[cluster.name] = index }
    origins = clusters.map { cluster in
      guard let previous, let index = known[cluster.name], previous.clusters[index] == cluster else { return nil }
      return index
    }
  }

  /// - Parameter previous: the list of a commit before, which is returned where it is the same.
  public static func of(_ clusters: [ClusterDeclaration], after previous: ClusterList? = nil) -> ClusterList {
    if let previous, previous.clusters == clusters { return previous }
    return ClusterList(clusters, previous)
  }

  /// Of each cluster of that list that stands unchanged in this one: where it stands here. nil when it is not known.
  func places(ofThoseIn earlier: ClusterList) -> [Int: Int]? {
    guard previous == earlier.number else { return nil }
    var places: [Int: Int] = [:]
    for (index, origin) in origins.enumerated() {
      if let origin { places[origin] = index }
    }
    return places
  }
}

private let lastNumber = Atomic(0)
