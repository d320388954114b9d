internal import FleetStore
public import ReleasePipeline

/// What each of the operators' calls needs: the least role, and what of the fleet it acts on.
///
/// A call that is not here is refused to everybody; a test compares the table with the service.
public enum OperatorRules {
  /// By the method's name in the service.
  public static let table: [String: OperatorRule] = [
    "GetFleetStatus": .reading,
    "SyncNow": OperatorRule(.deployer, .nothing, as: AuditAction.sourceSync),

    "ListClusters": .reading,
    "GetCluster": .reading,
    "CreateClusterToken": OperatorRule(.admin, .subject, as: AuditAction.clusterToken),
    "ApproveCluster": OperatorRule(.admin, .subject, as: AuditAction.clusterApprove),
    "RevokeCluster": OperatorRule(.admin, .subject, as: AuditAction.clusterRevoke),

    "ListApps": .reading,
    "GetApp": .reading,

    "ListRollouts": .reading,
    "GetRollout": .reading,
    "ApproveRollout": OperatorRule(.deployer, .subject, as: AuditAction.rolloutApprove),
    "ListDeletions": .reading,
    "ConfirmDeletions": OperatorRule(.deployer, .subject, as: AuditAction.rolloutConfirm),

    "ListEvents": .reading,
    "WatchEvents": .reading,

    "ListOperators": .reading,
    "AddOperator": OperatorRule(.admin, .fleet, as: AuditAction.operatorAdd),
    "ChangeOperator": OperatorRule(.admin, .fleet, as: AuditAction.operatorChange),
    "RemoveOperator": OperatorRule(.admin, .fleet, as: AuditAction.operatorRemove),
    "RenewOperator": OperatorRule(.viewer, .nothing, as: AuditAction.operatorRenew),

    "ListAudit": .reading,
    "ExportAudit": .reading,

    "OperateRollout": OperatorRule(.deployer, .subject),
    "WatchRollout": .reading,
    "WaitFor": .reading,

    "OperateApp": OperatorRule(.deployer, .subject),
    "Suspend": OperatorRule(.deployer, .subject, as: AuditAction.suspend),
    "Unsuspend": OperatorRule(.deployer, .subject, as: AuditAction.resume),
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
