internal import Digests
internal import FleetModel
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
public import Wire

// How one rollout is seen and steered.

extension OperatorHandlers {
  public func getRollout(
    _ request: FlotillaV1.GetRolloutRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetRolloutResponse {
    _ = try await hub.access.require(call)
    switch request.which {
    case .id(let id): return .init(rollout: try await shown(hub.fleet.rollout(id)))
    case .app(let app): return .init(rollout: try await shown(hub.fleet.rollout(ofApp: app)))
    case nil: throw FleetError(.invalidRequest, "neither a rollout nor an app is named", at: .init(field: "which"))
    }
  }

  public func approveRollout(
    _ request: FlotillaV1.ApproveRolloutRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ApproveRolloutResponse {
    let actor = try await hub.access.require(call, on: .stage(request.stage, rollout: request.id))
    let release = ReleaseDigest(try Digest(wire: request.release, field: "release"))
    let status = try await hub.operations.approve(
      rollout: request.id, stage: request.stage, release: release, comment: request.comment, by: actor)
    return .init(rollout: try await shown(status))
  }

  public func confirmDeletions(
    _ request: FlotillaV1.ConfirmDeletionsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ConfirmDeletionsResponse {
    let actor = try await hub.access.require(call, on: .stage(request.stage, rollout: request.id))
    guard let count = Int(exactly: request.count), count > 0 else {
      throw FleetError(.invalidRequest, "not a number of deletions", at: .init(field: "count"))
    }
    let status = try await hub.operations.confirmDeletions(
      rollout: request.id, stage: request.stage, count: count, comment: request.comment, by: actor)
    return .init(rollout: try await shown(status))
  }

  public func operateRollout(
    _ request: FlotillaV1.OperateRolloutRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.OperateRolloutResponse {
    let actor = try await hub.access.require(call, on: request.subject, as: request.act?.action)
    guard let asked = request.act else {
      throw FleetError(.invalidRequest, "nothing is asked for", at: .init(field: "act"))
    }
    let status = try await hub.operations.operate(
      try RolloutAct(asked), on: request.id, reason: request.reason, by: actor)
    return .init(rollout: try await shown(status))
  }

  /// Rollouts with what their commits say; the commits that the hub has forgotten keep their ids alone.
  func naming(_ rollouts: [FlotillaV1.Rollout]) async throws(FleetError) -> [FlotillaV1.Rollout] {
    var commits: [String: FlotillaV1.Commit] = [:]
    for id in Set(rollouts.compactMap { $0.commit?.id }) {
      if let commit = try await hub.fleet.commit(id) { commits[id] = .init(commit) }
    }
    return rollouts.map { rollout in
      var named = rollout
      if let commit = commits[rollout.commit?.id ?? ""] { named.commit = commit }
      return named
    }
  }

  private func shown(_ status: RolloutStatus) async throws(FleetError) -> FlotillaV1.RolloutDetail {
    .init(try await hub.fleet.view(of: status))
  }
}

extension FlotillaV1.OperateRolloutRequest.Act {
  /// What the audit log calls it.
  fileprivate var action: String {
    switch self {
    case .pause: AuditAction.rolloutPause
    case .resume(let asked): asked.acceptSilence ? AuditAction.rolloutAcceptSilence : AuditAction.rolloutResume
    case .abort: AuditAction.rolloutAbort
    case .retry: AuditAction.rolloutRetry
    case .exclude: AuditAction.rolloutExclude
    case .overrideFreeze: AuditAction.rolloutOverrideFreeze
    }
  }
}

extension FlotillaV1.OperateRolloutRequest {
  /// What the act is on; nil where that is the whole fleet.
  fileprivate var subject: OperatorSubject? {
    switch act {
    case .exclude(let exclude): .cluster(exclude.cluster)
    case .overrideFreeze(let override): .stage(override.stage, rollout: id)
    case .resume(let resume) where resume.acceptSilence: nil
    default: .rollout(id)
    }
  }
}

extension RolloutAct {
  init(_ act: FlotillaV1.OperateRolloutRequest.Act) throws(FleetError) {
    switch act {
    case .pause: self = .pause
    case .resume(let resume): self = .resume(acceptingSilence: resume.acceptSilence)
    case .abort: self = .abort
    case .retry: self = .retry
    case .exclude(let exclude):
      guard !exclude.cluster.isEmpty else {
        throw FleetError(.invalidRequest, "no cluster is named", at: .init(field: "exclude.cluster"))
      }
      self = .exclude(cluster: exclude.cluster)
    case .overrideFreeze(let override):
      guard !override.stage.isEmpty else {
        throw FleetError(.invalidRequest, "no stage is named", at: .init(field: "override_freeze.stage"))
      }
      self = .overrideFreeze(stage: override.stage)
    }
  }
}
