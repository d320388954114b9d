internal import Digests
internal import FleetModel
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
public import Wire

// What operators hold back, let go and take back.

extension OperatorHandlers {
  public func operateApp(
    _ request: FlotillaV1.OperateAppRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.OperateAppResponse {
    let actor = try await hub.access.require(call, on: .app(request.app), as: request.act?.action)
    guard let asked = request.act else {
      throw FleetError(.invalidRequest, "nothing is asked for", at: .init(field: "act"))
    }
    let act = try AppAct(asked)
    let app = try await hub.fleet.app(named: request.app).app.name
    try await hub.operations.operate(act, on: app, reason: request.reason, by: actor)
    let view = try await hub.fleet.app(named: app).app
    var response = FlotillaV1.OperateAppResponse(app: .init(view))
    if let status = view.rollout { response.rollout = .init(try await hub.fleet.view(of: status)) }
    return response
  }

  public func suspend(
    _ request: FlotillaV1.SuspendRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.SuspendResponse {
    let named = request.scope.map(Scope.init)
    let actor = try await hub.access.require(call, on: named?.subject)
    try await hub.operations.suspend(try await scope(named), reason: request.reason, by: actor)
    return .init()
  }

  public func unsuspend(
    _ request: FlotillaV1.UnsuspendRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.UnsuspendResponse {
    let named = request.scope.map(Scope.init)
    let actor = try await hub.access.require(call, on: named?.subject)
    try await hub.operations.unsuspend(try await scope(named), reason: request.reason, by: actor)
    return .init()
  }

  public func listRestraints(
    _ request: FlotillaV1.ListRestraintsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListRestraintsResponse {
    _ = try await hub.access.require(call)
    let view = await hub.fleet.restraints(of: request.app.isEmpty ? nil : request.app)
    if view.holds.isEmpty, !request.app.isEmpty { _ = try await hub.fleet.app(named: request.app) }
    var suspensions: [FlotillaV1.Suspension] = []
    for suspension in view.suspensions {
      var name = ""
      if case .cluster(let uid) = suspension.scope { name = await hub.fleet.name(of: uid) }
      suspensions.append(.init(suspension, cluster: name))
    }
    return .init(
      holds: view.holds.map { .init($0.hold, of: $0.app) }, suspensions: suspensions,
      freezes: view.freezes.map { .init($0) })
  }

  /// What a suspension is of, with clusters by name.
  private enum Scope {
    case app(String)
    case cluster(String)
    case environment(String)

    init(_ scope: FlotillaV1.SuspendRequest.Scope) {
      switch scope {
      case .app(let name): self = .app(name)
      case .cluster(let name): self = .cluster(name)
      case .environment(let name): self = .environment(name)
      }
    }

    init(_ scope: FlotillaV1.UnsuspendRequest.Scope) {
      switch scope {
      case .app(let name): self = .app(name)
      case .cluster(let name): self = .cluster(name)
      case .environment(let name): self = .environment(name)
      }
    }

    var subject: OperatorSubject {
      switch self {
      case .app(let name): .app(name)
      case .cluster(let name): .cluster(name)
      case .environment(let name): .environment(name)
      }
    }
  }

  private func scope(_ named: Scope?) async throws(FleetError) -> SuspensionScope {
    switch named {
    case nil: throw FleetError(.invalidRequest, "no app, cluster or environment is named", at: .init(field: "scope"))
    case .app(let name): return .app(name)
    case .cluster(let name): return try await hub.operations.scope(ofCluster: name)
    case .environment(let name):
      try await require(environment: name)
      return .environment(name)
    }
  }
}

extension FlotillaV1.OperateAppRequest.Act {
  /// What the audit log calls it.
  fileprivate var action: String {
    switch self {
    case .rollBack: AuditAction.appRollback
    case .hold: AuditAction.appHold
    case .liftHold: AuditAction.appLiftHold
    case .promote: AuditAction.appPromote
    }
  }
}

extension AppAct {
  init(_ act: FlotillaV1.OperateAppRequest.Act) throws(FleetError) {
    switch act {
    case .rollBack(let asked):
      let width = asked.width.isEmpty ? nil : try Width(wire: asked.width, field: "roll_back.width")
      self = .rollBack(stage: asked.stage.isEmpty ? nil : asked.stage, width: width)
    case .hold(let asked):
      switch asked.which {
      case .release(let digest): self = .hold(try .init(wire: digest, field: "hold.release"), stages: asked.stages)
      case .rollout(let id): self = .hold(.rollout(id), stages: asked.stages)
      case nil: self = .hold(.latest, stages: asked.stages)
      }
    case .liftHold(let asked):
      guard let number = Int(exactly: asked.number) else {
        throw FleetError(.invalidRequest, "not a hold's number", at: .init(field: "lift_hold.number"))
      }
      self = .liftHold(number)
    case .promote(let asked):
      guard !asked.stage.isEmpty else {
        throw FleetError(.invalidRequest, "up to which stage?", at: .init(field: "promote.stage"))
      }
      switch asked.which {
      case .release(let digest): self = .promote(try .init(wire: digest, field: "promote.release"), stage: asked.stage)
      case .rollout(let id): self = .promote(.rollout(id), stage: asked.stage)
      case nil: throw FleetError(.invalidRequest, "which release?", at: .init(field: "promote.which"))
      }
    }
  }
}

extension NamedRelease {
  fileprivate init(wire bytes: [UInt8], field: String) throws(FleetError) {
    self = .digest(ReleaseDigest(try Digest(wire: bytes, field: field)))
  }
}

extension Width {
  /// A number of clusters, or a share of them such as 25%.
  fileprivate init(wire text: String, field: String) throws(FleetError) {
    let isShare = text.hasSuffix("%")
    let digits = isShare ? text.dropLast() : Substring(text)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits), number > 0,
      number <= (isShare ? 100 : RolloutLimits.clusters)
    else {
      throw FleetError(
        .invalidRequest, "not a number of clusters such as 5 or a share such as 25%: \(text)", at: .init(field: field))
    }
    self = isShare ? .percent(number) : .count(number)
  }
}
