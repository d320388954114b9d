import FleetModel
import FleetStore
import Manifests
import RolloutEngine

/// Which environments an act concerns.
struct OperatorScopes: Sendable {
  let store: any HubStore
  let rollouts: RolloutAdvancer
  let source: CurrentSource

  /// The environments of everything that the subject is about; empty where that is nothing, or is not known.
  func environments(of subject: OperatorSubject) async throws(FleetError) -> Set<String> {
    switch subject {
    case .environment(let name): [name]
    case .cluster(let name): try await environments(ofCluster: name)
    case .app(let name): try await environments(ofApp: name)
    case .rollout(let id): try await environments(ofRollout: id) { _ in true }
    case .stage(let stage, let id): try await environments(ofRollout: id) { $0.name == stage }
    }
  }

  /// Of a cluster that moves from one environment to another, both.
  private func environments(ofCluster name: String) async throws(FleetError) -> Set<String> {
    var found: Set<String> = []
    if let declared = await source.snapshot?.cluster(named: name)?.environment { found.insert(declared) }
    if let known = try await store.cluster(named: name)?.environment { found.insert(known) }
    return found
  }

  private func environments(ofApp name: String) async throws(FleetError) -> Set<String> {
    var clusters = Set(try await store.assignments().filter { $0.app == name }.map(\.cluster))
    let rollout = await rollouts.read { $0.status(ofApp: name)?.rollout }
    clusters.formUnion(rollout?.stages.flatMap(\.clusters).map(\.cluster) ?? [])
    return try await environments(of: clusters)
  }

  private func environments(
    ofRollout id: String, _ isConcerned: @Sendable (StageStatus) -> Bool
  ) async throws(FleetError) -> Set<String> {
    // Only the last rollout of an app is live, and on no other can anybody act.
    guard let rollout = await rollouts.read({ $0.status(ofRollout: id) }) else { return [] }
    return try await environments(of: Set(rollout.stages.filter(isConcerned).flatMap(\.clusters).map(\.cluster)))
  }

  private func environments(of clusters: Set<ClusterUID>) async throws(FleetError) -> Set<String> {
    Set(try await store.clusters().filter { clusters.contains($0.uid) }.map(\.environment))
  }
}
