import AgentCore
import ControlPlanes
import FleetModel
import Logging
import Manifests
import TestSupport
import Testing

@testable import KubernetesTarget

/// What the double's faults imitate (`WatchTests`, `ReconcileTests`), done to a real server of the test's own.
@Suite(
  "A real API server that is killed or stands still costs nothing but time", .serialized,
  .enabled(if: RealControlPlane.isStartedHere, "\(RealControlPlane.noticeOfOwn)"))
struct RealServerFaultTests {
  private func running(
    _ body: (LocalControlPlane, Server, Reconciler, DesiredApp) async throws -> Void
  ) async throws {
    let (local, plane) = try await RealControlPlane.startOwn()
    defer { local.end() }
    var settings = APIClient.Settings()
    settings.requestDeadline = .seconds(2)
    settings.watchIdle = .seconds(3)
    try await TestCluster.with(plane) { cluster in
      try await Server.with(cluster, settings) { server in
        var settings = Reconciler.Settings()
        settings.retry = RetrySchedule(first: .milliseconds(20), longest: .milliseconds(200))
        let reconciler = Reconciler(
          target: Cluster.makeTarget(server), settings: settings,
          logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), now: { .now }, random: { 0 },
          notify: { _ in })
        let shop = try app((0..<20).map { configMap("c\($0)") })
        reconciler.desire(DesiredState(bundleSeq: 1, apps: [shop], removals: []))
        let task = Task { try await reconciler.run() }
        defer { task.cancel() }
        try await eventually("it is applied") { await reconciler.report(listing: 1).first?.sync == .synced }
        try await body(local, server, reconciler, shop)
      }
    }
  }

  private func heals(_ server: Server, _ name: String) async throws {
    try await eventually("an edit is made") {
      let refused = try await failure { try await server.patch(Server.configMaps, name, ["data": ["a": "9"]]) }
      return refused == nil
    }
    try await eventually("the edit is healed") {
      let live = try? await server.object(Server.configMaps, name)
      return live?[path: "data", "a"] == "1"
    }
  }

  @Test("killed and started again: everything goes on, and what is changed then is healed")
  func killed() async throws {
    try await running { local, server, reconciler, _ in
      try await heals(server, "c1")
      try local.killServer()
      try await eventually("it is known to be away") {
        let refused = try await failure { _ = try await server.object(Server.configMaps, "c1") }
        return refused != nil
      }
      try local.startServer()
      try await server.cluster.waitUntilReady()
      try await heals(server, "c2")
      try await eventually("all is well") { await reconciler.report(listing: 1).first?.health == .healthy }
    }
  }

  @Test("standing still for a while: what was asked is given up, and what is changed afterwards is healed")
  func paused() async throws {
    try await running { local, server, reconciler, shop in
      try local.pauseServer()
      let next = try app((0..<20).map { configMap("c\($0)", ["a": "1", "b": "2"]) })
      reconciler.desire(DesiredState(bundleSeq: 2, apps: [next], removals: []))
      try await eventually("it is said") {
        let app = await reconciler.report(listing: 1).first
        return app?.sync == .failed && app?.reason.contains("did not answer") == true
      }
      try local.resumeServer()
      try await eventually("it is applied") { await reconciler.report(listing: 1).first?.sync == .synced }
      try await heals(server, "c3")
    }
  }
}
