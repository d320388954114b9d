import Digests
import FleetModel
import FleetStore
import Manifests
import Testing

@Suite("The audit log is one chain", .timeLimit(.minutes(1)))
struct AuditTests {
  @Test("records are numbered, chained and kept as they were given", arguments: Backend.all)
  func chained(backend: Backend) async throws {
    try await backend.withStore { store in
      #expect(try await store.verifyAudit() == nil)
      try await store.record(Trail(audit: [entry("one"), entry("two", at: 1)]))
      var bare = entry("three", outcome: "refused")
      bare.digest = nil
      try await store.record(Trail(audit: [bare]))
    } afterReopening: { store async throws in
      let records = try await store.auditRecords(after: 0, limit: 9)
      #expect(records.map(\.n) == [1, 2, 3])
      #expect(records.map(\.content.action) == ["one", "two", "three"])
      #expect(records[1].content == entry("two", at: 1))
      #expect(records[2].content.digest == nil)
      #expect(records[0].prevHash == nil)
      #expect(records[2].prevHash == records[1].hash)
      #expect(try await store.auditRecords(after: 1, limit: 1) == [records[1]])
      #expect(try await store.verifyAudit() == AuditChain.Head(n: 3, hash: records[2].hash))
    }
  }

  @Test("every act carries its record, and a refused act carries none", arguments: Backend.all)
  func acts(backend: Backend) async throws {
    try await backend.withStore { store in
      func trail(_ action: String) -> Trail { Trail(audit: [entry(action)]) }
      let identity = "spiffe://acme/operator/ana"
      try await store.establishFleet(
        FleetIdentity(name: "acme", epoch: 1, createdAt: at(0)), trail: trail("fleet"))
      try await store.setHubSetting("a", to: [1], trail: trail("setting"))
      let uid = try await store.registerCluster(
        declared("fra-1"), name: "fra-1", at: at(0), trail: trail("register")
      ).uid
      try await store.updateDeclared([declared("fra-1")], at: at(0), trail: trail("declare"))
      let token = JoinToken(id: "t", cluster: uid, verificationKey: [1], issuedAt: at(0), expiresAt: at(60))
      try await store.saveToken(token, trail: trail("token"))
      _ = try await store.redeemToken(redemption("t", needsApproval: true), trail: trail("redeem"))
      await refuses(.tokenUsed) {
        _ = try await store.redeemToken(redemption("t", key: "other"), trail: trail("never"))
      }
      try await store.approveCluster(uid, key: Digest(of: "request"), at: at(0), trail: trail("approve"))
      await refuses(.storeConflict) {
        try await store.approveCluster(uid, key: Digest(of: "request"), at: at(0), trail: trail("never"))
      }
      _ = try await store.completeEnrollment(enrollment("t", of: uid), trail: trail("enroll"))
      try await store.recordCertificate(certificate("01", of: identity), trail: trail("certificate"))
      try await store.saveOperator(
        OperatorRecord(name: "ana", role: .viewer, createdAt: at(0)), trail: trail("operator"))
      let bob = OperatorRecord(name: "bob", role: .viewer, createdAt: at(0))
      try await store.addOperator(bob, certificate: certificate("02", of: identity), trail: trail("add"))
      await refuses(.storeConflict) {
        try await store.addOperator(bob, certificate: certificate("03", of: identity), trail: trail("never"))
      }
      try await store.renewOperator(named: "bob", certificate: certificate("03", of: identity), trail: trail("renew"))
      try await store.removeOperator(named: "ana", identity: identity, at: at(0), trail: trail("remove"))
      try await store.revokeCertificates(of: identity, at: at(0), trail: trail("revoke"))
      let commit = ObservedCommit(
        id: "a", committer: "", time: at(0), summary: "", isRewrite: false, observedAt: at(0))
      try await store.recordObservation(SourceObservation(commit: commit), trail: trail("commit"))
      try await store.advanceRollouts(RolloutStep(entries: [logRecord(1)], trail: trail("advance")))
      await refuses(.storeConflict) {
        try await store.advanceRollouts(RolloutStep(entries: [logRecord(1)], trail: trail("never")))
      }
      let release = ReleaseRecord(
        digest: releaseDigest("r"), app: "a", commit: "c", canonical: bytes("r"), createdAt: at(0))
      try await store.saveRelease(release, trail: trail("release"))
      let versions = try #require(try await store.allocateVersions([uid: .bundle])[uid])
      try await store.publish([signedView(uid, versions)], at: at(0), trail: trail("publish"))
      try await store.saveRoot([1], version: 1, trail: trail("root"))
      try await store.revokeCluster(uid, identity: "x", at: at(0), trail: trail("end"))

      let actions = try await store.auditRecords(after: 0, limit: 99).map(\.content.action)
      #expect(
        actions == [
          "fleet", "setting", "register", "declare", "token", "redeem", "approve", "enroll", "certificate", "operator",
          "add", "renew", "remove", "revoke", "commit", "advance", "release", "publish", "root", "end",
        ])
      #expect(try await store.verifyAudit()?.n == 20)
    }
  }

  @Test("records are found by who, what, to what, how it ended and since when", arguments: Backend.all)
  func found(backend: Backend) async throws {
    try await backend.withStore { store in
      var other = entry("cluster.token", at: 2)
      other.actor = "operator/bob"
      other.subject = "ber-1"
      try await store.record(
        Trail(audit: [
          entry("cluster.enroll"), entry("cluster.revoke", at: 1, outcome: "refused"), other, entry("clusters", at: 3),
        ]))
      func numbers(_ query: AuditQuery) async throws -> [Int64] { try await store.auditRecords(query).map(\.n) }
      #expect(try await numbers(AuditQuery()) == [4, 3, 2, 1])
      #expect(try await numbers(AuditQuery(limit: 1)) == [4])
      #expect(try await numbers(AuditQuery(before: 3)) == [2, 1])
      #expect(try await numbers(AuditQuery(actor: "operator/bob")) == [3])
      #expect(try await numbers(AuditQuery(action: "cluster")) == [3, 2, 1])
      #expect(try await numbers(AuditQuery(action: "cluster.revoke")) == [2])
      #expect(try await numbers(AuditQuery(action: "cluster.")) == [])
      #expect(try await numbers(AuditQuery(subject: "ber-1")) == [3])
      #expect(try await numbers(AuditQuery(outcome: "refused")) == [2])
      #expect(try await numbers(AuditQuery(since: at(2))) == [4, 3])
    }
  }

  @Test("records written by many at once are one chain without a gap", arguments: Backend.all)
  func concurrent(backend: Backend) async throws {
    try await backend.withStore { store in
      try await withThrowingTaskGroup { group in
        for index in 0..<1000 { group.addTask { try await store.record(Trail(audit: [entry("a\(index)")])) } }
        try await group.waitForAll()
      }
      #expect(try await store.verifyAudit()?.n == 1000)
      #expect(Set(try await store.auditRecords(after: 0, limit: 2000).map(\.content.action)).count == 1000)
    }
  }

  @Test("a log longer than what is checked at once is checked to its end", arguments: Backend.all)
  func long(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.record(Trail(audit: (0..<5000).map { entry("a\($0)") }))
      #expect(try await store.verifyAudit()?.n == 5000)
    }
  }
}
