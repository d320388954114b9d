internal import Digests
public import FleetModel
internal import FleetStore
internal import Manifests
public import ReleasePipeline
internal import RolloutEngine
public import Wire

/// What operators call.
public struct OperatorHandlers: FlotillaV1.OperatorService {
  let hub: FleetHub
  private let version: String
  private let started: Timestamp

  public init(hub: FleetHub, version: String, started: Timestamp) {
    self.hub = hub
    self.version = version
    self.started = started
  }

  // MARK: The fleet

  public func getFleetStatus(
    _ request: FlotillaV1.GetFleetStatusRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetFleetStatusResponse {
    _ = try await hub.access.require(call)
    let fleet = try await hub.fleet.fleet()
    var response = FlotillaV1.GetFleetStatusResponse()
    response.fleet = fleet.identity.name
    response.hubVersion = version
    response.hubStartedUnixMs = started.milliseconds
    response.source = .init(fleet.source)
    response.fleetErrors = fleet.errors.filter { $0.scope.app == nil }.map { .init($0.error) }
    response.appErrors = fleet.errors.compactMap { standing in
      standing.scope.app.map { FlotillaV1.AppError(app: $0, error: .init(standing.error)) }
    }
    response.counts = FlotillaV1.FleetCounts(
      clusters: Int64(fleet.clusters), clustersEnrolled: Int64(fleet.enrolled), clustersOnline: Int64(fleet.online),
      apps: Int64(fleet.apps), rolloutsRunning: Int64(fleet.running), approvalsWanted: Int64(fleet.approvalsWanted))
    response.developmentRoot = hub.isDevelopmentRoot
    response.environments = await hub.fleet.environments()
    return response
  }

  public func syncNow(
    _ request: FlotillaV1.SyncNowRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.SyncNowResponse {
    let actor = try await hub.access.require(call)
    return FlotillaV1.SyncNowResponse(source: .init(try await hub.syncNow(by: actor)))
  }

  // MARK: Clusters

  public func listClusters(
    _ request: FlotillaV1.ListClustersRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListClustersResponse {
    _ = try await hub.access.require(call)
    let views = try await hub.fleet.clusters().filter {
      request.environment.isEmpty || $0.environment == request.environment
    }
    if views.isEmpty, !request.environment.isEmpty { try await require(environment: request.environment) }
    let page = try Page(request.page, of: views) { $0.name }
    return .init(clusters: page.elements.map { .init($0) }, page: page.response)
  }

  public func getCluster(
    _ request: FlotillaV1.GetClusterRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetClusterResponse {
    _ = try await hub.access.require(call)
    let view = try await hub.fleet.cluster(named: request.name)
    var response = FlotillaV1.GetClusterResponse(cluster: .init(view), apps: view.apps.map { .init($0) })
    if let key = view.waitingKey {
      response.pending = FlotillaV1.PendingCluster(
        keySHA256: key.bytes, sinceUnixMs: view.record?.stateSince.milliseconds ?? 0)
    }
    if let report = view.report {
      response.agent = FlotillaV1.ClusterAgent(
        version: report.agent.version, target: report.agent.target, server: report.agent.server,
        certificateNotAfterUnixMs: view.certificateNotAfter?.milliseconds ?? 0, reportSeq: report.seq,
        reportUnixMs: report.time.milliseconds, droppedEvents: report.droppedEvents)
    }
    return response
  }

  public func createClusterToken(
    _ request: FlotillaV1.CreateClusterTokenRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.CreateClusterTokenResponse {
    let actor = try await hub.access.require(call, on: .cluster(request.name))
    let lifetime: Duration? = request.lifetimeMs == 0 ? nil : .milliseconds(request.lifetimeMs)
    let made = try await hub.enrollment.createToken(forCluster: request.name, lifetime: lifetime, by: actor)
    return .init(
      token: made.text, clusterUID: made.cluster.wireBytes, expiresUnixMs: made.expiresAt.milliseconds)
  }

  public func approveCluster(
    _ request: FlotillaV1.ApproveClusterRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ApproveClusterResponse {
    let actor = try await hub.access.require(call, on: .cluster(request.name))
    try await hub.enrollment.approve(
      cluster: request.name, key: try Digest(wire: request.keySHA256, field: "key_sha256"), by: actor)
    return .init(cluster: .init(try await hub.fleet.cluster(named: request.name)))
  }

  public func revokeCluster(
    _ request: FlotillaV1.RevokeClusterRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.RevokeClusterResponse {
    let actor = try await hub.access.require(call, on: .cluster(request.name))
    var uid: ClusterUID?
    if !request.clusterUID.isEmpty {
      guard let given = ClusterUID(wire: request.clusterUID) else {
        throw FleetError(.invalidRequest, "not a cluster uid", at: .init(field: "cluster_uid"))
      }
      uid = given
    }
    try await hub.enrollment.revoke(cluster: request.name, uid: uid, reason: request.reason, by: actor)
    return .init(cluster: .init(try await hub.fleet.cluster(named: request.name)))
  }

  /// Refuses an environment that the fleet has not.
  func require(environment name: String) async throws(FleetError) {
    let known = await hub.fleet.environments()
    guard !known.contains(name) else { return }
    throw FleetError(
      .invalidRequest, "the fleet has no environment \(name)", at: .init(field: "environment"),
      nextStep: known.isEmpty ? "no commit is in force yet" : "it has \(known.joined(separator: ", "))")
  }

  // MARK: Apps and rollouts

  public func listApps(
    _ request: FlotillaV1.ListAppsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListAppsResponse {
    _ = try await hub.access.require(call)
    let page = try Page(request.page, of: try await hub.fleet.apps()) { $0.name }
    var apps: [FlotillaV1.App] = page.elements.map { .init($0) }
    let rollouts = try await naming(apps.compactMap(\.rollout))
    let byApp = Dictionary(rollouts.map { ($0.app, $0) }, uniquingKeysWith: { first, _ in first })
    for index in apps.indices { apps[index].rollout = byApp[apps[index].name] }
    return .init(apps: apps, page: page.response)
  }

  public func getApp(
    _ request: FlotillaV1.GetAppRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.GetAppResponse {
    _ = try await hub.access.require(call)
    let (app, placements) = try await hub.fleet.app(named: request.name)
    let page = try Page(request.page, of: placements) { $0.cluster.name }
    var shown = FlotillaV1.App(app)
    shown.rollout = try await naming([shown.rollout].compactMap(\.self)).first
    return .init(app: shown, placements: page.elements.map { .init($0) }, page: page.response)
  }

  public func listRollouts(
    _ request: FlotillaV1.ListRolloutsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListRolloutsResponse {
    _ = try await hub.access.require(call)
    let all = try await hub.fleet.rollouts(
      of: request.app.isEmpty ? nil : request.app, limit: OperatorHandlers.rolloutsListed)
    // An app that was removed has rollouts still.
    if all.isEmpty, !request.app.isEmpty { _ = try await hub.fleet.app(named: request.app) }
    let wanted = request.activeOnly ? all.filter { !$0.state.isEnded } : all
    let page = try Page(request.page, of: wanted) { $0.id }
    return .init(rollouts: try await naming(page.elements.map { .init($0) }), page: page.response)
  }

  public func listDeletions(
    _ request: FlotillaV1.ListDeletionsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListDeletionsResponse {
    _ = try await hub.access.require(call)
    let deletions = try await hub.fleet.deletions(rollout: request.id, stage: request.stage)
    let page = try Page(request.page, of: deletions) { "\($0.cluster) \($0.deletion.object)" }
    return .init(
      deletions: page.elements.map {
        .init(cluster: $0.cluster, object: $0.deletion.object, reason: $0.deletion.reason)
      }, page: page.response)
  }

  /// Rollouts that a listing goes back over: months of a busy fleet.
  private static let rolloutsListed = 10_000

  // MARK: Events

  public func listEvents(
    _ request: FlotillaV1.ListEventsRequest, _ call: ServerCall
  ) async throws -> FlotillaV1.ListEventsResponse {
    _ = try await hub.access.require(call)
    let size = try Page<StoredEvent>.size(request.page)
    let query = EventQuery(request.filter, limit: size)
    let events = try await hub.fleet.events(query).filter { $0.matches(request.filter) }
    return .init(events: events.reversed().map { .init($0) }, page: .init())
  }

  public func watchEvents(
    _ request: FlotillaV1.WatchEventsRequest, _ responses: MessageWriter<FlotillaV1.Event>, _ call: ServerCall
  ) async throws {
    _ = try await hub.access.require(call)
    var after: Int64
    if let given = request.after {
      after = given
    } else {
      after = try await hub.fleet.events(EventQuery(limit: 1)).last?.number ?? 0
    }
    while true {
      let events = try await hub.fleet.events(
        EventQuery(request.filter, after: after, limit: WireLimits.defaultPageSize))
      for event in events where event.matches(request.filter) { try await responses.write(.init(event)) }
      after = events.last?.number ?? after
      if events.isEmpty { try await Task.sleep(for: OperatorHandlers.eventInterval) }
    }
  }

  /// Between two looks for new events: soon enough for a person who watches.
  private static let eventInterval: Duration = .milliseconds(250)
}
