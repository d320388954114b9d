import LocalFleet
import Manifests
import TestSupport
import Testing
import Wire

@Suite("What others wrote does not steer an operator's terminal", .serialized, .timeLimit(.minutes(5)))
struct TerminalSafetyTests {
  @Test("neither a commit's words nor a machine's, in any view")
  func escapes() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      // The stand-in for a machine says in the reason which image it cannot pull.
      try stage.repository.replace(
        "newTag: \"1.0\"", with: "newTag: \"broken\\e[2J\"", in: "apps/web/base/kustomization.yaml")
      let commit = try stage.repository.commit("\u{1B}[31mred\u{1B}[0m")
      try await eventually("the rollout is there") { try await stage.rollout()?.rollout?.commit?.id == commit }
      let commands = [
        ["rollout", "status", "web"], ["rollout", "list"], ["get", "apps"], ["tree", "app", "web"],
        ["tree", "cluster", "dev-1"], ["trace", "prod-1", "Deployment/web"], ["events"],
      ]
      for command in commands {
        let shown = try runProgram(
          "\(Stage.programs)/flotilla", command + ["--operator", stage.fleet.operatorFile])
        #expect(shown.status == 0 && !shown.text.contains("\u{1B}"), "\(command): \(shown.text)")
      }
      let status = try runProgram(
        "\(Stage.programs)/flotilla", ["rollout", "status", "web", "--operator", stage.fleet.operatorFile]
      ).text
      #expect(status.contains("\u{FFFD}[31mred"), "\(status)")
    }
  }
}
