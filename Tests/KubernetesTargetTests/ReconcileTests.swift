import AgentCore
import ControlPlanes
import FleetModel
import KubernetesDouble
import Logging
import Manifests
import Testing

@testable import KubernetesTarget

@Suite("The reconciler keeps a cluster as its bundle says, from watches, without being asked")
struct ReconcileTests {
  /// Runs a reconciler of this state beside a test.
  private func reconciling(
    _ server: Server, _ state: DesiredState, _ body: (Reconciler, KubernetesTarget) async throws -> Void
  ) async throws {
    let target = Cluster.makeTarget(server)
    var settings = Reconciler.Settings()
    settings.retry = RetrySchedule(first: .milliseconds(20), longest: .milliseconds(200))
    let reconciler = Reconciler(
      target: target, settings: settings, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      now: { Timestamp(milliseconds: ContinuousClock.now.milliseconds) }, random: { 0 }, notify: { _ in })
    reconciler.desire(state)
    let running = Task { try await reconciler.run() }
    do {
      try await body(reconciler, target)
    } catch {
      running.cancel()
      throw error
    }
    running.cancel()
    _ = await running.result
  }

  private func state(_ apps: DesiredApp..., removing removals: [Bundle.Removal] = []) -> DesiredState {
    DesiredState(bundleSeq: 1, apps: apps, removals: removals)
  }

  private func isSynced(_ reconciler: Reconciler, _ app: String = "shop") async -> Bool {
    let app = Own.name(app)
    let apps = await reconciler.report(listing: 10)
    return apps.first { $0.name == app }?.sync == .synced
  }

  @Test("what is edited or deleted is healed, and counted", arguments: Plane.tested)
  func heals(plane: Plane) async throws {
    try await Server.with(plane) { server in
      try await reconciling(server, state(try app([configMap("settings"), deployment("web")]))) { reconciler, _ in
        try await eventually("it is applied") { await isSynced(reconciler) }
        try await server.patch(Server.configMaps, "settings", ["data": ["a": "9"]])
        try await eventually("an edit is healed") {
          try await server.object(Server.configMaps, "settings")?[path: "data", "a"] == "1"
        }
        try await server.delete(deployments, "web")
        try await eventually("a deletion is healed") {
          try await server.object(deployments, "web") != nil
        }
        try await eventually("both are counted") { await reconciler.report(listing: 1).first?.driftHealed == 2 }
      }
    }
  }

  @Test("what leaves the bundle is deleted, what never was the agent's stays", arguments: Plane.tested)
  func prunes(plane: Plane) async throws {
    try await Server.with(plane) { server in
      // Nobody else carries out a deletion in the foreground.
      guard server.cluster.plane.runsControllers else { return }
      try await server.create(Server.configMaps, configMap("theirs"))
      let first = state(try app([configMap("one"), configMap("two")]))
      try await reconciling(server, first) { reconciler, _ in
        try await eventually("it is applied") { await isSynced(reconciler) }
        reconciler.desire(state(try app([configMap("one")])))
        try await eventually("what left is gone") {
          try await server.object(Server.configMaps, "two") == nil
        }
        #expect(try await server.object(Server.configMaps, "one") != nil)
        #expect(try await server.object(Server.configMaps, "theirs") != nil)
      }
    }
  }

  @Test("a server that restarts in the middle costs nothing but time")
  func serverRestarts() async throws {
    try await Server.withDouble { double, server in
      let objects = (0..<50).map { configMap("c\($0)") }
      try await reconciling(server, state(try app(objects))) { reconciler, _ in
        try await eventually("it has begun") {
          try await server.object(Server.configMaps, "c3") != nil
        }
        try await double.restart()
        try await eventually("it is applied") { await isSynced(reconciler) }
        try await server.patch(Server.configMaps, "c3", ["data": ["a": "9"]])
        try await eventually("an edit after it is healed") {
          try await server.object(Server.configMaps, "c3")?[path: "data", "a"] == "1"
        }
      }
    }
  }

  @Test("an app whose kind comes later is applied when it has come", arguments: Plane.tested)
  func kindComesLater(plane: Plane) async throws {
    try await Server.with(plane) { server in
      let widgets = state(try app([Definitions.widget], named: "widgets"))
      try await reconciling(server, widgets) { reconciler, _ in
        try await eventually("it fails for want of the kind") {
          await reconciler.report(listing: 1).first?.sync == .failed
        }
        try await server.create(Definitions.resource, Definitions.definition)
        try await eventually("it is applied") { await isSynced(reconciler, "widgets") }
      }
    }
  }

  @Test("health is reported as it changes, and a status that changes heals nothing")
  func reportsHealth() async throws {
    var settings = DoubleSettings()
    settings.runsWorkloads = true
    try await Server.withDouble(settings) { double, server in
      let stuck = try app([deployment("web", image: "nginx:broken"), configMap("settings")])
      try await reconciling(server, state(stuck)) { reconciler, _ in
        try await eventually("the reason is reported") {
          let app = await reconciler.report(listing: 10).first
          return app?.reason.contains("ImagePullBackOff on web-") == true && app?.blocking == true
            && app?.objects.healthy == 1 && app?.notHealthy.first?.health == .progressing
        }
        reconciler.desire(state(try app([deployment("web"), configMap("settings")])))
        try await eventually("it is reported healthy") {
          let app = await reconciler.report(listing: 10).first
          return app?.health == .healthy && app?.blocking == false && app?.sync == .synced
        }
        #expect(await reconciler.report(listing: 10).first?.driftHealed == 0)
      }
    }
  }

  @Test("once everything is as it should be nothing is asked any longer", arguments: Plane.tested)
  func idle(plane: Plane) async throws {
    try await Server.with(plane, Cluster.workloads) { server in
      guard server.cluster.plane.runsControllers else { return }
      let app = try app([configMap("settings"), deployment("web", replicas: 0)])
      try await reconciling(server, state(app)) { reconciler, target in
        try await eventually("it is healthy, and nobody looks why not") {
          await reconciler.report(listing: 10).first?.health == .healthy && target.inquiries.count == 0
        }
        // What was asked just before it was well may still be under way.
        try await eventually("nothing is asked") {
          let before = server.requests()
          for _ in 0..<10 { _ = await target.apply(app, .enforce) }
          _ = try await target.owned()
          return server.requests() == before
        }
      }
    }
  }
}

extension ContinuousClock.Instant {
  /// Since an instant that stays the same while this process runs.
  fileprivate var milliseconds: Int64 { Self.start.duration(to: self).inMilliseconds }
  private static let start = ContinuousClock.now
}
