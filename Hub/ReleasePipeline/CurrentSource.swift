import FleetModel
import FleetStore
import Manifests
import Rendering

/// What the repository says now: the commit in force with its declarations, and how the source does.
actor CurrentSource {
  private(set) var snapshot: FleetSnapshot?
  private(set) var view: SourceView
  /// The commit that everything was done with that there is to do.
  private(set) var finished: String?
  /// Ends when a first look at the repository is over.
  private nonisolated let firstLookOver = AsyncStream.makeStream(of: Never.self)
  private let memory: RenderMemory
  private let charts: (any ChartInflater)?
  private var renderer: Renderer?
  nonisolated let renders = FleetRenders()
  nonisolated let readings = LastReading()
  /// Whether the commit in force has been rendered whole.
  private(set) var isRendered = false
  private var renderedTree: String?

  init(url: String, reference: String, memory: RenderMemory, charts: (any ChartInflater)?) {
    self.memory = memory
    self.charts = charts
    view = SourceView()
    view.url = url
    view.reference = reference
  }

  func take(_ snapshot: FleetSnapshot) {
    self.snapshot = snapshot
    isRendered = false
    finished = nil
    view.inForce = snapshot.commit
  }

  /// A renderer for a tree, which goes on from what the one before has built.
  func renderer(for tree: any ManifestTree) -> Renderer {
    if let renderer, renderedTree == tree.label { return renderer }
    let next = Renderer(tree: tree, after: renderer, cache: memory, charts: charts)
    renderer = next
    renderedTree = tree.label
    return next
  }

  /// A renderer for a tree beside the one that is followed, which goes on from what that one has built. Nothing of what
  /// it makes is kept.
  func visitor(for tree: any ManifestTree) -> Renderer { Renderer(tree: tree, after: renderer, charts: charts) }

  /// Whether nothing is in force that has yet to be rendered.
  var isSettled: Bool { snapshot == nil || isRendered }

  func rendered(whole: Bool) { isRendered = whole }

  func looked() { firstLookOver.continuation.finish() }

  nonisolated func firstLook() async { for await _ in firstLookOver.stream {} }

  func observed(_ commit: ObservedCommit) { view.observed = commit }

  func finished(_ commit: ObservedCommit) { finished = commit.id }

  func answered(at now: Timestamp, error: FleetError?) {
    view.lastAttempt = now
    view.error = error
    if error == nil { view.lastAnswer = now }
  }
}
