public import FleetModel
import FleetStore
import Manifests
public import ReleasePipeline
public import RolloutEngine

extension FleetHub {
  /// Lets agents do their work until something is so.
  public func drive(_ agents: [TestAgent], until what: String, _ holds: () async throws -> Bool) async throws {
    try await awaited(what) {
      guard try await fleet.fleet().source.inForce != nil else { return false }
      for agent in agents { try await agent.step(self) }
      return try await holds()
    }
  }

  /// Lets agents do their work, and approves what waits for it, until every app is rolled out to all of them.
  public func driveToTheEnd(_ agents: [TestAgent], commit: String? = nil) async throws {
    do {
      try await driveOn(agents, commit)
    } catch {
      throw FleetError(
        FleetError.Code("not-rolled-out"), "not everything was rolled out: \(try await state(agents))",
        cause: "\(error)")
    }
  }

  /// How far things are, for the one who reads why a test failed.
  private func state(_ agents: [TestAgent]) async throws -> String {
    var lines = try await fleet.apps().compactMap(\.rollout).map { rollout in
      "\(rollout.id) \(rollout.state): \(rollout.reason); "
        + rollout.stages.map { stage in
          "\(stage.name) \(stage.state) \(stage.counts) "
            + stage.clusters.map { "\($0.name) \($0.state): \($0.reason)" }.joined(separator: ", ")
        }.joined(separator: "; ")
    }
    for agent in agents { lines.append("\(agent.name) runs \(await agent.digests.keys.sorted())") }
    lines += try await fleet.fleet().errors.map { "\($0.error)" }
    return lines.joined(separator: "\n")
  }

  private func driveOn(_ agents: [TestAgent], _ commit: String?) async throws {
    try await drive(agents, until: "everything is rolled out") {
      try await approveWhatWaits()
      for app in ["db", "web"] where try await !isDone(app, agents.count, commit) { return false }
      for agent in agents where await agent.bundle?.apps.count != 2 { return false }
      return true
    }
  }

  private func isDone(_ app: String, _ clusters: Int, _ commit: String?) async throws -> Bool {
    guard let rollout = try await rollout(of: app), rollout.state == .succeeded else { return false }
    let taken = rollout.stages.reduce(0) { $0 + $1.counts.soaked + $1.counts.unchanged }
    return taken == clusters && (commit == nil || rollout.commit == commit)
  }

  /// The rollout of an app that is under way or was the last; nil before the first.
  public func rollout(of app: String) async throws -> RolloutStatus? {
    try await fleet.apps().first { $0.name == app }?.rollout
  }

  private func approveWhatWaits() async throws {
    for app in ["db", "web"] {
      guard let rollout = try await rollout(of: app),
        let stage = rollout.stages.first(where: { $0.state == .awaitingBefore(.approval) })
      else { continue }
      _ = try await operations.approve(
        rollout: rollout.id, stage: stage.name, release: rollout.release, comment: "looks good",
        by: Actor(operator: "ada"))
    }
  }
}

extension TestAgent {
  /// What each app is, as the bundle that was verified last says.
  public var digests: [String: AppDigest] {
    Dictionary((bundle?.apps ?? []).map { ($0.name, $0.appDigest) }, uniquingKeysWith: { $1 })
  }
}
