public import Digests
public import FleetModel
public import FleetStore
public import Manifests
public import RolloutEngine
internal import Trust

/// A cluster as operators see it.
public struct ClusterView: Sendable {
  public var name: String
  /// nil where no file declares it any longer.
  public var declaration: ClusterDeclaration?
  /// nil before it was given its first token.
  public var record: ClusterRecord?
  public var isOnline: Bool
  public var lastSeen: Timestamp?
  public var apps: [AppOnClusterView]
  public var publishedSeq: Int64
  public var report: Report?
  /// The key that waits for approval; nil where none does, and in lists.
  public var waitingKey: Digest?
  /// When its youngest certificate ends; nil where it has none, and in lists.
  public var certificateNotAfter: Timestamp?
  /// Its own, or that of its environment.
  public var suspension: SuspensionStatus?

  /// Whether nobody expects to hear of it.
  public var isAirgapped: Bool { (declaration?.connectivity ?? record?.connectivity) == .airgapped }
}

/// One app on one cluster: what is assigned, and what was observed.
public struct AppOnClusterView: Sendable {
  public var assignment: Assignment
  public var commit: String
  public var isAbsence: Bool
  /// What the agent reported last of the app, whatever digest it was of.
  public var observed: ObservedApp?
  /// Where it stands with what it is assigned, of an air-gapped cluster; nil for any other.
  public var outside: OutsideStatus?

  /// What was observed of exactly the assigned digest; nil when nothing was.
  public var evidence: Report.App? {
    observed.flatMap { $0.app.appDigest == assignment.digest ? $0.app : nil }
  }
}

/// An app on one of its clusters.
public struct AppPlacementView: Sendable {
  public var cluster: ClusterView
  public var app: AppOnClusterView
}

/// An app as operators see it.
public struct AppView: Sendable {
  public var name: String
  public var declaration: AppDeclaration?
  public var latest: ReleaseRecord?
  public var rollout: RolloutStatus?
  /// By cluster.
  public var clusters: [AppOnClusterView]
  public var errors: [FleetError]
  public var holds: [HoldStatus] = []
  /// A release that waits for the rollout under way.
  public var queued: QueuedRelease?
  public var suspension: SuspensionStatus?
}

/// The fleet as a whole.
public struct FleetView: Sendable {
  public var identity: FleetIdentity
  public var source: SourceView
  public var errors: [StandingError]
  public var clusters: Int
  public var enrolled: Int
  public var online: Int
  public var apps: Int
  public var running: Int
  public var approvalsWanted: Int
}

/// What the hub knows of the fleet repository.
public struct SourceView: Sendable, Hashable {
  public var url = ""
  public var reference = ""
  public var observed: ObservedCommit?
  public var inForce: ObservedCommit?
  public var lastAnswer: Timestamp?
  public var lastAttempt: Timestamp?
  public var error: FleetError?

  public init() {}
}

/// Answers what operators ask, from what is stored and from the engine's state.
public struct FleetQueries: Sendable {
  let store: any HubStore
  let rollouts: RolloutAdvancer
  let presence: PresenceKeeper
  let source: CurrentSource

  // MARK: Clusters

  /// All clusters, declared or known by uid, by name.
  public func clusters() async throws(FleetError) -> [ClusterView] {
    let declared = await source.snapshot?.clusters ?? []
    let records = try await store.clusters()
    let context = try await ClusterContext(store)
    var views: [ClusterView] = []
    for declaration in declared {
      let record = records.first { $0.name == declaration.name && $0.state != .revoked }
      views.append(await view(declaration.name, declaration, record, context))
    }
    let names = Set(declared.map(\.name))
    for record in records where record.state == .revoked || !names.contains(record.name) {
      views.append(await view(record.name, nil, record, context))
    }
    await noteOutside(&views)
    let suspensions = await rollouts.read { $0.suspensions }
    if !suspensions.isEmpty {
      for index in views.indices { views[index].suspension = suspension(of: views[index], suspensions) }
    }
    return views.sorted { $0.name.precedesInBytes($1.name) }
  }

  private func noteOutside(_ views: inout [ClusterView]) async {
    for index in views.indices where views[index].isAirgapped {
      guard let uid = views[index].record?.uid else { continue }
      let known = await rollouts.read { $0.outsideStatuses(of: uid) }
      for app in views[index].apps.indices {
        views[index].apps[app].outside = known[views[index].apps[app].assignment.app]
      }
    }
  }

  /// A cluster's own comes before its environment's.
  private func suspension(of view: ClusterView, _ suspensions: [SuspensionStatus]) -> SuspensionStatus? {
    let own = view.record.flatMap { record in suspensions.first { $0.scope == .cluster(record.uid) } }
    let environment = view.declaration?.environment ?? view.record?.environment ?? ""
    return own ?? suspensions.first { $0.scope == .environment(environment) }
  }

  public func cluster(named name: String) async throws(FleetError) -> ClusterView {
    guard var found = try await clusters().first(where: { $0.name == name }) else {
      throw FleetError(
        .clusterNotDeclared, "there is no cluster \(name)", at: .init(cluster: name),
        nextStep: "see `flotilla get clusters`, or declare it in the fleet repository")
    }
    if let record = found.record, record.state == .pendingApproval {
      found.waitingKey = try await store.waitingKey(of: record.uid)
    }
    guard let uid = found.record?.uid else { return found }
    found.certificateNotAfter = try await store.certificates(of: identity(of: uid).uri).first?.notAfter
    if let stored = try await store.latestReport(of: uid) {
      found.report = try Report(json: stored.payload, file: "report of \(name)")
    }
    return found
  }

  private func identity(of cluster: ClusterUID) async throws(FleetError) -> PeerIdentity {
    PeerIdentity(fleet: try await fleetIdentity().name, name: .cluster(cluster))
  }

  private func fleetIdentity() async throws(FleetError) -> FleetIdentity {
    guard let identity = try await store.fleetIdentity() else {
      throw FleetError(.storeDamaged, "the store belongs to no fleet", nextStep: "run `flotilla-hub init`")
    }
    return identity
  }

  private func view(
    _ name: String, _ declaration: ClusterDeclaration?, _ record: ClusterRecord?, _ context: ClusterContext
  ) async -> ClusterView {
    guard let uid = record?.uid else {
      return ClusterView(
        name: name, declaration: declaration, record: nil, isOnline: false, lastSeen: nil, apps: [], publishedSeq: 0,
        report: nil)
    }
    let heard = await presence.lastHeard(uid)
    return ClusterView(
      name: name, declaration: declaration, record: record, isOnline: await presence.isOnline(uid),
      lastSeen: heard ?? context.presences[uid]?.lastSeen, apps: context.apps(of: uid),
      publishedSeq: context.publications[uid]?.versions.bundleSeq ?? 0, report: nil)
  }

  // MARK: Apps

  /// All apps that are declared or assigned anywhere, by name.
  public func apps() async throws(FleetError) -> [AppView] {
    let snapshot = await source.snapshot
    let context = try await ClusterContext(store)
    let errors = try await store.currentErrors()
    var names = Set(context.assignments.map(\.app))
    names.formUnion(snapshot?.apps.map(\.name) ?? [])
    names.formUnion(errors.compactMap(\.scope.app))
    var views: [AppView] = []
    let suspensions = await rollouts.read { $0.suspensions }
    for name in names.sorted(by: { $0.precedesInBytes($1) }) {
      let status = await rollouts.read { $0.status(ofApp: name) }
      views.append(
        AppView(
          name: name, declaration: snapshot?.apps.first { $0.name == name },
          latest: try await store.releases(of: name, limit: 1).first, rollout: status?.rollout,
          clusters: context.assignments.filter { $0.app == name }.map(context.view),
          errors: errors.filter { $0.scope.app == name || $0.error.address.app == name }.map(\.error),
          holds: status?.holds ?? [], queued: status?.queued,
          suspension: suspensions.first { $0.scope == .app(name) }))
    }
    return views
  }

  /// One app, and the clusters that it is assigned to or leaving, by name.
  public func app(named name: String) async throws(FleetError) -> (app: AppView, placements: [AppPlacementView]) {
    guard let found = try await apps().first(where: { $0.name == name }) else {
      throw FleetError(
        .appNotDeclared, "there is no app \(name)", at: .init(app: name),
        nextStep: "see `flotilla get apps`, or declare it in the fleet repository")
    }
    let placements = try await clusters().compactMap { cluster in
      cluster.apps.first { $0.assignment.app == name }.map { AppPlacementView(cluster: cluster, app: $0) }
    }
    return (found, placements)
  }

  // MARK: The fleet

  public func fleet() async throws(FleetError) -> FleetView {
    let identity = try await fleetIdentity()
    let clusters = try await clusters()
    let running = try await rollouts(of: nil, limit: 1000).filter { !$0.state.isEnded }
    let waiting = running.flatMap(\.stages).count {
      $0.state == .awaitingBefore(.approval) || $0.state == .awaitingAfter
    }
    return FleetView(
      identity: identity, source: await source.view, errors: try await store.currentErrors(),
      clusters: clusters.count, enrolled: clusters.count { $0.record?.state == .enrolled },
      online: clusters.count(where: \.isOnline), apps: await source.snapshot?.apps.count ?? 0, running: running.count,
      approvalsWanted: waiting)
  }

  /// Whether a cluster can be heard, or why nothing is to be heard of it.
  public enum PresenceState: String, Sendable, CaseIterable {
    case online
    case offline
    /// Air-gapped, and not connected.
    case airgapped = "air_gapped"
    /// Declared, and not enrolled yet.
    case notEnrolled = "not_enrolled"
    /// No file declares it any longer.
    case departed
    case revoked
  }

  /// How many clusters there are of each kind; every kind is there.
  func presenceCounts() async throws(FleetError) -> [PresenceState: Int] {
    var counts = Dictionary(PresenceState.allCases.map { ($0, 0) }, uniquingKeysWith: { $1 })
    let online = await presence.online
    let records = try await store.clusters()
    for record in records {
      let state: PresenceState =
        switch record.state {
        case .enrolled:
          online.contains(record.uid) ? .online : record.connectivity == .airgapped ? .airgapped : .offline
        case .awaitingEnrollment, .pendingApproval: .notEnrolled
        case .departed: .departed
        case .revoked: .revoked
        }
      counts[state, default: 0] += 1
    }
    let known = Set(records.filter { $0.state != .revoked }.map(\.name))
    counts[.notEnrolled, default: 0] += await source.snapshot?.clusters.count { !known.contains($0.name) } ?? 0
    return counts
  }

  /// How many apps have their last rollout in each state; every state is there.
  func rolloutCounts() async -> [RolloutState: Int] {
    var counts = Dictionary(RolloutState.allCases.map { ($0, 0) }, uniquingKeysWith: { $1 })
    for state in await rollouts.read({ $0.appStatuses.compactMap(\.rollout?.state) }) { counts[state, default: 0] += 1 }
    return counts
  }

  /// In the order of promotion.
  public func environments() async -> [String] { await source.snapshot?.environments ?? [] }

  func sourceView() async -> SourceView { await source.view }

  /// Records of the audit log that a query selects, the newest first.
  public func audit(_ query: AuditQuery) async throws(FleetError) -> [AuditRecord] {
    try await store.auditRecords(query)
  }

  /// Records of the audit log after a number, ascending.
  public func audit(after number: Int64, limit: Int) async throws(FleetError) -> [AuditRecord] {
    try await store.auditRecords(after: number, limit: limit)
  }

  public func events(_ query: EventQuery) async throws(FleetError) -> [StoredEvent] { try await store.events(query) }
}

extension FleetError.Code {
  /// A rollout has no stage of this name.
  public static let stageUnknown = FleetError.Code("stage-unknown")
  /// A cluster that no file of the fleet repository declares.
  public static let clusterNotDeclared = FleetError.Code("cluster-not-declared")
  /// An app that no file of the fleet repository declares, and that runs nowhere.
  public static let appNotDeclared = FleetError.Code("app-not-declared")
}

/// What is stored of all clusters, read once for a whole listing.
private struct ClusterContext {
  var assignments: [Assignment]
  var presences: [ClusterUID: Presence]
  var publications: [ClusterUID: PublicationRecord]
  private var observed: [ClusterUID: [String: ObservedApp]] = [:]
  private var commits: [ReleaseDigest: String] = [:]
  private var absences: Set<AppDigest> = []
  private var byCluster: [ClusterUID: [Assignment]]

  init(_ store: any HubStore) async throws(FleetError) {
    assignments = try await store.assignments()
    byCluster = Dictionary(grouping: assignments, by: \.cluster)
    presences = Dictionary(try await store.presences().map { ($0.cluster, $0) }, uniquingKeysWith: { $1 })
    publications = Dictionary(try await store.publications().map { ($0.cluster, $0) }, uniquingKeysWith: { $1 })
    for app in try await store.observedApps() { observed[app.cluster, default: [:]][app.app.name] = app }
    var shared = SharedReadings()
    for assignment in assignments where commits[assignment.release] == nil {
      commits[assignment.release] = try await shared.commit(of: assignment, in: store)
    }
    for (digest, bytes) in try await store.contents(of: Set(assignments.map(\.digest))) {
      if case .absent = try AppContent(canonicalBytes: bytes, file: digest.description) { absences.insert(digest) }
    }
  }

  func apps(of cluster: ClusterUID) -> [AppOnClusterView] { (byCluster[cluster] ?? []).map(view) }

  func view(_ assignment: Assignment) -> AppOnClusterView {
    AppOnClusterView(
      assignment: assignment, commit: commits[assignment.release] ?? "",
      isAbsence: absences.contains(assignment.digest), observed: observed[assignment.cluster]?[assignment.app])
  }
}
