import Foundation
import LocalFleet
import Testing
import Wire

@Suite("An agent joins only with a token that is its own, unused and in time", .serialized)
struct EnrollmentTests {
  /// Starts an agent with a token file that holds this text, and returns what it said when it ended.
  private func refusal(of token: String, _ stage: Stage, as name: String) throws -> String {
    let cluster = stage.fleet.cluster(name)
    try FileManager.default.createDirectory(atPath: cluster.manifests, withIntermediateDirectories: true)
    try token.write(toFile: cluster.tokenFile, atomically: true, encoding: .utf8)
    let agent = try stage.machine.start(
      "flotilla-agent",
      [
        "run", "--state-directory", cluster.state, "--directory", cluster.manifests, "--token-file",
        cluster.tokenFile,
      ], as: "agent-\(name)")
    #expect(agent.exitStatus() == 1)
    #expect(!Stage.files(below: cluster.state).contains("identity.json"))
    #expect(Stage.files(below: cluster.manifests).isEmpty)
    return cluster.log
  }

  @Test("a wrong token, a used one and one that has expired are refused, and the agent says so and ends")
  func tokens() async throws {
    try await Stage.with { stage in
      let cluster = stage.fleet.cluster("dev-1")
      try await cluster.start(delay: 0)
      try await eventually("dev-1 runs the app") { stage.tag(on: "dev-1") == "1.0" }
      let used = try String(contentsOfFile: cluster.tokenFile, encoding: .utf8)
      #expect(try refusal(of: used, stage, as: "copy").contains("token"))

      // The secret is the token's last part; another one of the same form was never given out.
      var wrong = Array(try await stage.fleet.ask { try await $0.createClusterToken(.init(name: "prod-1")) }.token)
      let last = wrong.lastIndex { $0.isLetter } ?? wrong.startIndex
      wrong[last] = wrong[last] == "A" ? "B" : "A"
      #expect(try refusal(of: String(wrong), stage, as: "guess").contains("token"))

      let brief = try await stage.fleet.ask {
        try await $0.createClusterToken(.init(name: "prod-1", lifetimeMs: 1000))
      }
      try await eventually("the token is too old") {
        Date.now.timeIntervalSince1970 * 1000 > Double(brief.expiresUnixMs) + 50
      }
      #expect(try refusal(of: brief.token, stage, as: "late").contains("token"))
      #expect(try refusal(of: "nonsense", stage, as: "nonsense").contains("token"))
    }
  }

  @Test("a revoked cluster gets nothing more, keeps what it runs, and everything else goes on")
  func revoked() async throws {
    try await Stage.with { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      _ = try await stage.fleet.ask { try await $0.revokeCluster(.init(name: "prod-1", reason: "stolen")) }
      try await eventually("the agent is told that it is shut out") {
        stage.fleet.cluster("prod-1").log.contains("revoked")
      }
      try stage.release("2.0")
      try await eventually("dev goes on") { stage.tag(on: "dev-1") == "2.0" }
      try await stage.fleet.cluster("prod-1").agent.stop()
      try stage.fleet.cluster("prod-1").startAgent()
      try await eventually("the agent is refused again after a restart") {
        stage.fleet.cluster("prod-1").log.components(separatedBy: "revoked").count > 2
      }
      #expect(stage.tag(on: "prod-1") == "1.0")
    }
  }
}
