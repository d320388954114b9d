internal import Digests
internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
public import Wire

// Where an object on a cluster comes from.

extension OperatorHandlers {
  public func traceObject(
    _ request: FlotillaV1.TraceObjectRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.TraceObjectResponse {
    _ = try await hub.access.require(call)
    return .init(try await hub.tracer.trace(request.object, on: request.cluster))
  }
}

extension FlotillaV1.TraceObjectResponse {
  init(_ origin: ObjectOrigin) {
    self.init()
    object = origin.object.description
    cluster = origin.cluster.name
    environment = origin.cluster.environment
    app = .init(origin.app)
    sync = .init(origin.sync)
    health = .init(origin.health)
    reason = origin.reason
    manifests = origin.manifests.bytes
    release = origin.app.assignment.release.digest.bytes
    commit = origin.commit.map { .init($0) } ?? .init(id: origin.app.commit)
    author = origin.author
    file = origin.file ?? ""
    line = Int64(origin.line ?? 0)
    rollout = origin.rollout.map { .init($0) }
    stage = origin.stage?.name ?? ""
    let upTo = origin.rollout?.stages.firstIndex { $0.name == origin.stage?.name }
    approvals = (upTo.flatMap { last in origin.rollout?.stages.prefix(through: last) } ?? []).compactMap { stage in
      stage.approval.flatMap { given in
        given.actor.map {
          .init(
            stage: stage.name, approval: .init(actor: $0, timeUnixMs: given.time?.milliseconds ?? 0))
        }
      }
    }
  }
}
