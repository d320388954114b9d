internal import FleetModel
internal import Manifests

/// An instant at which time alone may change a cluster's state in an app's rollout, or start what the app has queued.
///
/// Kept in a queue and never taken out when it moves: what is due is compared with the cluster's own deadline then.
struct Due: Hashable {
  var time: Timestamp
  var app: String
  /// nil for what concerns the app alone.
  var cluster: ClusterUID?
}

extension Due: Comparable {
  static func < (left: Due, right: Due) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if !left.app.hasSameBytes(as: right.app) { return left.app.precedesInBytes(right.app) }
    return (left.cluster?.rawValue ?? "").precedesInBytes(right.cluster?.rawValue ?? "")
  }
}

/// A cluster's place in the fixed order in which clusters are offered a release: by name, the same for all apps.
struct Place: Hashable {
  var name: String
  var cluster: ClusterUID
}

extension Place: Comparable {
  static func < (left: Place, right: Place) -> Bool {
    if !left.name.hasSameBytes(as: right.name) { return left.name.precedesInBytes(right.name) }
    return left.cluster.rawValue.precedesInBytes(right.cluster.rawValue)
  }
}
