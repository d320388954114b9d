import LocalFleet
import Testing
import Wire

@Suite("A gate opens only for what was observed of the exact digest", .serialized)
struct GateTests {
  private var sample: SampleFleet {
    var sample = SampleFleet()
    sample.progressDeadline = "3s"
    return sample
  }

  /// A first release is everywhere; then dev's machines misbehave and a second one is committed.
  private func secondRelease(with fault: LocalCluster.Fault, _ check: (Stage, String) async throws -> Void)
    async throws
  {
    try await Stage.with(sample) { stage in
      try await stage.startClusters()
      try await stage.succeeded(try stage.head())
      let dev = stage.fleet.cluster("dev-1")
      try await dev.machines.stop()
      try await dev.agent.stop()
      try await dev.start(fault: fault, delay: 0)
      try await stage.fleet.allOnline()
      try await check(stage, try stage.release("2.0"))
    }
  }

  private func halted(_ stage: Stage, _ commit: String) async throws -> FlotillaV1.RolloutCluster? {
    try await eventually("the rollout fails in dev") {
      let rollout = try await stage.rollout()?.rollout
      return rollout?.commit?.id == commit && rollout?.state == .failed
    }
    #expect(stage.tag(on: "prod-1") == "1.0")
    return try await stage.rollout()?.stages.flatMap(\.clusters).first { $0.name == "dev-1" }
  }

  @Test("machines that lag keep the stage shut: what they did for an older digest is no evidence")
  func lag() async throws {
    // The stand-in acts once on what it finds when it starts, and on no change after that.
    try await secondRelease(with: .lag) { stage, commit in
      let cluster = try await halted(stage, commit)
      #expect(stage.tag(on: "dev-1") == "2.0")
      #expect(cluster?.state == .failed)
      #expect(cluster?.reason.contains("did not meet the gate within 3 s") == true, "\(cluster?.reason ?? "")")
    }
  }

  @Test("machines that die keep the stage shut: silence is no health")
  func die() async throws {
    try await secondRelease(with: .die) { stage, commit in
      let cluster = try await halted(stage, commit)
      #expect(cluster?.state == .failed)
      #expect(cluster?.reason.contains("Unknown") == true, "\(cluster?.reason ?? "")")
    }
  }

  @Test("machines that lie about the digest keep the stage shut, however healthy they call everything")
  func lie() async throws {
    try await secondRelease(with: .lie) { stage, commit in
      let cluster = try await halted(stage, commit)
      #expect(stage.tag(on: "dev-1") == "2.0")
      #expect(cluster?.state == .failed)
    }
  }
}
