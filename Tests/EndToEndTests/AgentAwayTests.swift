import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

@Suite("An error in Git that is mended while an agent is away is over before it is back", .serialized)
struct AgentAwayTests {
  /// The error of the app, with the file that it is in.
  private func error(_ stage: Stage) async throws -> String? {
    let errors = try await stage.fleet.ask { try await $0.getFleetStatus(.init()) }.appErrors
    return errors.first { $0.app == "web" }?.error.map { FleetError($0).description }
  }

  @Test("it is shown, its successor is shown, and neither outlives the fix")
  func mended() async throws {
    try await Stage.withServers(SampleFleet(), ["dev-1"]) { stage in
      let file = "apps/web/base/deployment.yaml"
      let good = stage.sample.files[file] ?? ""
      let server = stage.server(of: "dev-1")

      try stage.repository.write(good.replacingOccurrences(of: "spec:", with: "spec: ["), to: file)
      try stage.repository.commit("broken")
      try await eventually("the error is shown", within: .seconds(60)) {
        try await error(stage)?.contains("deployment.yaml") == true
      }
      let first = try await error(stage)
      try await stage.fleet.cluster("dev-1").agent.stop()

      try stage.repository.write("resources: [missing.yaml]\n", to: "apps/web/base/kustomization.yaml")
      try stage.repository.commit("broken otherwise")
      try await eventually("the next error takes its place", within: .seconds(60)) {
        let now = try await error(stage)
        return now != nil && now != first && now?.contains("missing.yaml") == true
      }

      try stage.repository.write(good, to: file)
      let commit = try stage.release("2.0")
      try await eventually("no error is left while the agent is away", within: .seconds(60)) {
        try await error(stage) == nil
      }
      #expect(try await server.image() == "registry.test/web:1.0")

      try stage.startAgent(of: "dev-1")
      try await stage.succeeded(commit)
      #expect(try await server.image() == "registry.test/web:2.0")
      let shown = try await stage.placement(on: "dev-1")
      #expect(shown?.sync == .synced && shown?.reason == "")
    }
  }
}
