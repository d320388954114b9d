import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

@Suite("Many agents in one process load a hub as as many agents would")
struct LoadGeneratorTests {
  private static let count = 20

  private static var sample: SampleFleet {
    var sample = SampleFleet()
    sample.clusters = (1...count).map { (name: "load-\($0)", environment: $0 <= 5 ? "dev" : "prod") }
    return sample
  }

  @Test("twenty of them enrol, roll a release out, and are back and in step when the hub was away")
  func rolloutAndRestart() async throws {
    try await Stage.with(Self.sample) { stage in
      try stage.machine.start(
        "flotilla-load", ["--operator", stage.fleet.operatorFile, "--agents", "\(Self.count)"], as: "load")
      try await eventually("the first release is everywhere") { try await runs(apps: 1, in: stage) }

      let commit = try stage.release("2.0")
      try await stage.succeeded(commit)

      let lines = try lines(of: stage).count
      try await stage.fleet.hub.stop()
      try await eventually("the agents are told that the hub goes") {
        try self.lines(of: stage).dropFirst(lines).count { $0["event"]?.string == "disconnected" } >= Self.count
      }
      try stage.fleet.startHub()
      try await eventually("all agents are back and in step") {
        let last = try self.lines(of: stage).last { $0["event"]?.string == "summary" }
        return last?["connected"]?.integer == Int64(Self.count) && last?["synced"]?.integer == Int64(Self.count)
      }
      try await stage.succeeded(try stage.release("3.0"))
      let events = Set(try self.lines(of: stage).compactMap { $0["event"]?.string })
      #expect(
        events.isSuperset(of: ["enrolled", "connected", "told", "accepted", "applied", "reported", "acknowledged"]))
    }
  }

  @Test("clusters that are to fail hold a release at its gate")
  func failing() async throws {
    var sample = Self.sample
    sample.progressDeadline = "2s"
    try await Stage.with(sample) { stage in
      try stage.machine.start(
        "flotilla-load",
        ["--operator", stage.fleet.operatorFile, "--unhealthy", "1", "--health-delay", "100"], as: "load")
      try await eventually("the first release is everywhere") { try await runs(apps: 1, in: stage) }
      try stage.release("2.0")
      try await eventually("the rollout fails") { try await stage.rollout()?.rollout?.state == .failed }
    }
  }

  private func runs(apps: Int64, in stage: Stage) async throws -> Bool {
    let clusters = try await stage.fleet.ask { try await $0.listClusters(.init()) }.clusters
    return clusters.count == Self.count && clusters.allSatisfy { $0.appsHealthy == apps }
  }

  private func lines(of stage: Stage) throws -> [Value] {
    let text = try String(contentsOfFile: stage.machine.logFile(of: "load"), encoding: .utf8)
    // The last line may be half written.
    return text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8), file: "load.log") }
  }
}
