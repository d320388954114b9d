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

  /// Runs the operator's program, and returns what it printed.
  @discardableResult
  private func flotilla(_ arguments: String..., on stage: Stage) throws -> String {
    try LocalProcess.run(
      try stage.machine.program("flotilla"), arguments + ["--operator", stage.fleet.operatorFile])
  }

  /// What the operator's program said when it failed; empty when it did not.
  private func complaint(_ arguments: String..., on stage: Stage) -> String {
    do {
      try LocalProcess.run(
        try stage.machine.program("flotilla"), arguments + ["--operator", stage.fleet.operatorFile])
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test("where approval is asked for, an agent waits until an operator approves the key that the agent shows")
  func approval() async throws {
    try await Stage.with(hubArguments: ["--enrollment", "approval"]) { stage in
      let cluster = stage.fleet.cluster("dev-1")
      try await cluster.start(delay: 0)
      try await eventually("the agent waits") { cluster.log.contains("waiting for an operator's approval") }
      let key = try #require(cluster.log.firstMatch(of: /key=([0-9a-f]{64})/).map { String($0.1) })
      #expect(try flotilla("get", "clusters", on: stage).contains(/dev-1 +dev +pending/))

      #expect(complaint("cluster", "approve", "dev-1", on: stage).contains(key))
      let wrong = String(key.reversed())
      #expect(
        complaint("cluster", "approve", "dev-1", "--key", wrong, on: stage).contains("no agent waits with the key"))
      #expect(complaint("cluster", "approve", "dev-1", "--key", "x", on: stage).contains("not a SHA-256"))
      #expect(try flotilla("get", "clusters", on: stage).contains(/dev-1 +dev +pending/))
      #expect(!Stage.files(below: cluster.state).contains("identity.json"))

      try stage.fleet.hub.kill()
      try await eventually("the agent notices that the hub is gone", within: .seconds(60)) {
        cluster.log.contains("the hub cannot be asked")
      }
      try stage.fleet.startHub()
      try await eventually("the hub is back") { try await stage.fleet.clusters().contains("dev-1") }
      try flotilla("cluster", "approve", "dev-1", "--key", key, on: stage)
      try await eventually("the agent is let in and runs the app", within: .seconds(60)) {
        stage.tag(on: "dev-1") == "1.0"
      }
      #expect(try flotilla("get", "clusters", on: stage).contains(/dev-1 +dev +enrolled/))
      #expect(complaint("cluster", "approve", "dev-1", "--key", key, on: stage).contains("does not wait"))
    }
  }

  @Test("an agent that an operator turns away while it waits is told so, and ends")
  func turnedAway() async throws {
    try await Stage.with(hubArguments: ["--enrollment", "approval"]) { stage in
      let cluster = stage.fleet.cluster("dev-1")
      try await cluster.start(delay: 0)
      try await eventually("the agent waits") { cluster.log.contains("waiting for an operator's approval") }
      try flotilla("cluster", "revoke", "dev-1", "--reason", "nobody knows it", on: stage)
      #expect(try cluster.agent.exitStatus() == 1)
      #expect(cluster.log.contains("the token is not known"))
      #expect(!Stage.files(below: cluster.state).contains("identity.json"))
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
