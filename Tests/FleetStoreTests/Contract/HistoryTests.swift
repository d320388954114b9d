import FleetModel
import FleetStore
import Testing

@Suite("What is over is forgotten, and nothing that is still named", .timeLimit(.minutes(1)))
struct HistoryTests {
  /// A fleet of one cluster whose app went through six rollouts, the last of them under way.
  private func fill(_ store: any HubStore) async throws -> ClusterUID {
    let cluster = try await store.register("fra-1")
    for number in Int64(1)...6 {
      let id = "r\(number)"
      try await store.saveRelease(
        ReleaseRecord(
          digest: releaseDigest(id), app: "checkout", commit: "c\(number)", canonical: bytes(id), createdAt: at(number)),
        trail: .none)
      try await store.saveContents([appDigest("v\(number)"): bytes("v\(number)")])
      let takeover = Takeover(cluster: cluster, digest: appDigest("v\(number)"), commit: "c\(number)")
      try await store.saveGuardedDeletions([takeover: [GuardedDeletion(object: "o", reason: "r")]])
      try await store.advanceRollouts(
        RolloutStep(
          entries: [logRecord(2 * number - 1, rollouts: [id]), logRecord(2 * number, rollouts: [])],
          rollouts: [rolloutRecord(id, status: number < 6 ? "Succeeded" : "Running", at: number)]))
    }
    // The cluster still runs what came with the second.
    let assigned = Assignment(
      cluster: cluster, app: "checkout", digest: appDigest("v2"), release: releaseDigest("r2"), rollout: "r2")
    try await store.advanceRollouts(
      RolloutStep(entries: [logRecord(13, rollouts: ["r6"])], assignments: [.assign(assigned)]))
    return cluster
  }

  private func scope(
    before seconds: Int64 = 100, keeping count: Int = 1, rollouts: Set<String> = ["r6"],
    contents: [String] = ["v2", "v6"]
  ) -> HistoryScope {
    HistoryScope(
      before: at(seconds), keptOfEachApp: count, rolloutsInUse: rollouts,
      contentsInUse: Set(contents.map { appDigest($0) }))
  }

  private func forget(_ store: any HubStore, _ scope: HistoryScope) async throws -> ForgottenHistory {
    try await store.forgetHistory(scope, limit: 100)
  }

  private func listed(_ store: any HubStore) async throws -> [String] {
    try await store.rollouts(of: nil, limit: 99).map(\.id)
  }

  @Test("of rollouts, releases, contents and guarded deletions what is old and unused goes", arguments: Backend.all)
  func forgotten(backend: Backend) async throws {
    try await backend.withStore { store in
      let cluster = try await fill(store)
      var expected = ForgottenHistory()
      (expected.rollouts, expected.releases, expected.contents, expected.guardedDeletions) = (4, 4, 4, 4)
      #expect(try await forget(store, scope()) == expected)
      #expect(try await listed(store) == ["r6", "r2"])
      #expect(try await store.releases(of: "checkout", limit: 9).map(\.commit) == ["c6", "c2"])
      let contents = try await store.contents(of: Set((1...6).map { appDigest("v\($0)") }))
      #expect(Set(contents.keys) == [appDigest("v2"), appDigest("v6")])
      let takeovers = (1...6).map { Takeover(cluster: cluster, digest: appDigest("v\($0)"), commit: "c\($0)") }
      #expect(Set(try await store.guardedDeletions(of: takeovers).keys) == [takeovers[1], takeovers[5]])
      // Without a snapshot a restart reads the whole log.
      #expect(try await store.rolloutLog(after: 0, limit: 99).count == 13)
      #expect(try await forget(store, scope()) == ForgottenHistory())
    }
  }

  @Test("what is young, or among the last of its app, or in use stays", arguments: Backend.all)
  func kept(backend: Backend) async throws {
    try await backend.withStore { store in
      _ = try await fill(store)
      let all = (1...6).map { "v\($0)" }
      #expect(try await forget(store, scope(before: 1, contents: all)).total == 0)
      #expect(try await forget(store, scope(keeping: 6, contents: all)).total == 0)
      #expect(try await forget(store, scope(before: 4, keeping: 1, contents: all)).rollouts == 2)
      #expect(try await listed(store) == ["r6", "r5", "r4", "r2"])
      #expect(try await forget(store, scope(keeping: 2, rollouts: ["r4"], contents: all)).rollouts == 0)
      #expect(try await store.forgetHistory(scope(), limit: 1).rollouts == 1)
    }
  }

  @Test(
    "the log goes up to the older snapshot, where no rollout names it; it is continued where it ended",
    arguments: Backend.all)
  func log(backend: Backend) async throws {
    try await backend.withStore { store in
      _ = try await fill(store)
      for number in [Int64(8), 13] {
        try await store.saveSnapshot(EngineSnapshot(number: number, time: at(number), bytes: bytes("state \(number)")))
      }
      #expect(try await forget(store, scope()).logEntries == 6)
      // The third and fourth are of r2, which stays; the eighth is where the older snapshot ends.
      #expect(try await store.rolloutLog(after: 0, limit: 99).map(\.number) == [3] + Array(8...13))
      #expect(try await store.rolloutLog(of: "r1", after: 0, limit: 9).isEmpty)
      #expect(try await store.rolloutLog(of: "r2", after: 0, limit: 9).map(\.number) == [3])
      try await store.advanceRollouts(RolloutStep(entries: [logRecord(14)]))
    }
  }
}
