internal import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func auditRecords(after number: Int64, limit: Int) async throws(FleetError) -> [AuditRecord] {
    try await read { try $0.auditRecords(after: number, limit: limit) }
  }

  public func auditRecords(_ query: AuditQuery) async throws(FleetError) -> [AuditRecord] {
    try await read { try $0.auditRecords(query) }
  }

  public func verifyAudit() async throws(FleetError) -> AuditChain.Head? {
    var chain = AuditChain()
    while true {
      let number = chain.head?.n ?? 0
      let records = try await read { try $0.auditRecords(after: number, limit: AuditLimits.verifiedAtOnce) }
      if records.isEmpty { return chain.head }
      for record in records { try chain.append(record) }
    }
  }
}

extension Database {
  /// Remembers what belongs to the transaction around this.
  func append(_ trail: Trail) throws {
    try append(trail.events)
    guard !trail.audit.isEmpty else { return }
    var head = try auditHead()
    for content in trail.audit {
      let record = AuditRecord(n: (head?.n ?? 0) + 1, content, prevHash: head?.hash)
      try insert(record)
      head = AuditChain.Head(n: record.n, hash: record.hash)
    }
  }

  private func auditHead() throws -> AuditChain.Head? {
    try one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1") { columns in
      AuditChain.Head(n: try columns.next(), hash: try columns.next())
    }
  }

  private func insert(_ record: AuditRecord) throws {
    let content = record.content
    try run(
      "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", record.n, content.time, content.actor,
      content.action, content.subject, content.commit, content.digest, content.outcome, content.reason,
      record.prevHash, record.hash)
  }

  fileprivate func auditRecords(after number: Int64, limit: Int) throws -> [AuditRecord] {
    let rows = try all(
      "SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?", number, max(0, limit),
      read: { columns in Result { try AuditRecord.stored(&columns) } })
    var records: [AuditRecord] = []
    for row in rows {
      do { records.append(try row.get()) } catch {
        if records.isEmpty { throw error }
        break
      }
    }
    return records
  }

  fileprivate func auditRecords(_ query: AuditQuery) throws -> [AuditRecord] {
    try all(
      """
      SELECT * FROM audit WHERE (?1 IS NULL OR number < ?1) AND (?2 IS NULL OR actor = ?2)
      AND (?3 IS NULL OR action = ?3 OR substr(action, 1, length(?3) + 1) = ?3 || '.')
      AND (?4 IS NULL OR subject = ?4) AND (?5 IS NULL OR outcome = ?5) AND (?6 IS NULL OR time >= ?6)
      ORDER BY number DESC LIMIT ?7
      """, query.before, query.actor, query.action, query.subject, query.outcome, query.since, max(0, query.limit),
      read: AuditRecord.stored)
  }
}

extension AuditRecord {
  /// A row of `audit`, if its hash is that of its content.
  fileprivate static func stored(_ columns: inout Columns) throws -> AuditRecord {
    let number: Int64 = try columns.next()
    let content = Content(
      time: try columns.next(), actor: try columns.next(), action: try columns.next(),
      subject: try columns.next(), commit: try columns.next(), digest: try columns.next(),
      outcome: try columns.next(), reason: try columns.next())
    let record = AuditRecord(n: number, content, prevHash: try columns.next())
    let hash: Digest = try columns.next()
    guard record.hash == hash else {
      throw FleetError(
        .auditChainBroken, "record \(number) of the audit log was changed: its hash is not that of its content",
        nextStep:
          "compare with an earlier export of the log; `flotilla audit export --after \(number)` has what follows")
    }
    return record
  }
}
