import FleetModel
import FleetStore
import GRDB
import Manifests
import TestSupport
import Testing

@Suite("Tampering with the audit log shows", .timeLimit(.minutes(1)))
struct AuditTamperTests {
  static let columns = "time, actor, action, subject, commit_id, digest, outcome, reason, prev_hash, hash"

  /// Who can write to the file can also take away what keeps others from it.
  static let withoutGuard = """
    DROP TRIGGER audit_is_appended_to; DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;
    """

  @Test(
    "the database itself refuses to change, shorten or interleave the log",
    arguments: [
      "UPDATE audit SET actor = 'operator/eve' WHERE number = 3", "DELETE FROM audit WHERE number = 5",
      "DELETE FROM audit", "INSERT OR REPLACE INTO audit SELECT 5, \(AuditTamperTests.columns) FROM audit LIMIT 1",
      "INSERT INTO audit SELECT 7, \(AuditTamperTests.columns) FROM audit LIMIT 1",
    ])
  func refused(sql: String) async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await store.record(Trail(audit: (1...5).map { entry("a\($0)") }))
      let queue = try DatabaseQueue(path: directory + "/store.sqlite")
      await #expect(throws: DatabaseError.self) { try await queue.write { try $0.execute(sql: sql) } }
      try queue.close()
      #expect(try await store.verifyAudit()?.n == 5)
      try await store.close()
    }
  }

  @Test(
    "whatever is changed, taken out or put in",
    arguments: [
      "UPDATE audit SET actor = 'operator/eve' WHERE number = 3", "UPDATE audit SET time = time + 1 WHERE number = 3",
      "UPDATE audit SET digest = NULL WHERE number = 3", "UPDATE audit SET outcome = 'refused' WHERE number = 5",
      "UPDATE audit SET reason = '' WHERE number = 1", "UPDATE audit SET hash = zeroblob(32) WHERE number = 5",
      "UPDATE audit SET prev_hash = NULL WHERE number = 4", "DELETE FROM audit WHERE number = 1",
      "DELETE FROM audit WHERE number = 3",
      "DELETE FROM audit WHERE number = 3; UPDATE audit SET number = number - 1 WHERE number > 3",
      "INSERT INTO audit SELECT 6, \(AuditTamperTests.columns) FROM audit WHERE number = 5",
    ])
  func tampered(sql: String) async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await store.record(Trail(audit: (1...5).map { entry("a\($0)") }))
      #expect(try await store.verifyAudit()?.n == 5)
      let queue = try DatabaseQueue(path: directory + "/store.sqlite")
      try await queue.write { try $0.execute(sql: AuditTamperTests.withoutGuard + sql) }
      try queue.close()
      await refuses(.auditChainBroken) { _ = try await store.verifyAudit() }
      try await store.close()
    }
  }

  @Test("and keeps nobody from reading what comes before it and after")
  func around() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await store.record(Trail(audit: (1...5).map { entry("a\($0)") }))
      let queue = try DatabaseQueue(path: directory + "/store.sqlite")
      try await queue.write {
        try $0.execute(sql: AuditTamperTests.withoutGuard + "UPDATE audit SET actor = 'operator/eve' WHERE number = 3")
      }
      try queue.close()
      #expect(try await store.auditRecords(after: 0, limit: 10).map(\.n) == [1, 2])
      await refuses(.auditChainBroken) { _ = try await store.auditRecords(after: 2, limit: 10) }
      #expect(try await store.auditRecords(after: 3, limit: 10).map(\.n) == [4, 5])
      try await store.close()
    }
  }
}
