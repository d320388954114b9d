public import Digests
public import FleetModel
public import FleetStore
import GitSource
public import Manifests
import Rendering
public import RolloutEngine

/// Where an object on a cluster comes from.
public struct ObjectOrigin: Sendable {
  public var object: ObjectID
  public var cluster: ClusterView
  public var app: AppOnClusterView
  /// Of the object, at exactly what is assigned.
  public var sync: Sync
  public var health: Health
  public var reason: String
  public var manifests: Digest
  public var commit: ObservedCommit?
  /// Who wrote the commit; empty where it is not in the repository any longer.
  public var author = ""
  /// The file of the repository, at that commit, that the object is from; nil where that cannot be said.
  public var file: String?
  public var line: Int?
  /// The rollout that brought it; nil where nothing is kept of it any longer.
  public var rollout: RolloutStatus?
  /// The stage of the cluster in that rollout.
  public var stage: StageStatus?
}

/// Follows an object back to the commit, and to who let it go where it is.
public struct ObjectTracer: Sendable {
  /// Objects that are named when what was asked for fits several.
  private static let shown = 10

  let queries: FleetQueries
  let source: GitSource
  let charts: (any ChartInflater)?
  /// Rendering the past takes a processor: one at a time.
  let turn: Turn

  /// - Parameter text: `group/kind/namespace/name`, or its end.
  public func trace(_ text: String, on cluster: String) async throws(FleetError) -> ObjectOrigin {
    let view = try await queries.cluster(named: cluster)
    let (app, object, manifests) = try await find(text, view)
    var origin = ObjectOrigin(
      object: object, cluster: view, app: app, sync: .unknown, health: .unknown,
      reason: "nothing was observed of what is assigned", manifests: manifests,
      commit: try await queries.commit(app.commit))
    origin.observe(app.evidence)
    if let id = CommitID(hex: app.commit), let commit = try? source.commit(id) {
      origin.author = "\(commit.author.name) <\(commit.author.email)>"
      if origin.commit == nil {
        origin.commit = ObservedCommit(
          id: app.commit, committer: "\(commit.committer.name) <\(commit.committer.email)>",
          time: Timestamp(seconds: commit.committer.seconds), summary: commit.summary, isRewrite: false,
          observedAt: Timestamp(seconds: commit.committer.seconds))
      }
      let place = await place(of: object, app.assignment.app, cluster, id)
      (origin.file, origin.line) = (place?.file, place?.line)
    }
    if let record = try await queries.store.rollout(app.assignment.rollout) {
      let status = try await queries.rollout(record.id)
      origin.rollout = status
      let uid = app.assignment.cluster
      origin.stage = status.stages.first { $0.clusters.contains { $0.cluster == uid } }
    }
    return origin
  }

  // MARK: Finding it

  private func find(
    _ text: String, _ cluster: ClusterView
  ) async throws(FleetError) -> (AppOnClusterView, ObjectID, Digest) {
    let wanted = ObjectPattern(text)
    var found: [(AppOnClusterView, ObjectID, Digest)] = []
    for app in cluster.apps {
      guard let bytes = try await queries.store.contents(of: [app.assignment.digest])[app.assignment.digest],
        case .present(_, let manifests, _) = try AppContent(canonicalBytes: bytes, file: app.assignment.app),
        let blob = try await queries.store.blob(manifests)
      else { continue }
      let set = try ManifestSet(canonicalBytes: blob, file: manifests.description)
      for manifest in set.manifests where wanted.matches(manifest.id) { found.append((app, manifest.id, manifests)) }
    }
    if let only = found.first, found.count == 1 { return only }
    guard !found.isEmpty else {
      throw FleetError(
        .objectUnknown, "no app has an object \(text) on cluster \(cluster.name)", at: .init(cluster: cluster.name),
        nextStep: "name it as group/kind/namespace/name, such as apps/Deployment/shop/web; see "
          + "`flotilla tree cluster \(cluster.name)`")
    }
    let names = found.prefix(ObjectTracer.shown).map(\.1.description).joined(separator: ", ")
    throw FleetError(
      .objectUnknown,
      "\(counted(found.count, "object")) on cluster \(cluster.name) fit \(text): \(names)",
      at: .init(cluster: cluster.name), nextStep: "name one of them whole")
  }

  // MARK: The file

  /// Where the object is declared, as a rendering of the commit says; nil when it cannot be rendered any longer.
  private func place(
    of object: ObjectID, _ app: String, _ cluster: String, _ commit: CommitID
  ) async -> FleetError.Address? {
    guard let tree = try? source.tree(at: commit) else { return nil }
    let known = await queries.source.snapshot
    let charts = charts
    return try? await turn.take { () -> FleetError.Address? in
      let repository: (apps: [AppDeclaration], clusters: [ClusterDeclaration])
      if let known, known.commit.id == commit.hex {
        repository = (known.apps, known.clusters)
      } else {
        let read = FleetRepository.read(from: tree)
        repository = (read.apps, read.clusters)
      }
      guard let app = repository.apps.first(where: { $0.name == app }),
        let cluster = repository.clusters.first(where: { $0.name == cluster })
      else { return nil }
      let rendered = try? Renderer(tree: tree, charts: charts).render(app: app, cluster: cluster)
      return rendered?.manifests.manifests.first { $0.id == object }?.address
    }
  }
}

extension ObjectOrigin {
  /// What the agent said of the object in a report on exactly what is assigned. It names what is not healthy, as far as
  /// there is room for it.
  fileprivate mutating func observe(_ evidence: Report.App?) {
    guard let evidence else { return }
    sync = evidence.sync == .synced ? .synced : .unknown
    if let named = evidence.notHealthy.first(where: { $0.id == object.description }) {
      (health, reason) = (named.health, named.reason)
    } else if evidence.objects.healthy + evidence.notHealthy.count >= evidence.objects.total {
      (health, reason) = (.healthy, "")
    } else {
      (health, reason) = (.unknown, "the report has no room for every object that is not healthy")
    }
    if sync == .unknown { reason = "its app is \(evidence.sync.rawValue): \(evidence.reason)" }
  }
}

/// An object as people name it: `group/kind/namespace/name`, or the end of that.
struct ObjectPattern {
  private let parts: [String]

  init(_ text: String) {
    parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
  }

  func matches(_ id: ObjectID) -> Bool {
    switch parts.count {
    case 1: id.name == parts[0]
    case 2: isKind(parts[0], id) && id.name == parts[1]
    case 3: isKind(parts[0], id) && id.namespace == parts[1] && id.name == parts[2]
    default: id.group == parts[0] && isKind(parts[1], id) && id.namespace == parts[2] && id.name == parts[3]
    }
  }

  private func isKind(_ text: String, _ id: ObjectID) -> Bool { id.kind.lowercased() == text.lowercased() }
}

extension FleetError.Code {
  /// Nothing that is assigned to the cluster has this object, or several have.
  public static let objectUnknown = FleetError.Code("object-unknown")
}
