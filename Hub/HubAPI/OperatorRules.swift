internal import FleetStore
public import ReleasePipeline

/// What each of the operators' calls needs: the least role, and what of the fleet it acts on.
///
/// A call that is not here is refused to everybody; a test compares the table with the service.
public enum OperatorRules {
  /// By the method's name in the service.
  public static let table: [String: OperatorRule] = [
    "GetFleetStatus": .reading,
    "SyncNow": OperatorRule(.deployer, .nothing),

    "ListClusters": .reading,
    "GetCluster": .reading,
    "CreateClusterToken": OperatorRule(.admin, .subject),
    "ApproveCluster": OperatorRule(.admin, .subject),
    "RevokeCluster": OperatorRule(.admin, .subject),

    "ListApps": .reading,
    "GetApp": .reading,

    "ListRollouts": .reading,
    "GetRollout": .reading,
    "ApproveRollout": OperatorRule(.deployer, .subject),
    "ListDeletions": .reading,
    "ConfirmDeletions": OperatorRule(.deployer, .subject),

    "ListEvents": .reading,
    "WatchEvents": .reading,

    "ListOperators": .reading,
    "AddOperator": OperatorRule(.admin, .fleet),
    "ChangeOperator": OperatorRule(.admin, .fleet),
    "RemoveOperator": OperatorRule(.admin, .fleet),
    "RenewOperator": OperatorRule(.viewer, .nothing),

    "ListAudit": .reading,
    "ExportAudit": .reading,

    "OperateRollout": OperatorRule(.deployer, .subject),
    "WatchRollout": .reading,
    "WaitFor": .reading,

    "OperateApp": OperatorRule(.deployer, .subject),
    "Suspend": OperatorRule(.deployer, .subject),
    "Unsuspend": OperatorRule(.deployer, .subject),
    "ListRestraints": .reading,
    "TraceObject": .reading,
    "PlanRevision": .reading,
  ]

  static let service = "flotilla.v1.Operator/"
  /// What the API is, every operator may know.
  private static let reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

  /// The rule of a call by its full name.
  static func rule(of method: String) -> OperatorRule? {
    if method == reflection { return .reading }
    return method.hasPrefix(service) ? table[String(method.dropFirst(service.count))] : nil
  }
}
