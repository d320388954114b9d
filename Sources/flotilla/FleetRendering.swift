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

  /// Everything that keeps the repository from being rendered, each error once.
  func errors(cluster: String?, app: String?) -> [FleetError] {
    var errors: [FleetError] = []
    let outcomes = render(cluster: cluster, app: app)
    for outcome in outcomes {
      if case .failure(let error) = outcome.result, !errors.contains(error) { errors.append(error) }
    }
    for (name, sets) in Dictionary(grouping: outcomes, by: \.cluster).sorted(by: { $0.key.precedesInBytes($1.key) }) {
      let rendered = sets.compactMap { outcome in (try? outcome.result.get()).map { (app: outcome.app, manifests: $0) }
      }
      do throws(FleetError) {
        try ObjectClaims.check(rendered, cluster: name)
      } catch {
        errors.append(error)
      }
    }
    return errors
  }
}
