import FleetModel
import Manifests
import Rendering

/// Renders a fleet repository the way the hub does, for all clusters or some.
struct FleetRendering {
  /// One app on one cluster, rendered or not.
  struct Outcome {
    var app: String
    var cluster: String
    var result: Result<ManifestSet, FleetError>
  }

  let repository: FleetRepository
  private let renderer: Renderer

  /// - Parameter charts: renders charts; without it they are refused.
  init(repository: FleetRepository, tree: any ManifestTree, charts: (any ChartInflater)?) {
    self.repository = repository
    renderer = Renderer(tree: tree, charts: charts)
  }

  /// Renders each app for each cluster that it targets, in the order of cluster and app.
  /// - Parameter progress: hears how many are rendered, and of how many.
  func render(cluster: String?, app: String?, progress: (Int, Int) -> Void = { _, _ in }) -> [Outcome] {
    let pairs = repository.clusters.filter { cluster == nil || $0.name == cluster }.flatMap { declaration in
      repository.apps.filter { (app == nil || $0.name == app) && $0.targets(declaration) }.map { (declaration, $0) }
    }
    var outcomes: [Outcome] = []
    outcomes.reserveCapacity(pairs.count)
    for (declaration, wanted) in pairs {
      let result: Result<ManifestSet, FleetError>
      do throws(FleetError) {
        result = .success(try renderer.render(app: wanted, cluster: declaration).manifests)
      } catch {
        result = .failure(error.within(.init(cluster: declaration.name, app: wanted.name)))
      }
      outcomes.append(Outcome(app: wanted.name, cluster: declaration.name, result: result))
      progress(outcomes.count, pairs.count)
    }
    return outcomes
  }

  /// What is wrong with a fleet.
  struct Mistakes {
    /// What keeps apps from being rendered, each once.
    var errors: [FleetError] = []
    var warnings: [FleetError] = []
  }

  /// Renders every app for every cluster, on all cores, and checks each cluster as a whole.
  func mistakes() async throws -> Mistakes {
    let outlines = ObjectOutlines()
    let clusters = ClusterList.of(repository.clusters)
    var renders: [AppRenders<ObjectOutline>] = []
    for app in repository.apps {
      renders.append(try await renderer.renders(of: app, on: clusters) { outlines.outline(of: $0) })
    }
    var mistakes = Mistakes()
    mistakes.errors = renders.flatMap(distinctErrors)
    let namespaces = repository.fleet?.namespaces ?? FleetDeclaration.Namespaces()
    for finding in ClusterChecks(outlines).findings(in: renders, namespaces: namespaces, outline: { $0 }) {
      let errors = renderer.errors(of: finding, apps: repository.apps, clusters: repository.clusters)
      // Of two apps that claim one object the second's error names both.
      guard let error = errors.last?.error else { continue }
      if finding.isWarning(under: namespaces) { mistakes.warnings.append(error) } else { mistakes.errors.append(error) }
    }
    return mistakes
  }

  /// The errors of an app, each with the first cluster that has it.
  private func distinctErrors(of renders: AppRenders<ObjectOutline>) -> [FleetError] {
    var known: Set<FleetError> = []
    var errors: [FleetError] = []
    for error in renders.places.compactMap(\.error) {
      var anywhere = error
      anywhere.address.cluster = nil
      if known.insert(anywhere).inserted { errors.append(error) }
    }
    return errors
  }
}
