import Foundation
import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("The walk through a terminal", .serialized, .timeLimit(.minutes(15)))
struct WalkTests {
  private static let file = "\(Stage.project)/Docs/walk.md"

  /// With FLOTILLA_REWRITE=1 in the environment the page gets the outputs of this run, to be looked at in the diff.
  @Test("says what the commands say, but for times and ids")
  func truth() async throws {
    let page = WalkPage(try String(contentsOfFile: Self.file, encoding: .utf8))
    let outputs = try await walk(page)
    if ProcessInfo.processInfo.environment["FLOTILLA_REWRITE"] == "1" {
      return try page.with(outputs).text.write(toFile: Self.file, atomically: true, encoding: .utf8)
    }
    for (written, output) in zip(page.commands, outputs) {
      let expected = WalkText.normalised(written.output, of: written.command)
      let found = WalkText.normalised(output, of: written.command)
      #expect(found == expected, "$ \(written.command)\n\(output.joined(separator: "\n"))")
    }
  }

  /// A real hub, real agents and a real repository; what a shell says to each command of the page.
  private func walk(_ page: WalkPage) async throws -> [[String]] {
    try await Stage.with(WalkFleet.files, fleet: "acme") { machine, repository, fleet in
      for (name, _) in WalkFleet.clusters { try await fleet.cluster(name).start(delay: 0) }
      try await eventually("all agents are connected") {
        let clusters = try await fleet.ask { try await $0.listClusters(.init()) }.clusters
        return clusters.count == WalkFleet.clusters.count && clusters.allSatisfy { $0.link == .online }
      }
      for (path, text) in WalkFleet.app { try repository.write(text, to: path) }
      _ = try repository.commit("web 1.0")
      try await eventually("the first release is out") { try await isOut(fleet) }
      let outputs = "\(machine.directory)/outputs"
      try FileManager.default.createDirectory(atPath: outputs, withIntermediateDirectories: true)
      let script = "\(machine.directory)/walk.sh"
      let setting = "export PATH=\(Stage.programs):$PATH FLOTILLA_OPERATOR=\(fleet.operatorFile)\n"
      try (setting + page.script(outputs: outputs)).write(toFile: script, atomically: true, encoding: .utf8)
      let shell = try runProgram("bash", [script], in: repository.folder)
      try #require(shell.status != 9, "\(shell.text)")
      return try page.commands.indices.map { index in
        let text = try String(contentsOfFile: "\(outputs)/\(index).txt", encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).dropLast(
          text.hasSuffix("\n") || text.isEmpty ? 1 : 0)
      }
    }
  }

  /// Approves what waits for that.
  private func isOut(_ fleet: LocalFleet) async throws -> Bool {
    let apps = try await fleet.ask { try await $0.listApps(.init()) }.apps
    guard let rollout = apps.first?.rollout else { return false }
    if rollout.stageWait == .approval {
      let approval = FlotillaV1.ApproveRolloutRequest(id: rollout.id, stage: "prod", release: rollout.release)
      _ = try await fleet.ask { try await $0.approveRollout(approval) }
    }
    return rollout.state == .succeeded
  }
}
