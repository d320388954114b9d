import AgentCore
import FleetModel
import Foundation
import Manifests
import TestSupport
import Testing

@testable import DirectoryTarget

@Suite("A probe that does not answer holds up nothing", .timeLimit(.minutes(2)))
struct SilentProbeTests {
  /// Never answers about one app, and calls all of every other one healthy.
  private struct Hanging: HealthProbe {
    let silentAbout: String

    func ask(_ question: [UInt8]) async throws(FleetError) -> [UInt8] {
      let value = try JSON.parse(question, file: "question")
      while value["app"]?.string == silentAbout {
        do {
          try await Task.sleep(for: .seconds(1000))
        } catch {
          throw FleetError(.probe, "is not asked any more")
        }
      }
      let objects = (value["objects"]?.array ?? []).map { id -> Value in ["id": id, "health": "Healthy"] }
      return JSON.canonical(["app_digest": value["app_digest"] ?? "", "objects": .array(objects)])
    }
  }

  private func app(_ name: String) throws -> DesiredApp { try Site.app("one", named: name, maps: ["\(name)-map"]) }

  /// Reconciles two apps, about one of which the probe is silent.
  private func reconciling(_ body: (Site, DirectoryTarget, Reconciler) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let site = Site(directory: directory)
      let target = site.target(probe: Hanging(silentAbout: "stuck"))
      let reconciler = Reconciler(
        target: target, settings: Reconciler.Settings(), logger: site.logger,
        now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }, random: { 0.5 }, notify: { _ in })
      reconciler.desire(
        DesiredState(
          bundleSeq: 1, apps: [try app("stuck"), try app("shop")], removals: []))
      let run = Task { try await reconciler.run() }
      defer { run.cancel() }
      try await body(site, target, reconciler)
      run.cancel()
      _ = await run.result
    }
  }

  /// The suite's time limit ends a wait for nothing.
  private func until(_ holds: () async throws -> Bool) async throws {
    while !(try await holds()) { try await Task.sleep(for: .milliseconds(5)) }
  }

  @Test("files edited by hand are healed, and the other app's health arrives")
  func heals() async throws {
    try await reconciling { site, _, reconciler in
      try await until {
        await reconciler.report(listing: 10).first { $0.name == "shop" }?.health == .healthy
      }
      for app in ["stuck", "shop"] {
        let path = Site.path("\(app)-map", app: app)
        try await until { try site.contents()[path] != nil }
        let good = try #require(try site.contents()[path])
        try site.write("edited", to: path)
        try await until { try site.contents()[path] == good }
      }
      let stuck = try #require(await reconciler.report(listing: 10).first { $0.name == "stuck" })
      #expect(stuck.health == .unknown)
      #expect(stuck.blocking)
    }
  }

  @Test("a removed app is not asked about any more")
  func removed() async throws {
    try await reconciling { _, target, reconciler in
      try await until { await target.prober?.apps == ["stuck", "shop"] }
      reconciler.desire(DesiredState(bundleSeq: 2, apps: [try app("shop")], removals: []))
      try await until { await target.prober?.apps == ["shop"] }
    }
  }
}
