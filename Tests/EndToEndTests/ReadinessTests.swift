import Foundation
import LocalFleet
import Testing
import Wire

@Suite("/readyz tells the truth", .timeLimit(.minutes(4)))
struct ReadinessTests {
  @Test("a hub that runs is ready, and one whose Git server is away is so again after a restart")
  func gitAway() async throws {
    try await Stage.with { stage in
      let admin = AdminPort(port: stage.fleet.adminPort)
      try await eventually("the hub is ready", within: .seconds(60)) { try await admin.get("readyz").status == 200 }
      #expect(try await admin.get("healthz").status == 200)
      try await stage.fleet.hub.stop()
      let folder = stage.repository.folder
      try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
      try stage.fleet.startHub()
      try await eventually("the hub is ready without its repository", within: .seconds(60)) {
        try await admin.get("readyz").status == 200
      }
      try await eventually("the failure is counted", within: .seconds(60)) {
        try await admin.sample("flotilla_sync_failures_total") ?? 0 > 0
      }
      let status = try await stage.fleet.ask { try await $0.getFleetStatus(.init()) }
      #expect(status.source?.inForce != nil && status.source?.error != nil)
    }
  }
}
