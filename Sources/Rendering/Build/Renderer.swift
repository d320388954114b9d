public import FleetModel
public import Manifests

/// Renders what one tree declares: a commit's files, or those of a folder. Its results are a function of the tree alone.
///
/// Safe to use from several tasks at once. What several clusters or apps need is built once, and what a renderer for an
/// earlier tree has built is used again as long as nothing it looked at has changed.
public final class Renderer: Sendable {
  struct ChoiceKey: Hashable {
    var directory: TreePath
    var candidates: [String]
  }

  struct Choice: Traced {
    var overlay: Overlay
    var trace: BuildTrace
  }

  let tree: any ManifestTree
  let shared: SharedBuilds
  let cache: (any RenderCache)?
  let choices = OnceMap<ChoiceKey, Choice>()
  let overlays = OnceMap<Overlay, OverlayBuild>()
  /// What the renderers before have built and chosen, which may still hold.
  let older: EarlierWork<Overlay, OverlayBuild>
  let olderChoices: EarlierWork<ChoiceKey, Choice>
  /// Manifest sets that were made last, here and by the renderers before.
  let recentSets: RecentSets

  /// - Parameters:
  ///   - tree: what is rendered.
  ///   - previous: a renderer for another tree, such as the commit before.
  ///   - cache: keeps manifest sets beyond renderers.
  ///   - charts: renders charts; without it they are refused.
  public init(
    tree: any ManifestTree, after previous: Renderer? = nil, cache: (any RenderCache)? = nil,
    charts: (any ChartInflater)? = nil
  ) {
    self.tree = tree
    self.cache = cache
    recentSets = previous?.recentSets ?? RecentSets()
    let changes = previous.flatMap { ChangedPaths(from: $0.tree, to: tree) }
    let log = WorkLog()
    shared = SharedBuilds(
      bases: SharedBases(tree, after: previous?.shared.bases, changes),
      inflations: Inflations(charts, after: previous?.shared.inflations, cache: cache, log), log: log)
    older = EarlierWork(previous?.older, previous?.overlays.made ?? [:], on: tree, changes) { $0.directory }
    olderChoices = EarlierWork(previous?.olderChoices, previous?.choices.made ?? [:], on: tree, changes) {
      $0.directory
    }
  }

  /// What had to be done so far.
  public var work: RenderWork { shared.log.work }

  func chartTarget(_ kubernetes: ClusterDeclaration.Kubernetes) -> ChartTarget {
    ChartTarget(program: shared.inflations.identity, kubernetes: kubernetes)
  }

  /// The objects that the kustomization in a directory stands for, as `kustomize build` prints them.
  /// - Parameters:
  ///   - restriction: what its kustomizations may read.
  ///   - kubernetes: what its charts are rendered for.
  public func build(
    directory: TreePath, restriction: LoadRestriction = .rootOnly,
    kubernetes: ClusterDeclaration.Kubernetes = .unpinned
  ) throws(FleetError) -> [Value] {
    let files = BuildFiles(tree: TracingTree(tree), restriction: restriction)
    let charts = ChartBuild(inflations: shared.inflations, target: chartTarget(kubernetes))
    // Bases that were built under another restriction may hold what this one forbids.
    let bases = restriction == .rootOnly ? shared.bases : SharedBases(tree)
    var build = KustomizationBuild(files: files, bases: bases, charts: charts)
    let (accumulation, top) = try build.accumulate(directory)
    var objects: [Value] = []
    let references = KustomizationBuild.nameReferences(of: accumulation)
    for resource in try KustomizationBuild.finish(accumulation, top.finish, references) {
      objects.append(try resource.tree.resolved(at: resource))
    }
    return objects
  }
}
