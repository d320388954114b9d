import Digests
import FleetModel
import FleetStore
import Testing

@Suite("Clusters have one identity", .timeLimit(.minutes(1)))
struct ClusterTests {
  @Test("a registered cluster awaits its enrolment with what was declared of it", arguments: Backend.all)
  func registered(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1", at: at(5))
      let record = try #require(try await store.cluster(uid))
      #expect(
        record
          == ClusterRecord(
            uid: uid, name: "fra-1", state: .awaitingEnrollment, stateSince: at(5), environment: "prod",
            labels: ["region": "eu", "tier": "edge"], connectivity: .edge, reportKey: nil, createdAt: at(5),
            enrolledAt: nil))
      #expect(try await store.cluster(named: "fra-1") == record)
      #expect(try await store.cluster(try FleetStoreTests.uid("nobody")) == nil)
      #expect(try await store.cluster(named: "nobody") == nil)
    }
  }

  @Test("a name keeps its uid, however many want to give it one at once", arguments: Backend.all)
  func oneIdentity(backend: Backend) async throws {
    try await backend.withStore { store in
      let uids = try await withThrowingTaskGroup(of: ClusterUID.self) { group in
        for index in 0..<100 {
          group.addTask {
            try await store.registerCluster(declared("uid-\(index)"), name: "fra-1", at: at(0), trail: .none).uid
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(uids.count == 1)
      #expect(try await store.clusters().count == 1)
    }
  }

  @Test("a uid is not given to a second name", arguments: Backend.all)
  func uidTaken(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.register("fra-1")
      await refuses(.storeConflict) {
        _ = try await store.registerCluster(declared("u-fra-1"), name: "fra-2", at: at(0), trail: .none)
      }
    }
  }

  @Test("clusters are listed by name", arguments: Backend.all)
  func order(backend: Backend) async throws {
    try await backend.withStore { store in
      for name in ["c", "a", "b", "a-1"] { try await store.register(name) }
      #expect(try await store.clusters().map(\.name) == ["a", "a-1", "b", "c"])
    }
  }

  @Test("a new declaration replaces the old one", arguments: Backend.all)
  func redeclared(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let now = DeclaredCluster(uid: uid, environment: "dev", labels: [:], connectivity: .airgapped)
      try await store.updateDeclared([now], at: at(9), trail: .none)
      let record = try #require(try await store.cluster(uid))
      #expect(record.environment == "dev")
      #expect(record.labels == [:])
      #expect(record.connectivity == .airgapped)
      #expect(record.stateSince == at(0))
    }
  }

  @Test(
    "a cluster that is no longer declared has departed, and is back when it is declared again", arguments: Backend.all)
  func departed(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.enroll(uid, token: "t")
      try await store.updateDeclared([declared("u-fra-1", isDeclared: false)], at: at(10), trail: .none)
      #expect(try await store.cluster(uid)?.state == .departed)
      #expect(try await store.cluster(uid)?.stateSince == at(10))
      #expect(try await store.cluster(named: "fra-1")?.uid == uid)
      try await store.updateDeclared([declared("u-fra-1")], at: at(20), trail: .none)
      #expect(try await store.cluster(uid)?.state == .enrolled)
      #expect(try await store.cluster(uid)?.stateSince == at(20))
    }
  }

  @Test("departing and returning is no way around an approval", arguments: Backend.all)
  func departedWhilePending(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      _ = try await store.redeemToken(redemption("t", needsApproval: true), trail: .none)
      try await store.updateDeclared([declared("u-fra-1", isDeclared: false)], at: at(10), trail: .none)
      await refuses(.storeConflict) {
        try await store.approveCluster(uid, key: Digest(of: "request"), at: at(11), trail: .none)
      }
      await refuses(.storeConflict) { _ = try await store.completeEnrollment(enrollment("t", of: uid), trail: .none) }
      try await store.updateDeclared([declared("u-fra-1")], at: at(20), trail: .none)
      #expect(try await store.cluster(uid)?.state == .pendingApproval)
    }
  }

  @Test("an update that names an unknown uid changes nothing", arguments: Backend.all)
  func unknown(backend: Backend) async throws {
    try await backend.withStore { store in
      let known = try await store.register("fra-1")
      let update = [try declared("u-fra-1", environment: "dev"), try declared("nobody")]
      let trail = Trail(audit: [entry("declare")], events: [event("Declared")])
      await refuses(.clusterUnknown) { try await store.updateDeclared(update, at: at(1), trail: trail) }
      #expect(try await store.cluster(known)?.environment == "prod")
      #expect(try await store.events(EventQuery()).isEmpty)
    }
  }

  @Test("a revoked cluster is over: its name is free, its uid and certificates are refused", arguments: Backend.all)
  func revoked(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.enroll(uid, token: "t")
      try await store.issueToken("unused", for: uid)
      let before = try await store.denylistRevision()
      let identity = "spiffe://acme/cluster/\(uid)"
      try await store.revokeCluster(uid, identity: identity, at: at(50), trail: .none)
      try await store.revokeCluster(uid, identity: identity, at: at(60), trail: .none)

      #expect(try await store.cluster(uid)?.state == .revoked)
      #expect(try await store.cluster(uid)?.stateSince == at(50))
      #expect(try await store.cluster(named: "fra-1") == nil)
      let denylist = try await store.denylist()
      #expect(denylist.clusters == [uid])
      #expect(denylist.serials == ["c-t-reply"])
      #expect(denylist.revision > before)
      #expect(try await store.joinToken("unused") == nil)
      await refuses(.storeConflict) { try await store.issueToken("more", for: uid) }

      try await store.updateDeclared([declared("u-fra-1")], at: at(70), trail: .none)
      #expect(try await store.cluster(uid)?.state == .revoked)
      let successor = try await store.registerCluster(declared("second"), name: "fra-1", at: at(80), trail: .none)
      #expect(successor.uid != uid)
      #expect(try await store.clusters().map(\.state) == [.awaitingEnrollment, .revoked])
    }
  }
}
