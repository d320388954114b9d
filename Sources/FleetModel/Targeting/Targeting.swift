import Manifests

extension AppDeclaration {
  /// Whether the app is meant for this cluster.
  public func targets(_ cluster: ClusterDeclaration) -> Bool {
    clusterSelector?.matches(cluster.labels) ?? true
  }
}

extension Stage {
  /// Whether the stage takes in a cluster, if no stage before it does.
  public func matches(_ cluster: ClusterDeclaration) -> Bool {
    switch members {
    case .environment(let environment): cluster.environment == environment
    case .selector(let selector): selector.matches(cluster.labels)
    }
  }
}

extension Pipeline {
  /// The name of the pipeline that apps travel by that name none.
  public static let standardName = "default"

  /// What `default` is in a fleet that does not declare it: every environment in its order, with the defaults of
  /// stages. It gates.
  public static func standard(environments: [String]) -> Pipeline {
    Pipeline(name: standardName, stages: environments.map { Stage(name: $0, members: .environment($0)) })
  }

  /// The place of the stage that a cluster belongs to: the first that matches. nil when none does.
  public func stage(of cluster: ClusterDeclaration) -> Int? { stages.firstIndex { $0.matches(cluster) } }
}

/// Which clusters an app is meant for, and the stage at which each gets it.
public struct Targeting: Hashable, Sendable {
  public struct Member: Hashable, Sendable {
    public var cluster: ClusterDeclaration
    /// The place of its stage in the app's pipeline.
    public var stage: Int
  }

  /// In the order of their names' bytes.
  public var members: [Member]
  /// Targeted clusters that no stage of the pipeline matches, which is a plan error: nothing reaches them.
  public var unmatched: [ClusterDeclaration]
}

extension FleetDeclaration {
  /// Which of these clusters an app is meant for, and at which stage of its pipeline.
  ///
  /// A pipeline that is not declared matches nobody; `FleetRepository.read` leaves no app with one.
  public func targeting(of app: AppDeclaration, among clusters: [ClusterDeclaration]) -> Targeting {
    var targeting = Targeting(members: [], unmatched: [])
    let pipeline = pipelines[app.pipeline]
    let targeted = clusters.filter(app.targets).sorted { $0.name.precedesInBytes($1.name) }
    for cluster in targeted {
      if let stage = pipeline?.stage(of: cluster) {
        targeting.members.append(Targeting.Member(cluster: cluster, stage: stage))
      } else {
        targeting.unmatched.append(cluster)
      }
    }
    return targeting
  }
}
