internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import Trust
internal import Wire

extension OperatorAccess {
  /// The calling operator as an actor, if they have the role that the call needs, and the environments of the subject
  /// where it needs those.
  ///
  /// - Parameter action: what the audit log calls the act, for a call that is one of several.
  func require(
    _ call: ServerCall, on subject: OperatorSubject? = nil, as action: String? = nil
  ) async throws(FleetError) -> Actor {
    guard case .operator(let name) = try call.requirePeer().identity.name else {
      throw try await refuse(call, "only an operator may call \(call.method)")
    }
    guard let rule = OperatorRules.rule(of: call.method) else {
      throw FleetError(.internalFailure, "nothing says who may call \(call.method)")
    }
    return try await require(rule, of: name, on: subject, for: action ?? rule.action ?? call.method)
  }

  /// The cluster that calls; refuses everybody else.
  func requireCluster(_ call: ServerCall) async throws(FleetError) -> ClusterUID {
    guard case .cluster(let cluster) = try call.requirePeer().identity.name else {
      throw try await refuse(call, "only an agent may call \(call.method)")
    }
    return cluster
  }

  private func refuse(_ call: ServerCall, _ reason: String) async throws(FleetError) -> FleetError {
    let actor: Actor? =
      switch try call.requirePeer().identity.name {
      case .cluster(let uid): Actor(cluster: uid)
      case .operator(let name): Actor(operator: name)
      case .hub: nil
      }
    if let actor { try await refuse(actor, call.method, reason) }
    return FleetError(.permissionDenied, reason, nextStep: "use a certificate of the kind that this call is for")
  }
}
