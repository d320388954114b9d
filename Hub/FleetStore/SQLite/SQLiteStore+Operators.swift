public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func operators() async throws(FleetError) -> [OperatorRecord] {
    try await read { database in
      try database.all("SELECT * FROM operators ORDER BY name", read: OperatorRecord.init)
    }
  }

  public func operatorRecord(named name: String) async throws(FleetError) -> OperatorRecord? {
    try await read { database in
      try database.one("SELECT * FROM operators WHERE name = ?", name, read: OperatorRecord.init)
    }
  }

  public func saveOperator(_ record: OperatorRecord, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      try database.run(
        "INSERT OR REPLACE INTO operators VALUES (?, ?, ?, ?, ?)", record.name, record.role,
        StoredJSON(record.environments), record.certificateSerial, record.createdAt)
      try database.append(trail)
    }
  }

  public func removeOperator(
    named name: String, identity: String, at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      guard try database.run("DELETE FROM operators WHERE name = ?", name) > 0 else { return }
      try database.denyCertificates(of: identity, at: now)
      try database.raiseDenylistRevision()
      try database.append(trail)
    }
  }
}

extension OperatorRecord {
  fileprivate init(_ columns: inout Columns) throws {
    let name: String = try columns.next()
    let role: OperatorRole = try columns.next()
    let environments: StoredJSON = try columns.next()
    self.init(
      name: name, role: role, environments: try environments.texts(), certificateSerial: try columns.next(),
      createdAt: try columns.next())
  }
}
