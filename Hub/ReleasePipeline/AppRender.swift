import Digests
import FleetModel
import FleetStore
import Manifests
import Rendering
import Synchronization

/// One app rendered for all clusters that it targets, or the errors that kept it from it.
struct AppRender: Sendable {
  let app: AppDeclaration
  /// Of members only; clusters that have not enrolled are rendered too, for their errors.
  private(set) var sets: [ClusterUID: RenderedSet] = [:]
  private(set) var members: [ClusterUID: ClusterDeclaration] = [:]
  private(set) var errors: [FleetError] = []
  /// What keeps the app from a member.
  private(set) var failures: [ClusterUID: FleetError] = [:]
  /// Those of clusters that have not enrolled too.
  let all: [RenderedSet]
  /// The program that rendered its charts; empty when it has none.
  let chartProgram: String

  /// Errors kept of one app: enough to see what is wrong.
  private static let errorLimit = 20

  /// - Parameter members: what became of the clusters that the renders are of, in the same order.
  init(_ renders: AppRenders<RenderedSet>, _ members: [ReleaseComposer.Member]) {
    app = renders.app
    all = renders.summaries
    chartProgram = renders.chartProgram
    for place in renders.places {
      let member = members[place.cluster]
      if let error = place.error {
        add(error)
        if let uid = member.uid { failures[uid] = error }
      } else if let uid = member.uid, let index = place.summary {
        sets[uid] = renders.summaries[index]
        self.members[uid] = member.declaration
      }
    }
  }

  /// Whether another error is kept.
  var takesErrors: Bool { errors.count < AppRender.errorLimit }

  mutating func add(_ error: FleetError) {
    if takesErrors, !errors.contains(error) { errors.append(error) }
  }

  /// The bytes of the app on a member, where they were let go of.
  func again(_ cluster: ClusterUID, with renderer: Renderer) throws(FleetError) -> [UInt8] {
    guard let declaration = members[cluster] else { return [] }
    return try renderer.render(app: app, cluster: declaration).manifests.canonicalBytes
  }
}

/// What every app was on every cluster when it was rendered last, which the next commit goes on from.
final class FleetRenders: Sendable {
  private struct State {
    var clusters: ClusterList?
    var apps: [String: AppRenders<RenderedSet>] = [:]
    var warnings: Set<ClusterChecks.Finding> = []
  }

  /// What is wrong with whole clusters, though their apps render.
  struct Findings {
    var errors: [ClusterChecks.Finding] = []
    /// Those that the commit before had not.
    var newWarnings: [ClusterChecks.Finding] = []
  }

  /// Warnings told of one commit: who has more mends these first.
  private static let warningLimit = 100

  private let state = Mutex(State())
  private let outlines = ObjectOutlines()
  private let checks: ClusterChecks

  init() { checks = ClusterChecks(outlines) }

  /// The clusters of a commit, which are compared once with those of the commit before.
  func list(_ clusters: [ClusterDeclaration]) -> ClusterList {
    state.withLock { state in
      let list = ClusterList.of(clusters, after: state.clusters)
      state.clusters = list
      return list
    }
  }

  func renders(
    of app: AppDeclaration, _ clusters: ClusterList, with renderer: Renderer
  ) async throws(CancellationError) -> AppRenders<RenderedSet> {
    let earlier = state.withLock { $0.apps[app.name] }
    let outlines = outlines
    let renders = try await renderer.renders(of: app, on: clusters, after: earlier) { RenderedSet($0, outlines) }
    state.withLock { $0.apps[app.name] = renders }
    return renders
  }

  func findings(in apps: [AppRenders<RenderedSet>], _ namespaces: FleetDeclaration.Namespaces) -> Findings {
    let all = checks.findings(in: apps, namespaces: namespaces, outline: \.outline)
    let warnings = all.filter { $0.isWarning(under: namespaces) }
    return state.withLock { state in
      let new = warnings.filter { !state.warnings.contains($0) }.prefix(FleetRenders.warningLimit)
      state.warnings = Set(warnings)
      return Findings(errors: all.filter { !$0.isWarning(under: namespaces) }, newWarnings: Array(new))
    }
  }

  /// What is known of an app and of the clusters, for who renders another commit beside: nothing is kept of that here.
  func peek(_ app: String) -> AppRenders<RenderedSet>? { state.withLock { $0.apps[app] } }

  /// The clusters of a commit beside the one that is followed.
  func peek(_ clusters: [ClusterDeclaration]) -> ClusterList {
    ClusterList.of(clusters, after: state.withLock { $0.clusters })
  }

  /// Notes blobs that the store has no longer.
  func noteRemoved(_ blobs: Set<Digest>) {
    let apps = state.withLock { $0.apps.values }
    for set in apps.lazy.flatMap(\.summaries) where blobs.contains(set.digest) { set.noteRemoved() }
  }

  /// Lets go of apps that are no longer declared.
  func forget(except names: Set<String>) {
    state.withLock { state in state.apps = state.apps.filter { names.contains($0.key) } }
  }
}
