import Digests
import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing
import Trust

@Suite("Clusters are let in with a token, and shut out", .timeLimit(.minutes(8)))
struct EnrollmentTests {
  private let ada = Actor(operator: "ada")

  /// A hub that has read the fleet.
  private func withHub(_ body: @escaping @Sendable (FleetHub, Site) async throws -> Void) async throws {
    try await Site.with { site in
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        try await body(hub, site)
      }
    }
  }

  private func ticket(_ hub: FleetHub, for cluster: String = "dev-1") async throws -> JoinTicket {
    try JoinTicket(text: try await hub.enrollment.createToken(forCluster: cluster, lifetime: nil, by: ada).text)
  }

  @Test("only a declared cluster gets a token")
  func undeclared() async throws {
    try await withHub { hub, _ in
      let refused = try await refusal { _ = try await ticket(hub, for: "nowhere") }
      #expect(refused?.code == .clusterNotDeclared)
      #expect(refused?.address.cluster == "nowhere")
    }
  }

  @Test("an unknown token and a wrong secret get the same answer, and both are in the audit log")
  func wrongToken() async throws {
    try await withHub { hub, _ in
      let real = try await ticket(hub)
      var refusals: [FleetError?] = []
      for id in [real.id, "0011223344556677"] {
        let forged = try JoinTicket(
          id: id, address: real.address, fleet: real.fleet, authority: real.authority, root: real.root)
        let agent = try TestAgent("dev-1")
        refusals.append(try await refusal { try await agent.enroll(hub, with: forged) })
      }
      #expect(refusals.map { $0?.code } == [.tokenUnknown, .tokenUnknown])
      #expect(refusals[0]?.message == refusals[1]?.message)
      #expect(try await hub.fleet.clusters().first?.record?.state == .awaitingEnrollment)
    }
  }

  @Test("a token lets one key in, however many try at once, and that key again")
  func usedToken() async throws {
    try await withHub { hub, _ in
      let ticket = try await ticket(hub)
      let agents = try (1...20).map { _ in try TestAgent("dev-1") }
      let outcomes = try await withThrowingTaskGroup(of: FleetError?.self) { group in
        for agent in agents { group.addTask { try await refusal { try await agent.enroll(hub, with: ticket) } } }
        return try await group.reduce(into: [FleetError?]()) { $0.append($1) }
      }
      #expect(outcomes.count { $0 == nil } == 1)
      #expect(outcomes.compactMap(\.?.code).allSatisfy { $0 == .tokenUsed })
      for agent in agents where await agent.uid != nil { try await agent.enroll(hub, with: ticket) }
    }
  }

  @Test("a token that has expired lets nobody in")
  func expiredToken() async throws {
    try await withHub { hub, site in
      let ticket = try await ticket(hub)
      site.clock.advance(by: .seconds(3601))
      let agent = try TestAgent("dev-1")
      let refused = try await refusal { try await agent.enroll(hub, with: ticket) }
      #expect(refused?.code == .tokenExpired)
    }
  }

  @Test("where approval is asked for, a key waits until an operator approves exactly it, and asks less and less often")
  func approval() async throws {
    try await Site.with { site in
      var site = site
      site.enrollment = .approval
      let clock = site.clock
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        let agent = try TestAgent("dev-1")
        try await agent.enroll(hub)
        let waiting = try #require(await agent.waiting)
        #expect(waiting.retryAfter == .seconds(5))
        let view = try await hub.fleet.cluster(named: "dev-1")
        #expect(view.record?.state == .pendingApproval)
        #expect(view.waitingKey == waiting.key)

        clock.advance(by: .seconds(100))
        try await agent.enroll(hub)
        #expect(try #require(await agent.waiting).retryAfter > .seconds(20))
        let other = try await refusal {
          try await hub.enrollment.approve(cluster: "dev-1", key: Digest(of: "x"), by: ada)
        }
        #expect(other?.code == .storeConflict)
        try await hub.enrollment.approve(cluster: "dev-1", key: waiting.key, by: ada)
        try await agent.enroll(hub)
        #expect(await agent.uid != nil)
        #expect(try await hub.fleet.cluster(named: "dev-1").record?.state == .enrolled)
        let again = try await refusal {
          try await hub.enrollment.approve(cluster: "dev-1", key: waiting.key, by: ada)
        }
        #expect(again?.code == .storeConflict)
        let kinds = try await hub.fleet.events(EventQuery(cluster: "dev-1", limit: 10)).map(\.event.kind)
        #expect(kinds.prefix(3) == ["ClusterAsks", "ClusterApproved", "ClusterEnrolled"])
      }
      let acts = try await site.audit().filter { $0.action == "cluster.ask" || $0.action == "cluster.approve" }
      #expect(acts.map(\.outcome) == ["done", "refused", "done", "refused"])
      #expect(acts.allSatisfy { $0.subject == "dev-1" && $0.digest != nil })
    }
  }

  @Test("what an operator is refused around enrolment is in the audit log, and so is a stranger's token")
  func refusals() async throws {
    try await Site.with { site in
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        _ = try await refusal { _ = try await ticket(hub, for: "nowhere") }
        _ = try await refusal {
          try await hub.enrollment.revoke(cluster: "nowhere", uid: nil, reason: "gone", by: ada)
        }
        _ = try await refusal {
          try await hub.enrollment.approve(cluster: "nowhere", key: Digest(of: "x"), by: ada)
        }
        let real = try await ticket(hub)
        let forged = try JoinTicket(
          id: String(repeating: "0", count: 5000), address: real.address, fleet: real.fleet,
          authority: real.authority, root: real.root)
        let agent = try TestAgent("dev-1")
        _ = try await refusal { try await agent.enroll(hub, with: forged) }
      }
      let refused = try await site.audit().filter { $0.outcome == "refused" }
      #expect(refused.map(\.action) == ["cluster.token", "cluster.revoke", "cluster.approve", "cluster.enroll"])
      #expect(refused.map(\.actor) == ["operator/ada", "operator/ada", "operator/ada", "agent"])
      #expect(refused.allSatisfy { $0.subject.utf8.count < 100 && !$0.reason.isEmpty })
    }
  }

  @Test("a cluster that is denied is revoked while it waits, and its agent is told")
  func denied() async throws {
    try await Site.with { site in
      var site = site
      site.enrollment = .approval
      try await site.runHub { hub in
        try await awaited("the first commit is in force") { await hub.hasCommit }
        let agent = try TestAgent("dev-1")
        try await agent.enroll(hub)
        #expect(await agent.waiting != nil)
        try await hub.enrollment.revoke(cluster: "dev-1", uid: nil, reason: "unknown machine", by: ada)
        let refused = try await refusal { try await agent.enroll(hub) }
        #expect(refused?.code == .tokenUnknown)
        #expect(await agent.uid == nil)
      }
    }
  }

  @Test("a revoked cluster loses its session, its certificate, its token and its place")
  func revoked() async throws {
    try await withHub { hub, _ in
      let agent = try TestAgent("dev-1")
      try await hub.drive([agent], until: "dev-1 has its apps") { await agent.bundle?.apps.count == 2 }
      let uid = try #require(await agent.uid)
      let unused = try await ticket(hub)
      let (_, messages) = hub.sessions.begin(uid)
      try await hub.enrollment.revoke(cluster: "dev-1", uid: nil, reason: "stolen", by: ada)

      var last: AgentSessions.Message?
      for await message in messages { last = message }
      #expect(last == .closing(.revoked))
      #expect(hub.denylist.refuses(serial: "any", cluster: uid))
      let request = try CertificateRequest(for: try .generate(.ecdsaP256))
      let renewal = try await refusal { _ = try await hub.enrollment.renew(uid, request: request.der) }
      #expect(renewal?.code == .clusterUnknown)
      let again = try TestAgent("dev-1")
      let refused = try await refusal { try await again.enroll(hub, with: unused) }
      #expect(refused?.code == .tokenUnknown)
      #expect(try await hub.fleet.clusters().first { $0.record?.uid == uid }?.record?.state == .revoked)
      let events = try await hub.fleet.events(EventQuery(kind: "ClusterRevoked", limit: 10))
      #expect(events.map(\.event.cluster) == ["dev-1"])
    }
  }
}
