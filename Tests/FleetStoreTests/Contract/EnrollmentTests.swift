import Digests
import FleetModel
import FleetStore
import Manifests
import Testing

@Suite("A join token gives one identity", .timeLimit(.minutes(1)))
struct EnrollmentTests {
  @Test("a token leads to an enrolled cluster with its certificate and report key", arguments: Backend.all)
  func whole(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      #expect(try await store.joinToken("t")?.verificationKey == bytes("key of t"))

      let redeemed = try await store.redeemToken(redemption("t", at: 10), trail: .none)
      #expect(redeemed.cluster.state == .awaitingEnrollment)
      #expect(redeemed.reply == nil)
      let reply = try await store.completeEnrollment(enrollment("t", of: uid, at: 11), trail: .none)
      #expect(reply == bytes("reply"))

      let record = try #require(try await store.cluster(uid))
      #expect(record.state == .enrolled)
      #expect(record.reportKey == bytes("report"))
      #expect(record.enrolledAt == at(11))
      #expect(try await store.certificate(serial: "c-t-reply")?.notBefore == at(11))
    }
  }

  @Test("of 1,000 who use one token at once exactly one gets the identity", arguments: Backend.all)
  func race(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      let outcomes = await withTaskGroup(of: Bool.self) { group in
        for index in 0..<1000 {
          group.addTask {
            do {
              let key = "request \(index)"
              _ = try await store.redeemToken(redemption("t", key: key), trail: .none)
              let own = enrollment("t", of: uid, key: key, reportKey: "report \(index)", reply: "reply \(index)")
              return try await store.completeEnrollment(own, trail: .none) == bytes("reply \(index)")
            } catch {
              #expect((error as? FleetError)?.code == .tokenUsed)
              return false
            }
          }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(outcomes == 1)
      #expect(try await store.certificates(of: "spiffe://acme/cluster/\(uid)").count == 1)
    }
  }

  @Test("the same request sent 1,000 times at once gets one and the same reply", arguments: Backend.all)
  func sameRequest(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      let replies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for index in 0..<1000 {
          group.addTask {
            let redeemed = try await store.redeemToken(redemption("t"), trail: .none)
            if let reply = redeemed.reply { return reply }
            return try await store.completeEnrollment(
              enrollment("t", of: uid, reply: "reply \(index)"), trail: .none)
          }
        }
        return try await group.reduce(into: Set()) { $0.insert($1) }
      }
      #expect(replies.count == 1)
      #expect(try await store.certificates(of: "spiffe://acme/cluster/\(uid)").count == 1)
    }
  }

  @Test("a lost reply is repeated for ten minutes, to the same key only", arguments: Backend.all)
  func repetition(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.enroll(uid, token: "t", at: 100)
      #expect(try await store.redeemToken(redemption("t", at: 700), trail: .none).reply == bytes("reply"))
      await refuses(.tokenUsed) { _ = try await store.redeemToken(redemption("t", at: 701), trail: .none) }
      await refuses(.tokenUsed) { _ = try await store.redeemToken(redemption("t", key: "x", at: 101), trail: .none) }
    }
  }

  @Test("a hub that died between redeeming and completing is retried by the same key", arguments: Backend.all)
  func interrupted(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      _ = try await store.redeemToken(redemption("t", at: 5), trail: .none)
    } afterReopening: { store in
      let uid = try FleetStoreTests.uid("u-fra-1")
      await refuses(.tokenUsed) { _ = try await store.redeemToken(redemption("t", key: "x", at: 6), trail: .none) }
      #expect(try await store.redeemToken(redemption("t", at: 7), trail: .none).reply == nil)
      _ = try await store.completeEnrollment(enrollment("t", of: uid, at: 7), trail: .none)
      #expect(try await store.cluster(uid)?.state == .enrolled)
    }
  }

  @Test("unknown and expired tokens are told apart", arguments: Backend.all)
  func refused(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      await refuses(.tokenUnknown) { _ = try await store.redeemToken(redemption("no"), trail: .none) }
      await refuses(.tokenExpired) { _ = try await store.redeemToken(redemption("t", at: 3601), trail: .none) }
      await refuses(.storeConflict) { try await store.issueToken("t", for: uid) }
      let nobody = try FleetStoreTests.uid("nobody")
      await refuses(.clusterUnknown) { try await store.issueToken("u", for: nobody) }
    }
  }

  @Test("a refused use leaves no trace", arguments: Backend.all)
  func refusalWithoutTrace(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      let trail = Trail(events: [event("Redeemed")])
      await refuses(.tokenExpired) { _ = try await store.redeemToken(redemption("t", at: 3601), trail: trail) }
      #expect(try await store.events(EventQuery()).isEmpty)
      let redeemed = try await store.redeemToken(redemption("t", key: "late", at: 3600), trail: trail)
      #expect(redeemed.cluster.uid == uid)
      #expect(try await store.events(EventQuery()).count == 1)
    }
  }

  @Test("where approval is needed the agent waits for it, as long as it takes", arguments: Backend.all)
  func approval(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      let first = try await store.redeemToken(redemption("t", needsApproval: true), trail: .none)
      #expect(first.cluster.state == .pendingApproval)
      await refuses(.storeConflict) { _ = try await store.completeEnrollment(enrollment("t", of: uid), trail: .none) }

      let later = try await store.redeemToken(redemption("t", needsApproval: true, at: 1_000_000), trail: .none)
      #expect(later.cluster.state == .pendingApproval)
      try await store.approveCluster(uid, key: Digest(of: "request"), at: at(1_000_001), trail: .none)
      await refuses(.storeConflict) {
        try await store.approveCluster(uid, key: Digest(of: "request"), at: at(1_000_002), trail: .none)
      }
      let approved = try await store.redeemToken(redemption("t", needsApproval: true, at: 1_000_003), trail: .none)
      #expect(approved.cluster.state == .awaitingEnrollment)
      _ = try await store.completeEnrollment(enrollment("t", of: uid, at: 1_000_003), trail: .none)
      #expect(try await store.cluster(uid)?.state == .enrolled)
    }
  }

  @Test("an approval is of one key: another that waits for the same cluster is let go", arguments: Backend.all)
  func approvalOfOneKey(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      #expect(try await store.waitingKey(of: uid) == nil)
      for name in ["a", "b"] {
        try await store.issueToken(name, for: uid)
        _ = try await store.redeemToken(redemption(name, key: name, needsApproval: true), trail: .none)
      }
      #expect(try await store.waitingKey(of: uid) == Digest(of: "a"))
      await refuses(.storeConflict) {
        try await store.approveCluster(uid, key: Digest(of: "c"), at: at(2), trail: .none)
      }
      try await store.approveCluster(uid, key: Digest(of: "b"), at: at(2), trail: .none)
      #expect(try await store.waitingKey(of: uid) == nil)
      await refuses(.tokenUnknown) {
        _ = try await store.redeemToken(redemption("a", key: "a", needsApproval: true, at: 3), trail: .none)
      }
      _ = try await store.completeEnrollment(enrollment("b", of: uid, key: "b", at: 3), trail: .none)
      #expect(try await store.cluster(uid)?.state == .enrolled)
    }
  }

  @Test("a token that was not redeemed with this key completes nothing", arguments: Backend.all)
  func foreignCompletion(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.issueToken("t", for: uid)
      await refuses(.tokenUsed) { _ = try await store.completeEnrollment(enrollment("t", of: uid), trail: .none) }
      #expect(try await store.cluster(uid)?.state == .awaitingEnrollment)
    }
  }

  @Test("a new report key starts a new count of reports, the same key does not", arguments: Backend.all)
  func newReportKey(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.enroll(uid, token: "t1", reportKey: "first")
      #expect(try await store.recordReport(report(uid, seq: 1000)) == .accepted)
      try await store.enroll(uid, token: "t2", reportKey: "first")
      #expect(try await store.recordReport(report(uid, seq: 1)) == .refused(lastSeq: 1000))
      try await store.enroll(uid, token: "t3", reportKey: "second")
      #expect(try await store.recordReport(report(uid, seq: 1)) == .accepted)
    }
  }

  @Test("a challenge works once and in time", arguments: Backend.all)
  func challenge(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      for nonce in ["a", "b"] {
        try await store.saveChallenge(Challenge(nonce: bytes(nonce), cluster: uid, expiresAt: at(60)))
      }
      #expect(try await store.consumeChallenge(bytes("a"), at: at(60)) == uid)
      #expect(try await store.consumeChallenge(bytes("a"), at: at(60)) == nil)
      #expect(try await store.consumeChallenge(bytes("b"), at: at(61)) == nil)
      #expect(try await store.consumeChallenge(bytes("b"), at: at(60)) == nil)
      #expect(try await store.consumeChallenge(bytes("never made"), at: at(0)) == nil)
    }
  }

  @Test("of many challenges the last ones count", arguments: Backend.all)
  func manyChallenges(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let other = try await store.register("fra-2")
      try await store.saveChallenge(Challenge(nonce: bytes("other"), cluster: other, expiresAt: at(60)))
      for index in 0...EnrollmentLimits.challenges {
        try await store.saveChallenge(Challenge(nonce: bytes("\(index)"), cluster: uid, expiresAt: at(60)))
      }
      #expect(try await store.consumeChallenge(bytes("0"), at: at(0)) == nil)
      #expect(try await store.consumeChallenge(bytes("1"), at: at(0)) == uid)
      #expect(try await store.consumeChallenge(bytes("other"), at: at(0)) == other)
    }
  }
}
