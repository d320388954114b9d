import Digests
import FleetModel
import FleetStore
import Testing

@Suite("Only a later report counts", .timeLimit(.minutes(1)))
struct ReportTests {
  @Test("a report is accepted once, repeated when it is the same, refused when it is not later", arguments: Backend.all)
  func order(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      #expect(try await store.latestReport(of: uid) == nil)
      #expect(try await store.recordReport(report(uid, seq: 7, at: 1)) == .accepted)
      #expect(try await store.recordReport(report(uid, seq: 7, at: 2)) == .repeated)
      #expect(try await store.recordReport(report(uid, seq: 7, payload: "other")) == .refused(lastSeq: 7))
      #expect(try await store.recordReport(report(uid, seq: 6)) == .refused(lastSeq: 7))
      #expect(try await store.recordReport(report(uid, seq: 9, at: 3)) == .accepted)
      #expect(try await store.recordReport(report(uid, seq: 7)) == .refused(lastSeq: 9))
    } afterReopening: { store in
      let uid = try uid("u-fra-1")
      let payload = bytes("report 9 of \(uid)")
      #expect(
        try await store.latestReport(of: uid)
          == StoredReport(
            cluster: uid, seq: 9, digest: Digest(of: payload), payload: payload, envelope: bytes("signed 9"),
            receivedAt: at(3)))
      #expect(try await store.reports(of: uid).map(\.seq) == [9, 7])
    }
  }

  @Test("a report of an unknown cluster is refused", arguments: Backend.all)
  func unknown(backend: Backend) async throws {
    try await backend.withStore { store in
      let nobody = try uid("nobody")
      await refuses(.clusterUnknown) { _ = try await store.recordReport(report(nobody, seq: 1)) }
      await refuses(.clusterUnknown) { try await store.recordStates([observed("a")], of: nobody, at: at(0)) }
    }
  }

  @Test("the last reports are kept", arguments: Backend.all)
  func history(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      for seq in Int64(1)...20 { _ = try await store.recordReport(report(uid, seq: seq * 10)) }
      let kept = try await store.reports(of: uid).map(\.seq)
      #expect(kept == (0..<ReportLimits.history).map { 200 - Int64($0) * 10 })
    }
  }

  @Test("a report replaces all that was observed, states in between only what they name", arguments: Backend.all)
  func fullState(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      _ = try await store.recordReport(report(uid, seq: 1, apps: [observed("a"), observed("b")], at: 1))
      try await store.recordStates([observed("b", health: .degraded), observed("c")], of: uid, at: at(2))
      #expect(
        try await store.observedApps(of: uid) == [
          ObservedApp(cluster: uid, app: observed("a"), since: at(1)),
          ObservedApp(cluster: uid, app: observed("b", health: .degraded), since: at(2)),
          ObservedApp(cluster: uid, app: observed("c"), since: at(2)),
        ])
      _ = try await store.recordReport(report(uid, seq: 2, apps: [observed("c"), observed("a", "v2")], at: 3))
      #expect(
        try await store.observedApps(of: uid) == [
          ObservedApp(cluster: uid, app: observed("a", "v2"), since: at(3)),
          ObservedApp(cluster: uid, app: observed("c"), since: at(2)),
        ])
    }
  }

  @Test("a new reason or count is stored and does not move the instant of the verdict", arguments: Backend.all)
  func since(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      var app = observed("a", health: .progressing)
      try await store.recordStates([app], of: uid, at: at(1))
      app.reason = "2 of 3 available"
      app.objects.healthy = 12
      app.driftHealed = 3
      try await store.recordStates([app], of: uid, at: at(2))
      #expect(try await store.observedApps(of: uid) == [ObservedApp(cluster: uid, app: app, since: at(1))])
      app.health = .healthy
      try await store.recordStates([app], of: uid, at: at(3))
      #expect(try await store.observedApps(of: uid) == [ObservedApp(cluster: uid, app: app, since: at(3))])
    }
  }

  @Test("a refused report changes nothing that was observed", arguments: Backend.all)
  func refusedState(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      _ = try await store.recordReport(report(uid, seq: 5, apps: [observed("a")]))
      _ = try await store.recordReport(report(uid, seq: 4, apps: [observed("a", health: .degraded), observed("b")]))
      #expect(try await store.observedApps(of: uid).map(\.app) == [observed("a")])
    }
  }

  @Test("what was observed is listed by cluster and by app", arguments: Backend.all)
  func lists(backend: Backend) async throws {
    try await backend.withStore { store in
      for name in ["b", "a"] {
        let uid = try await store.register(name)
        try await store.recordStates([observed("shop"), observed("db")], of: uid, at: at(0))
      }
      let all = try await store.observedApps()
      #expect(all.map { "\($0.cluster) \($0.app.name)" } == ["u-a db", "u-a shop", "u-b db", "u-b shop"])
      #expect(try await store.observedApps(ofApp: "db").map(\.cluster.rawValue) == ["u-a", "u-b"])
    }
  }

  @Test("a cluster was last seen when it was last seen", arguments: Backend.all)
  func presence(backend: Backend) async throws {
    try await backend.withStore { store in
      let (one, two) = (try await store.register("fra-1"), try await store.register("fra-2"))
      let nobody = try uid("nobody")
      func presence(_ cluster: ClusterUID, _ seconds: Int64, _ isConnected: Bool) -> Presence {
        Presence(cluster: cluster, lastSeen: at(seconds), isConnected: isConnected)
      }
      try await store.recordPresence([presence(two, 5, true), presence(one, 5, true), presence(nobody, 5, true)])
      try await store.recordPresence([presence(one, 4, false), presence(two, 6, false)])
      #expect(try await store.presences() == [presence(one, 5, true), presence(two, 6, false)])
    }
  }

  @Test("reports of many clusters at once are all kept", arguments: Backend.all)
  func many(backend: Backend) async throws {
    try await backend.withStore { store in
      var clusters: [ClusterUID] = []
      for index in 0..<300 { clusters.append(try await store.register("c\(index)")) }
      try await withThrowingTaskGroup { group in
        for cluster in clusters {
          for seq in Int64(1)...4 { group.addTask { _ = try await store.recordReport(report(cluster, seq: seq)) } }
        }
        try await group.waitForAll()
      }
      for cluster in clusters { #expect(try await store.latestReport(of: cluster)?.seq == 4) }
    }
  }
}
