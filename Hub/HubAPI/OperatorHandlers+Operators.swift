internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import Trust
public import Wire

// Who may drive the hub.

extension OperatorHandlers {
  public func listOperators(
    _ request: FlotillaV1.ListOperatorsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListOperatorsResponse {
    _ = try await hub.access.require(call)
    let page = try Page(request.page, of: try await hub.operators.list()) { $0.record.name }
    return .init(accounts: page.elements.map { .init($0) }, page: page.response)
  }

  public func addOperator(
    _ request: FlotillaV1.AddOperatorRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.AddOperatorResponse {
    let actor = try await hub.access.require(call)
    let role = try OperatorRole(wire: request.role)
    let (added, credentials) = try await hub.operators.add(
      request.name, role: role, environments: request.environments, request: request.csr, by: actor)
    return .init(account: .init(added), credentials: .init(credentials))
  }

  public func changeOperator(
    _ request: FlotillaV1.ChangeOperatorRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ChangeOperatorResponse {
    let actor = try await hub.access.require(call)
    let changed = try await hub.operators.change(
      request.name, role: try OperatorRole(wire: request.role), environments: request.environments, by: actor)
    return .init(account: .init(changed))
  }

  public func removeOperator(
    _ request: FlotillaV1.RemoveOperatorRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RemoveOperatorResponse {
    let actor = try await hub.access.require(call)
    try await hub.operators.remove(request.name, reason: request.reason, by: actor)
    return .init()
  }

  public func renewOperator(
    _ request: FlotillaV1.RenewOperatorRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RenewOperatorResponse {
    _ = try await hub.access.require(call)
    guard case .operator(let name) = try call.requirePeer().identity.name else {
      throw FleetError(.permissionDenied, "only an operator may call \(call.method)")
    }
    return .init(credentials: .init(try await hub.operators.renew(name, request: request.csr)))
  }
}

extension OperatorRole {
  fileprivate init(wire role: FlotillaV1.OperatorRole) throws(FleetError) {
    switch role {
    case .viewer: self = .viewer
    case .deployer: self = .deployer
    case .admin: self = .admin
    case .unspecified, .unrecognized:
      throw FleetError(
        .invalidRequest, "not a role", at: .init(field: "role"), nextStep: "choose viewer, deployer or admin")
    }
  }

  fileprivate var wire: FlotillaV1.OperatorRole {
    switch self {
    case .viewer: .viewer
    case .deployer: .deployer
    case .admin: .admin
    }
  }
}

extension FlotillaV1.OperatorAccount {
  fileprivate init(_ view: OperatorKeeper.View) {
    self.init(
      name: view.record.name, role: view.record.role.wire, environments: view.record.environments,
      createdUnixMs: view.record.createdAt.milliseconds, certificateSerial: view.record.certificateSerial ?? "",
      certificateNotAfterUnixMs: view.notAfter?.milliseconds ?? 0)
  }
}

extension FlotillaV1.OperatorCredentials {
  fileprivate init(_ credentials: OperatorKeeper.Credentials) {
    self.init(
      fleet: credentials.fleet, certificateChain: [credentials.certificate.der], hubCA: credentials.authorities,
      notAfterUnixMs: credentials.certificate.notAfter.milliseconds)
  }
}
