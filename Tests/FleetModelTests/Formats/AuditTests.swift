import Digests
import FleetModel
import Manifests
import Testing

@Suite("The audit log's hash chain")
struct AuditTests {
  @Test("records are written as their golden file, line by line, and read back")
  func golden() throws {
    let lines = try Golden.text("audit.jsonl").split(separator: "\n")
    let records = try Samples.audit()
    #expect(records.map { String(decoding: $0.canonicalBytes, as: UTF8.self) } == lines.map(String.init))
    #expect(try lines.map { try AuditRecord(canonicalBytes: Array($0.utf8), file: "audit") } == records)
  }

  @Test("a whole log holds, and so does its end after a head that is trusted")
  func holds() throws {
    let records = try Samples.audit()
    var chain = AuditChain()
    for record in records { try chain.append(record) }
    #expect(chain.head == AuditChain.Head(n: 3, hash: records[2].hash))
    var tail = AuditChain(head: .init(n: 1, hash: records[0].hash))
    try tail.append(records[1])
    #expect(tail.head?.n == 2)
  }

  @Test("a log is held against a head that was noted: one that was cut off or written anew shows, a longer one holds")
  func noted() throws {
    let records = try Samples.audit()
    func check(_ records: [AuditRecord], expecting head: AuditChain.Head?) throws(FleetError) -> AuditChain.Head? {
      var check = AuditCheck(expecting: head)
      for record in records { try check.take(record) }
      return try check.finish()
    }
    let heads = records.map { AuditChain.Head(n: $0.n, hash: $0.hash) }
    #expect(try check([], expecting: nil) == nil)
    for head in heads { #expect(try check(records, expecting: head) == heads[2]) }
    let short = failure { try check([records[0], records[1]], expecting: heads[2]) }
    #expect(short?.code == .auditChainBroken && short?.message.contains("ends with record 2") == true)
    #expect(failure { try check([], expecting: heads[0]) }?.code == .auditChainBroken)
    let other = AuditChain.Head(n: 2, hash: heads[0].hash)
    #expect(failure { try check(records, expecting: other) }?.message.contains("record 2") == true)
    #expect(AuditChain.Head("\(heads[1])") == heads[1])
    for wrong in ["", "2", "2:", ":\(heads[1].hash)", "0:\(heads[1].hash)", "2:\(heads[1].hash):", "x:y"] {
      #expect(AuditChain.Head(wrong) == nil, "\(wrong)")
    }
  }

  @Test("a record whose content was changed is refused when it is read, whatever was changed")
  func changedContent() throws {
    let line = try #require(try Golden.text("audit.jsonl").split(separator: "\n").dropFirst().first)
    let changes = [
      Change("n", 3), Change("time", "2026-01-31T12:00:03.008Z"), Change("actor", "operator/eve"),
      Change("action", "rollout.abort"), Change("subject", "x"), Change("commit", "x"), Change("digest", .null),
      Change("outcome", "refused"), Change("reason", ""), Change("prev_hash", .null),
      Change("hash", .string(Digest(of: "").hex)),
    ]
    for change in changes {
      let bytes = try change.applied(to: Array(line.utf8))
      let error = failure { try AuditRecord(canonicalBytes: bytes, file: "audit") }
      #expect(error?.code == .auditChainBroken, "\(change.testDescription)")
    }
  }

  @Test("an unknown field, a missing one and another spelling are refused")
  func malformed() throws {
    let line = Array(try #require(try Golden.text("audit.jsonl").split(separator: "\n").first).utf8)
    let unknown = try Change("note", "x").applied(to: line)
    #expect(failure { try AuditRecord(canonicalBytes: unknown, file: "a") }?.address.field == "note")
    let missing = try Change("reason", nil).applied(to: line)
    #expect(failure { try AuditRecord(canonicalBytes: missing, file: "a") }?.address.field == "reason")
    #expect(failure { try AuditRecord(canonicalBytes: line + [0x20], file: "a") }?.code == .invalidJSON)
  }

  @Test("a record taken out, put in, moved or made anew breaks the chain where it happened")
  func brokenChains() throws {
    let records = try Samples.audit()
    var forged = records[1].content
    forged.actor = "operator/eve"
    let remade = AuditRecord(after: records[0], forged)
    let logs: [([AuditRecord], refusedAt: Int)] = [
      ([records[0], records[2]], 1), ([records[1]], 0), ([records[0], records[0]], 1),
      ([records[0], records[2], records[1]], 1), ([records[0], remade, records[2]], 2),
      ([AuditRecord(n: 1, records[0].content, prevHash: records[2].hash)], 0),
      ([AuditRecord(n: .min, records[0].content, prevHash: nil)], 0),
    ]
    for (log, refusedAt) in logs {
      var chain = AuditChain()
      for record in log[..<refusedAt] { try chain.append(record) }
      let before = chain
      #expect(failure { try chain.append(log[refusedAt]) }?.code == .auditChainBroken)
      #expect(chain == before)
    }
  }

  @Test("texts that are too long are cut when the record is made, so that it can be read back")
  func longTexts() throws {
    let content = AuditRecord.Content(
      time: Timestamp(seconds: 0), actor: String(repeating: "a", count: 9_000), action: "x", subject: "y",
      outcome: "done", reason: String(repeating: "\u{1}", count: 9_000))
    let record = AuditRecord(after: nil, content)
    #expect(try AuditRecord(canonicalBytes: record.canonicalBytes, file: "a") == record)
    #expect(record.content.actor.utf8.count == FormatLimits.auditTextBytes)
  }
}
