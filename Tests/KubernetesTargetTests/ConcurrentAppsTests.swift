import AgentCore
import ControlPlanes
import KubernetesDouble
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("Apps that are applied at once keep their inventories apart")
struct ConcurrentAppsTests {
  @Test("every app owns its objects, also those that it takes over from another meanwhile", arguments: Plane.tested)
  func takeOver(plane: Plane) async throws {
    try await Cluster.with(plane) { cluster in
      let names = (0..<12).map { "app-\($0)" }
      let first = try names.map { try app([configMap("own-\($0)"), configMap("moves-\($0)")], named: $0) }
      await applyAll(first, cluster)
      // Each app hands an object to the next one and takes one from the one before, and has a new one of its own.
      let second = try names.enumerated().map { index, name in
        let before = names[(index + names.count - 1) % names.count]
        return try app([configMap("own-\(name)"), configMap("new-\(name)"), configMap("moves-\(before)")], named: name)
      }
      await applyAll(second, cluster)
      let stored = try await Cluster.makeTarget(cluster.server).owned()
      for (name, desired) in zip(names, second) {
        let owned = Set(stored.filter { $0.app == desired.name }.map(\.id))
        #expect(owned == Set(desired.manifests.manifests.map(\.id)), "\(name)")
      }
      let remembered = try await cluster.target.owned()
      #expect(Set(remembered) == Set(stored))
    }
  }

  private func applyAll(_ apps: [DesiredApp], _ cluster: Cluster) async {
    await withTaskGroup { group in
      for app in apps { group.addTask { _ = await cluster.target.apply(app, .enforce) } }
    }
  }
}
