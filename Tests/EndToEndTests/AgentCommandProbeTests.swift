import Foundation
import LocalFleet
import Manifests
import Testing

@Suite("An agent asks a program how its host is", .serialized)
struct AgentCommandProbeTests {
  @Test("a gate passes on what the program answers")
  func gate() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    try await Stage.with(sample) { stage in
      let cluster = stage.fleet.cluster("dev-1")
      try await cluster.makeToken()
      // Every object that the question names is healthy.
      let script = #"sed -e 's/"app":"[^"]*",//' -e 's,"\([^"]*/[^"]*\)",{"id":"\1"\,"health":"Healthy"},g'"#
      let command = try JSONSerialization.data(
        withJSONObject: ["/bin/sh", "-c", script], options: .withoutEscapingSlashes)
      try stage.machine.start(
        "flotilla-agent",
        [
          "run", "--state-directory", cluster.state, "--directory", cluster.manifests, "--token-file",
          cluster.tokenFile, "--probe-command", String(decoding: command, as: UTF8.self),
        ], as: "agent-dev-1")
      try await stage.succeeded(try stage.head())
    }
  }

  @Test("two probes at once are refused before anything is done")
  func twoProbes() throws {
    let folder = "/tmp/flotilla-test-\(UUID().uuidString)"
    let error = try #require(throws: FleetError.self) {
      _ = try LocalProcess.run(
        "\(Stage.programs)/flotilla-agent",
        [
          "run", "--state-directory", folder, "--probe-http", "http://127.0.0.1:1", "--probe-command",
          #"["/bin/true"]"#,
        ])
    }
    #expect(error.message.hasSuffix("ended with 2"))
    #expect(error.cause.contains("give either probe-command or probe-http"))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
