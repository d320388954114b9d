import Foundation
import LocalFleet
import Manifests
import Testing
import Wire

@Suite("An agent that dies at any write leaves nothing that it does not mend", .serialized)
struct AgentCrashPointTests {
  private static let count = 6

  /// Every round changes what stays, brings a ConfigMap along and drops the one before it.
  private func release(_ round: Int, _ stage: Stage) throws -> String {
    let own = """
      ---
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: of-round-\(round)}
      data: {text: "r\(round)"}

      """
    try stage.repository.write(
      SampleFleet.settings(count: Self.count, text: "r\(round)") + own, to: "apps/web/base/settings.yaml")
    return try stage.repository.commit("round \(round)")
  }

  /// How many writes an undisturbed round has.
  private func writes(of round: Int, _ stage: Stage) async throws -> Int {
    let server = stage.server(of: "dev-1")
    try await server.forgetRequests()
    let commit = try release(round, stage)
    try await stage.succeeded(commit)
    try await check(round, server, stage)
    return try await server.agentWrites().count
  }

  @Test(
    "killed before and after each write of an apply and its prune it converges, with what it owns listed rightly",
    .timeLimit(.minutes(30)))
  func everyWrite() async throws {
    var sample = SampleFleet()
    sample.progressDeadline = "120s"
    try await Stage.withServers(sample, ["dev-1"]) { stage in
      let (server, cluster) = (stage.server(of: "dev-1"), stage.fleet.cluster("dev-1"))
      try await server.send(
        "POST", "/api/v1/namespaces/web/configmaps",
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "of-others"], "data": ["text": "theirs"]])
      _ = try await writes(of: 1, stage)
      let writes = try await writes(of: 2, stage)
      // The inventory, seven changed or new objects, a deletion, and the inventory without what is gone.
      #expect(writes >= Self.count + 4)
      let uids = try await server.configMaps().filter { $0.key.hasPrefix("settings-") }.mapValues(\.uid)

      var round = 2
      for point in 0..<writes {
        for effect in ["hang", "mute"] {
          round += 1
          try await server.forgetRequests()
          try await server.disturb([
            "effect": .string(effect), "after": .integer(Int64(point)), "writes": true, "userAgent": "flotilla-agent",
            "notPath": "/leases",
          ])
          let commit = try release(round, stage)
          try await eventually("the agent waits for an answer to write \(point)", within: .seconds(60)) {
            try await server.agentWrites().count > point
          }
          try cluster.agent.kill()
          try await server.calm()
          try stage.startAgent(of: "dev-1")
          do {
            try await stage.succeeded(commit, within: .seconds(120))
            try await check(round, server, stage)
          } catch {
            throw StageFailure(description: "killed at write \(point), \(effect): \(error)")
          }
        }
      }
      // Nothing that stayed all the time was ever made anew.
      #expect(try await server.configMaps().filter { $0.key.hasPrefix("settings-") }.mapValues(\.uid) == uids)
    }
  }

  /// Exactly what the round has is there and listed, and what others made.
  private func check(_ round: Int, _ server: APIServer, _ stage: Stage) async throws {
    let settings = (1...Self.count).map { "settings-\($0)" }
    let names = Set(settings + ["of-round-\(round)"])
    try await eventually("round \(round) is there, and what it dropped is gone", within: .seconds(60)) {
      let found = try await server.configMaps()
      return Set(found.keys) == names.union(["of-others"]) && names.allSatisfy { found[$0]?.text == "r\(round)" }
    }
    let listed = ["/Namespace//web", "apps/Deployment/web/web"] + names.map { "/ConfigMap/web/\($0)" }
    try await eventually("the inventory lists it, and no more", within: .seconds(60)) {
      try await server.inventory() == listed.sorted()
    }
  }
}
