public import FleetModel
internal import Manifests

/// How what runs does against what is assigned.
public struct Standing: Hashable, Sendable {
  public var assigned = 0
  /// Observed healthy at exactly the assigned digest, or gone where it is an absence.
  public var healthy = 0
  /// The first that are not, each with what is the matter.
  public var others: [String] = []
  /// Air-gapped clusters of an app, of which nobody knows when they tell anything: in no other number.
  public var outside = 0

  /// How many are named: the rest is a number.
  private static let named = 3

  fileprivate mutating func count(_ verdict: Verdict, _ name: String, isHeard: Bool) {
    assigned += 1
    guard verdict != .passes else {
      healthy += 1
      return
    }
    guard others.count < Standing.named else { return }
    others.append("\(name) \(isHeard ? verdict.words : "is offline")")
  }
}

extension RolloutEngine {
  /// An app on all clusters that it is assigned to; on air-gapped ones only where there are no others.
  public func standing(ofApp app: String) -> Standing {
    let assignments = (ground.apps[app]?.assigned.values.filter { ground.members[$0.cluster] != nil } ?? []).sorted {
      Place(name: ground.name(of: $0.cluster), cluster: $0.cluster)
        < Place(name: ground.name(of: $1.cluster), cluster: $1.cluster)
    }
    let inside = assignments.filter { !ground.isOutside($0.cluster) }
    var standing = Standing()
    standing.outside = inside.isEmpty ? 0 : assignments.count - inside.count
    for assignment in inside.isEmpty ? assignments : inside {
      count(assignment, ground.name(of: assignment.cluster), &standing)
    }
    return standing
  }

  /// All apps that are assigned to a cluster.
  public func standing(of cluster: ClusterUID) -> Standing {
    var standing = Standing()
    for assignment in assignments(of: cluster) { count(assignment, assignment.app, &standing) }
    return standing
  }

  /// Healthy is asked for also of an app whose gate asks for less.
  private func count(_ assignment: Assignment, _ name: String, _ standing: inout Standing) {
    let verdict = ground.verdict(
      of: assignment.app, on: assignment.cluster, digest: assignment.digest, gate: .healthy)
    standing.count(verdict, name, isHeard: isOnline(assignment.cluster) || ground.isOutside(assignment.cluster))
  }
}

extension Verdict {
  fileprivate var words: String {
    switch self {
    case .none: "has not reported on what it is assigned"
    case .passes: "is healthy"
    case .applying(let text), .waiting(let text), .degraded(let text): "is \(text)"
    }
  }
}
