import Foundation
import LocalFleet
import Testing

@Suite("An agent's state is its own", .serialized)
struct AgentStateTests {
  private func mode(_ path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test("a second agent on the same state says so and ends; once the first is gone, however, one can start")
  func twoAgents() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      let cluster = stage.fleet.cluster("dev-1")
      let first = try cluster.agent
      try await eventually("dev-1 runs the app") { stage.tag(on: "dev-1") == "1.0" }
      #expect(try cluster.startAgent().exitStatus() == 1)
      #expect(cluster.log.contains("state-in-use"))
      #expect(cluster.log.contains("another agent runs on this state directory (process \(first.identifier))"))
      #expect(cluster.log.contains("give this one a state directory of its own"))
      #expect(first.isRunning)

      first.kill()
      try cluster.startAgent()
      try stage.release("2.0")
      try await eventually("dev-1 runs the next release", within: .seconds(60)) { stage.tag(on: "dev-1") == "2.0" }
    }
  }

  @Test("nobody else can read it; what was open to others is closed at the next start, and told")
  func modes() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      let cluster = stage.fleet.cluster("dev-1")
      try await eventually("dev-1 runs the app") { stage.tag(on: "dev-1") == "1.0" }
      try await cluster.agent.stop()
      #expect(try mode(cluster.state) == 0o700)
      for file in Stage.files(below: cluster.state) {
        #expect(try mode("\(cluster.state)/\(file)") == 0o600, "\(file)")
      }
      #expect(!cluster.log.contains("other users could read"))

      for (path, open) in [("", 0o755), ("/identity.json", 0o640)] {
        try FileManager.default.setAttributes([.posixPermissions: open], ofItemAtPath: cluster.state + path)
      }
      try cluster.startAgent()
      try await eventually("the agent has told of it") {
        cluster.log.components(separatedBy: "other users could read").count == 3
      }
      #expect(cluster.log.contains("/identity.json"))
      #expect(try mode(cluster.state) == 0o700)
      #expect(try mode("\(cluster.state)/identity.json") == 0o600)
    }
  }
}
