import Digests
import FleetModel
import FleetStore
import Manifests
import Rendering
import RolloutEngine

/// What an app is on every member at a commit, and how it travels there.
struct ComposedRelease: Sendable {
  var release: Release
  var plan: AppPlan
  /// What the release's digests stand for.
  var contents: [AppDigest: AppContent]
}

/// Puts releases together from renders and from what is assigned. Stores nothing.
struct ReleaseComposer: Sendable {
  let store: any HubStore

  /// A declared cluster that is enrolled.
  struct Member: Sendable {
    var uid: ClusterUID?
    var declaration: ClusterDeclaration
  }

  func members(of fleet: FleetSnapshot) async throws(FleetError) -> [Member] {
    let records = Dictionary(
      try await store.clusters().filter { $0.state == .enrolled }.map { ($0.name, $0.uid) }, uniquingKeysWith: { $1 })
    return fleet.clusters.map { Member(uid: records[$0.name], declaration: $0) }
  }

  /// The release of an app that rendered; nil when no member is concerned.
  func compose(
    _ render: AppRender, _ assigned: [String: [Assignment]], _ members: [Member], _ fleet: FleetSnapshot
  ) async throws(FleetError) -> ComposedRelease? {
    var (digests, contents) = render.contents
    let leaving = try await absences(of: render.app.name, assigned, members, staying: Set(digests.keys))
    for (cluster, content) in leaving {
      digests[cluster] = content.digest
      contents[content.digest] = content
    }
    guard !digests.isEmpty else { return nil }
    let plan = AppPlan(
      pipeline: fleet.pipeline(render.app.pipeline), gate: render.app.gate, dependsOn: render.app.policy.dependsOn,
      freezes: fleet.fleet.freezes)
    let release = Release(
      app: render.app.name, commit: fleet.commit.id, clusters: digests,
      chartProgram: render.chartProgram)
    return ComposedRelease(release: release, plan: plan, contents: contents)
  }

  /// Apps that no file declares any longer leave every member they are on, through the default pipeline's stages.
  func removedApps(
    _ fleet: FleetSnapshot, _ assigned: [String: [Assignment]], _ members: [Member]
  ) async throws(FleetError) -> [ComposedRelease] {
    let declared = Set(fleet.apps.map(\.name)).union(fleet.brokenApps)
    var releases: [ComposedRelease] = []
    for app in assigned.keys.filter({ !declared.contains($0) }).sorted(by: { $0.precedesInBytes($1) }) {
      let leaving = try await absences(of: app, assigned, members, staying: [])
      guard !leaving.isEmpty else { continue }
      let release = Release(app: app, commit: fleet.commit.id, clusters: leaving.mapValues(\.digest))
      let contents = Dictionary(leaving.values.map { ($0.digest, $0) }, uniquingKeysWith: { $1 })
      releases.append(ComposedRelease(release: release, plan: fleet.defaultPlan, contents: contents))
    }
    return releases
  }

  /// The absences of an app on members that it no longer targets and that still run it.
  private func absences(
    of app: String, _ assigned: [String: [Assignment]], _ members: [Member], staying: Set<ClusterUID>
  ) async throws(FleetError) -> [ClusterUID: AppContent] {
    let present = Set(members.compactMap(\.uid))
    var leaving: [ClusterUID: AppContent] = [:]
    for assignment in assigned[app] ?? []
    where present.contains(assignment.cluster) && !staying.contains(assignment.cluster) {
      guard let bytes = try await store.contents(of: [assignment.digest])[assignment.digest] else {
        throw FleetError(.storeDamaged, "what is assigned is not stored", at: .init(app: app))
      }
      switch try AppContent(canonicalBytes: bytes, file: assignment.digest.description) {
      case .present(_, _, let policy): leaving[assignment.cluster] = .absent(app: app, policy.prune ? .prune : .orphan)
      case .absent(_, let absence): leaving[assignment.cluster] = .absent(app: app, absence)
      }
    }
    return leaving
  }
}

extension AppRender {
  /// What the app is on each member that it concerns. Most clusters share it with others.
  var contents: (digests: [ClusterUID: AppDigest], contents: [AppDigest: AppContent]) {
    var digests: [ClusterUID: AppDigest] = [:]
    var contents: [AppDigest: AppContent] = [:]
    var known: [Digest: AppDigest] = [:]
    for (cluster, set) in sets {
      if let digest = known[set.digest] {
        digests[cluster] = digest
        continue
      }
      let content = AppContent.present(app: app.name, manifests: set.digest, policy: app.policy)
      let digest = content.digest
      (digests[cluster], contents[digest], known[set.digest]) = (digest, content, digest)
    }
    return (digests, contents)
  }

  // MARK: Whole clusters

  /// Gives the apps the errors of what is wrong with whole clusters.
  static func take(
    _ findings: [ClusterChecks.Finding], into rendered: inout [AppRender], _ fleet: FleetSnapshot,
    with renderer: Renderer
  ) {
    let indices = Dictionary(rendered.indices.map { (rendered[$0].app.name, $0) }, uniquingKeysWith: { $1 })
    for finding in findings {
      let concerned = finding.apps.compactMap { indices[$0] }
      guard concerned.contains(where: { rendered[$0].takesErrors }) else { continue }
      for (app, error) in renderer.errors(of: finding, apps: fleet.apps, clusters: fleet.clusters) {
        if let index = indices[app] { rendered[index].add(error) }
      }
    }
  }
}

extension FleetSnapshot {
  /// Of an app that nothing declares any longer.
  var defaultPlan: AppPlan { AppPlan(pipeline: pipeline("default"), freezes: fleet.freezes) }

  /// A pipeline by name; declarations that name an unknown one were refused when they were read.
  func pipeline(_ name: String) -> Pipeline {
    fleet.pipelines[name] ?? fleet.pipelines["default"]
      ?? Pipeline(name: "default", stages: fleet.environments.map { Stage(name: $0, members: .environment($0)) })
  }
}
