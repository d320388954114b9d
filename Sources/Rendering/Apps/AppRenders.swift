public import Digests
public import FleetModel
public import Manifests

/// One app on every cluster that it targets, each manifest set reduced to what somebody wants to keep of it.
///
/// Clusters for which the overlay and the values that it names are equal share one summary. The next commit's renders
/// go on from these: what cannot have changed is neither rendered nor looked at again.
public struct AppRenders<Summary: Sendable>: Sendable {
  /// What the app is on one cluster.
  public struct Place: Sendable {
    /// The cluster's index in the list.
    public var cluster: Int
    /// The index of the summary; nil where there is an error.
    public var summary: Int?
    public var error: FleetError?
  }

  /// What a summary was made of.
  struct Group: Sendable {
    var build: OverlayBuild
    var parameters: OverlayBuild.Parameters
  }

  public let app: AppDeclaration
  public let clusters: ClusterList
  /// One for each cluster that the app targets, in the list's order.
  public let places: [Place]
  /// One for each distinct manifest set.
  public let summaries: [Summary]
  /// Of each summary.
  let groups: [Group]
  /// Every overlay that was chosen.
  let choices: [Renderer.ChoiceKey: Overlay]
  /// Those of the groups, each once.
  let builds: [OverlayBuild]
  /// Whether any cluster's render failed.
  public let hasErrors: Bool

  init(
    app: AppDeclaration, clusters: ClusterList, places: [Place], summaries: [Summary], groups: [Group],
    choices: [Renderer.ChoiceKey: Overlay]
  ) {
    self.app = app
    self.clusters = clusters
    self.places = places
    self.summaries = summaries
    self.groups = groups
    self.choices = choices
    var known: Set<ObjectIdentifier> = []
    builds = groups.map(\.build).filter { known.insert(ObjectIdentifier($0)).inserted }
    hasErrors = places.contains { $0.error != nil }
  }

  /// The keys of a cache under which all that this rests on stands, where it was rendered with one.
  public var cacheKeys: Set<Digest> {
    var keys = Set(choices.values.map(RenderKey.build))
    for group in groups {
      keys.insert(RenderKey.build(of: group.build.overlay))
      keys.insert(group.build.key(of: group.parameters))
    }
    return keys
  }

  /// The program that rendered its charts; empty where it has none.
  public var chartProgram: String { builds.lazy.compactMap(\.overlay.charts?.program).first ?? "" }
}
