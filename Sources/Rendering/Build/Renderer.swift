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

  struct Choice: Sendable {
    var overlay: Overlay
    var trace: BuildTrace
  }

  let tree: any ManifestTree
  let bases: SharedBases
  let cache: (any RenderCache)?
  let choices = OnceMap<ChoiceKey, Choice>()
  let overlays = OnceMap<Overlay, OverlayBuild>()
  /// The overlays of the renderers before, which may still hold.
  let older: [Overlay: OverlayBuild]
  let log = WorkLog()

  /// - Parameters:
  ///   - tree: what is rendered.
  ///   - previous: a renderer for another tree, such as the commit before.
  ///   - cache: keeps manifest sets beyond renderers.
  public init(tree: any ManifestTree, after previous: Renderer? = nil, cache: (any RenderCache)? = nil) {
    self.tree = tree
    self.cache = cache
    bases = SharedBases(tree, after: previous?.bases)
    let known = previous.map { $0.older.merging($0.overlays.made) { $1 } } ?? [:]
    // What is not there any more would otherwise be carried on for as long as there are new commits.
    older = known.filter { overlay, _ in (try? tree.entry(at: overlay.directory)?.kind) == .directory }
  }

  /// What had to be done so far.
  public var work: RenderWork { log.work }

  /// The objects that the kustomization in a directory stands for, as `kustomize build` prints them.
  public func build(directory: TreePath) throws(FleetError) -> [Value] {
    let files = BuildFiles(tree: TracingTree(tree))
    var build = KustomizationBuild(files: files, bases: bases)
    let (accumulation, top) = try build.accumulate(directory)
    var objects: [Value] = []
    let references = KustomizationBuild.nameReferences(of: accumulation)
    for resource in try KustomizationBuild.finish(accumulation, top.finish, references) {
      objects.append(try resource.tree.resolved(at: resource))
    }
    return objects
  }
}
