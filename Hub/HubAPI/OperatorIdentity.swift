internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import Trust
internal import Wire

extension OperatorAccess {
  /// The calling operator as an actor, if they have at least this role.
  func require(_ role: OperatorRole, _ call: ServerCall) async throws(FleetError) -> Actor {
    guard case .operator(let name) = try call.requirePeer().identity.name else {
      throw FleetError(.permissionDenied, "only an operator may call \(call.method)")
    }
    return try await require(role, of: name, for: call.method)
  }
}
