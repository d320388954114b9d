import Digests
import FleetModel
import FleetStore
import HubSite
import Manifests
import ReleasePipeline
import TestSupport
import Testing

@Suite("Nobody fills the audit log by being refused", .timeLimit(.minutes(8)))
struct RefusalFloodTests {
  private static func tryTokens(_ count: Int, at hub: FleetHub) async throws {
    for number in 0..<count {
      let refused = try await refusal {
        _ = try await hub.enrollment.enroll(token: "token-\(number)", request: [], reportKey: [], proof: [])
      }
      #expect(refused?.code == .tokenUnknown)
    }
  }

  /// The refusals in the audit log of a hub at which something is tried.
  private func refusals(
    _ attempt: @escaping @Sendable (FleetHub, TestClock) async throws -> Void
  ) async throws -> [AuditRecord.Content] {
    try await Site.with { site in
      let clock = site.clock
      try await site.runHub { hub in try await attempt(hub, clock) }
      return try await site.audit().filter { $0.outcome == "refused" }
    }
  }

  @Test("what strangers try is recorded up to a number, and from there on counted, hour by hour")
  func flood() async throws {
    let refused = try await refusals { hub, clock in
      try await RefusalFloodTests.tryTokens(150, at: hub)
      clock.advance(by: .seconds(3700))
      try await RefusalFloodTests.tryTokens(2, at: hub)
    }
    #expect(refused.count { $0.action == "cluster.enroll" } == 102)
    let counts = refused.filter { $0.action == "refusals.count" }
    #expect(counts.map(\.subject) == ["50 refusals"])
    #expect(counts.first?.actor == "agent" && counts.first?.reason.contains("after 100 from") == true)
  }

  @Test("what was only counted is recorded when the hub stops")
  func stop() async throws {
    let refused = try await refusals { hub, _ in try await RefusalFloodTests.tryTokens(103, at: hub) }
    #expect(refused.filter { $0.action == "refusals.count" }.map(\.subject) == ["3 refusals"])
  }

  @Test("one actor's refusals hide no other's")
  func apart() async throws {
    let refused = try await refusals { hub, _ in
      try await RefusalFloodTests.tryTokens(120, at: hub)
      let error = try await refusal {
        try await hub.enrollment.approve(cluster: "nowhere", key: Digest(of: []), by: Actor(operator: "ada"))
      }
      #expect(error?.code == .clusterUnknown)
    }
    #expect(refused.contains { $0.actor == "operator/ada" && $0.action == "cluster.approve" })
  }
}
