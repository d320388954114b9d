import Foundation
import LocalFleet
import TestSupport
import Testing
import Wire

@Suite("An agent that is killed at any moment of an apply makes the cluster right in the end", .serialized)
struct AgentKillTests {
  @Test("every apply converges, the folder has what the release has and nothing else", .timeLimit(.minutes(30)))
  func killedMidApply() async throws {
    var sample = SampleFleet()
    sample.clusters = [("dev-1", "dev")]
    sample.extraObjects = 300
    var dice = Randomness("moments to kill the agent at")
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let cluster = stage.fleet.cluster("dev-1")
      let names = Stage.files(below: cluster.manifests)
      #expect(names.filter { $0.hasSuffix(".yaml") }.count == 301)
      let own = Set(Stage.files(below: cluster.state).filter { !$0.contains("blobs/") })
      let usual = try await appliedAfterNotice("warm-up", stage)

      for round in 1...HubKillTests.kills {
        let moment = usual * Double.random(in: 0..<1.2, using: &dice)
        let commit = try stage.release("r\(round)")
        let sequence = cluster.log.components(separatedBy: "bundle accepted").count
        // From the moment that the hub has something new for it: before that nothing happens in the agent.
        try await eventually("the hub has published r\(round)") {
          try await stage.rollout()?.rollout?.commit?.id == commit
        }
        try await Task.sleep(for: moment)
        try cluster.agent.kill()
        try cluster.startAgent()
        do {
          try await stage.succeeded(commit)
          try check(cluster, round, names: names)
        } catch {
          throw StageFailure(
            description: "round \(round), killed after \(moment) (bundle \(sequence)), seed \(dice.seed): \(error)")
        }
      }
      try await cluster.agent.stop()
      #expect(Set(Stage.files(below: cluster.state).filter { !$0.contains("blobs/") }).symmetricDifference(own).isEmpty)
    }
  }

  /// How long an undisturbed release takes from the hub's rollout to the agent's last file.
  private func appliedAfterNotice(_ tag: String, _ stage: Stage) async throws -> Duration {
    let commit = try stage.release(tag)
    try await eventually("the hub has published \(tag)") {
      try await stage.rollout()?.rollout?.commit?.id == commit
    }
    let began = ContinuousClock.now
    try await eventually("dev-1 runs \(tag)") {
      stage.fleet.cluster("dev-1").file("web/_ConfigMap_web_settings-300.yaml")?.contains(tag) == true
        && stage.tag(on: "dev-1") == tag
    }
    let usual = ContinuousClock.now - began
    try await stage.succeeded(commit)
    return usual
  }

  private func check(_ cluster: LocalCluster, _ round: Int, names: [String]) throws {
    #expect(Stage.files(below: cluster.manifests) == names)
    for number in 1...300 {
      let text = cluster.file("web/_ConfigMap_web_settings-\(number).yaml")
      #expect(text?.contains("text: r\(round)\n") == true, "settings-\(number): \(text ?? "missing")")
    }
  }
}
