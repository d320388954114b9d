import FleetModel
public import FleetStore
public import Manifests

/// Who may do what: an operator's role, as the store has it now and not as a certificate once said.
public struct OperatorAccess: Sendable {
  let store: any HubStore
  let refusals: RefusalRecorder
  let now: @Sendable () -> Timestamp

  /// The operator as an actor, if they have at least this role; a refusal is in the audit log.
  public func require(
    _ role: OperatorRole, of name: String, for action: String
  ) async throws(FleetError) -> Actor {
    let actor = Actor(operator: name)
    guard let record = try await store.operatorRecord(named: name) else {
      try await refuse(actor, action, "the operator is not known")
      throw FleetError(.operatorRefused, "operator \(name) is not known to this hub")
    }
    guard record.role >= role else {
      try await refuse(actor, action, "needs the role \(role.rawValue)")
      throw FleetError(
        .operatorRefused, "\(action) needs the role \(role.rawValue); \(name) is \(record.role.rawValue)",
        nextStep: "ask an admin")
    }
    return actor
  }

  /// Puts into the audit log that somebody called what is not for their kind.
  public func refuse(_ actor: Actor, _ action: String, _ reason: String) async throws(FleetError) {
    let entry = AuditRecord.Content(
      time: now(), actor: actor.name, action: action, subject: "", outcome: "refused", reason: reason)
    try await refusals.record(entry)
  }
}

extension OperatorRole: Comparable {
  public static func < (left: OperatorRole, right: OperatorRole) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .deployer: 1
    case .admin: 2
    }
  }
}

extension FleetError.Code {
  /// An operator who is not known, or whose role does not allow the act.
  public static let operatorRefused = FleetError.Code("operator-refused")
}
