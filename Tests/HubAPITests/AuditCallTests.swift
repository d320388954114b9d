import Digests
import FleetModel
import FleetStore
import HubSite
import Manifests
import Programs
import TestSupport
import Testing

@testable import Wire

@Suite("The audit log is read over the API", .timeLimit(.minutes(8)))
struct AuditCallTests {
  @Test("the newest first, page by page, and narrowed by every field")
  func listed() async throws {
    try await OpenHub.with { hub in
      for name in ["dev-1", "prod-1", "dev-1"] {
        _ = try await hub.ask { try await $0.createClusterToken(.init(name: name)) }
      }
      _ = try await refusal { _ = try await hub.ask(as: .viewer) { try await $0.syncNow(.init()) } }
      let all = try await hub.ask { try await $0.listAudit(.init()) }.records
      #expect(all.map(\.n) == (1...Int64(all.count)).reversed())
      var paged: [FlotillaV1.AuditRecord] = []
      var token: [UInt8] = []
      repeat {
        let place = token
        let answer = try await hub.ask { try await $0.listAudit(.init(page: .init(size: 2, token: place))) }
        #expect(answer.records.count <= 2)
        paged += answer.records
        token = answer.page?.next ?? []
      } while !token.isEmpty
      #expect(paged == all)

      func found(_ filter: FlotillaV1.AuditFilter) async throws -> [String] {
        try await hub.ask { try await $0.listAudit(.init(filter: filter)) }.records.map { "\($0.action) \($0.subject)" }
      }
      let tokens = try await found(.init(actor: "operator/admin", action: "cluster"))
      #expect(tokens == ["cluster.token dev-1", "cluster.token prod-1", "cluster.token dev-1"])
      _ = try await hub.ask(as: .deployer) { try await $0.syncNow(.init()) }
      let sync = try await found(.init(actor: "operator/deployer"))
      #expect(sync.count == 1 && sync.first?.hasPrefix("source.sync ") == true)
      let prod = try await found(.init(subject: "prod-1"))
      #expect(prod == ["cluster.token prod-1"])
      let refused = try await found(.init(outcome: "refused"))
      #expect(refused == ["source.sync "])
      let later = Timestamp.now.milliseconds + 3_600_000
      let none = try await found(.init(sinceUnixMs: later))
      #expect(none.isEmpty)
      let wrong = try await refusal {
        _ = try await hub.ask { try await $0.listAudit(.init(page: .init(token: [0x78]))) }
      }
      #expect(wrong?.code == .invalidRequest)
    }
  }

  @Test("and in its canonical form, page by page, by which anybody can compute the chain")
  func exported() async throws {
    try await OpenHub.with { hub in
      for _ in 0..<5 { _ = try await hub.ask { try await $0.createClusterToken(.init(name: "dev-1")) } }
      var check = AuditCheck()
      while true {
        let after = check.head?.n ?? 0
        let page = try await hub.ask(as: .viewer) { try await $0.exportAudit(.init(after: after, limit: 2)) }.records
        if page.isEmpty { break }
        #expect(page.count <= 2)
        for bytes in page { try check.take(try AuditRecord(canonicalBytes: bytes, file: "export")) }
      }
      let newest = try await hub.ask { try await $0.listAudit(.init(page: .init(size: 1))) }.records.first
      #expect(try check.finish()?.n == newest?.n)
      #expect(check.head?.hash.bytes == newest?.hash)
      let wrong = try await refusal { _ = try await hub.ask { try await $0.exportAudit(.init(after: -1)) } }
      #expect(wrong?.code == .invalidRequest)
    }
  }
}
