internal import Digests
internal import FleetModel
internal import FleetStore
internal import Manifests
internal import ReleasePipeline
internal import RolloutEngine
internal import Wire

// How the fleet is spelt on the wire.

extension ClusterView {
  var environment: String { declaration?.environment ?? record?.environment ?? "" }
}

extension FlotillaV1.Cluster {
  init(_ view: ClusterView) {
    self.init()
    name = view.name
    uid = view.record?.uid.wireBytes ?? []
    environment = view.environment
    labels = view.declaration?.labels ?? view.record?.labels ?? [:]
    connectivity = .init(view.declaration?.connectivity ?? view.record?.connectivity ?? .connected)
    membership = .init(view.record?.state)
    link = .init(view)
    lastSeenUnixMs = view.lastSeen?.milliseconds ?? 0
    apps = Int64(view.apps.count)
    appsSynced = Int64(view.apps.count { $0.evidence?.sync == .synced })
    appsHealthy = Int64(view.apps.count { $0.evidence?.health == .healthy })
    sync = .worst(of: view.apps)
    health = .worst(of: view.apps)
    bundleSeq = view.publishedSeq
    reportedBundleSeq = view.report?.bundleSeq ?? 0
    agentVersion = view.report?.agent.version ?? ""
    suspension = view.suspension.map { .init($0, cluster: view.name) }
  }
}

extension FlotillaV1.Link {
  init(_ view: ClusterView) {
    if view.isOnline {
      self = .online
    } else if view.isAirgapped {
      self.init(airgapped: view.apps.compactMap { $0.outside?.state })
    } else {
      self = view.lastSeen == nil ? .never : .offline
    }
  }

  /// A cluster that nobody expects to hear is never offline: it is as far as the app of it that is least far.
  private init(airgapped states: [ClusterState]) {
    if states.contains(.awaitingExport) {
      self = .awaitingExport
    } else if states.contains(.awaitingReport) {
      self = .awaitingReport
    } else {
      self = states.isEmpty ? .never : .reported
    }
  }
}

extension FlotillaV1.AppPlacement {
  init(_ view: AppPlacementView) {
    self.init(
      cluster: view.cluster.name, environment: view.cluster.environment, link: .init(view.cluster),
      lastSeenUnixMs: view.cluster.lastSeen?.milliseconds ?? 0, app: .init(view.app))
  }
}

extension FlotillaV1.Connectivity {
  init(_ connectivity: ClusterDeclaration.Connectivity) {
    switch connectivity {
    case .connected: self = .connected
    case .edge: self = .edge
    case .airgapped: self = .airgapped
    }
  }
}

extension FlotillaV1.Membership {
  init(_ state: ClusterRecord.State?) {
    switch state {
    case nil: self = .declared
    case .awaitingEnrollment: self = .invited
    case .pendingApproval: self = .pending
    case .enrolled: self = .enrolled
    case .revoked: self = .revoked
    case .departed: self = .departed
    }
  }
}

extension FlotillaV1.SyncState {
  /// Synced where every app is, by evidence; else the first that is not says what is the matter.
  static func worst(of apps: [AppOnClusterView]) -> FlotillaV1.SyncState {
    let states = apps.map { $0.evidence?.sync ?? .unknown }
    let order: [Sync] = [.failed, .outOfSync, .unknown, .applying]
    return .init(order.first(where: states.contains) ?? .synced)
  }
}

extension FlotillaV1.HealthState {
  static func worst(of apps: [AppOnClusterView]) -> FlotillaV1.HealthState {
    .init(apps.map { $0.evidence?.health ?? .unknown }.max() ?? .healthy)
  }
}

extension FlotillaV1.AppOnCluster {
  init(_ view: AppOnClusterView) {
    self.init()
    app = view.assignment.app
    appDigest = view.assignment.digest.digest.bytes
    reportedAppDigest = view.observed?.app.appDigest.digest.bytes ?? []
    absent = view.isAbsence
    commit = view.commit
    rollout = view.assignment.rollout
    awaits = view.outside?.reason ?? ""
    guard let observed = view.observed else {
      (sync, health) = (.unknown, .unknown)
      blocking = true
      return
    }
    sync = .init(observed.app.sync)
    health = .init(observed.app.health)
    blocking = observed.app.blocking
    reason = observed.app.reason
    objects = .init(
      total: Int64(observed.app.objects.total), synced: Int64(observed.app.objects.synced),
      healthy: Int64(observed.app.objects.healthy))
    notHealthy = observed.app.notHealthy.map { .init(id: $0.id, health: .init($0.health), reason: $0.reason) }
    driftHealed = observed.app.driftHealed
    observedUnixMs = observed.since.milliseconds
  }
}

extension FlotillaV1.App {
  init(_ view: AppView) {
    self.init()
    name = view.name
    namespace = view.declaration?.namespace ?? ""
    pipeline = view.declaration?.pipeline ?? ""
    clusters = Int64(view.clusters.count)
    clustersSynced = Int64(view.clusters.count { $0.evidence?.sync == .synced })
    clustersHealthy = Int64(view.clusters.count { $0.evidence?.health == .healthy })
    sync = .worst(of: view.clusters)
    health = .worst(of: view.clusters)
    release = view.latest?.digest.digest.bytes ?? []
    commit = view.latest?.commit ?? ""
    rollout = view.rollout.map { .init($0) }
    error = view.errors.first.map { .init($0) }
    let app = view.name
    holds = view.holds.map { .init($0, of: app) }
    queued = view.queued.map { .init($0) }
    suspension = view.suspension.map { .init($0, cluster: "") }
  }
}

extension FlotillaV1.SourceStatus {
  init(_ view: SourceView) {
    self.init(
      url: view.url, revision: view.reference, observed: view.observed.map { .init($0) },
      inForce: view.inForce.map { .init($0) }, lastAnswerUnixMs: view.lastAnswer?.milliseconds ?? 0,
      lastAttemptUnixMs: view.lastAttempt?.milliseconds ?? 0, error: view.error.map { .init($0) })
  }
}

extension FlotillaV1.Commit {
  init(_ commit: ObservedCommit) {
    self.init(
      id: commit.id, subject: commit.summary, committer: commit.committer, committedUnixMs: commit.time.milliseconds)
  }
}

extension FlotillaV1.Event {
  init(_ stored: StoredEvent) {
    let event = stored.event
    let subject = [event.app, event.cluster].compactMap(\.self).joined(separator: "/")
    self.init(
      n: stored.number, timeUnixMs: event.time.milliseconds, action: event.kind, subject: subject,
      digest: event.release?.digest.bytes ?? [], reason: event.message)
  }
}

extension EventQuery {
  /// What the store can narrow of a filter; `StoredEvent.matches` does the rest.
  init(_ filter: FlotillaV1.EventFilter?, after: Int64? = nil, limit: Int) {
    func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
    self.init(
      after: after, kind: given(filter?.action), cluster: given(filter?.cluster), app: given(filter?.app),
      subject: given(filter?.subject), limit: limit)
  }
}

extension StoredEvent {
  func matches(_ filter: FlotillaV1.EventFilter?) -> Bool {
    guard let filter else { return true }
    let wire = FlotillaV1.Event(self)
    return filter.actor.isEmpty || filter.actor == wire.actor
  }
}
