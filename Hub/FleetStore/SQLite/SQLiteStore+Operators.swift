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
    try await read { try $0.operatorRecord(named: name) }
  }

  public func saveOperator(_ record: OperatorRecord, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      if record.role != .admin || !record.environments.isEmpty { try database.refuseToLoseLastAdmin(record.name) }
      try database.save(record)
      try database.append(trail)
    }
  }

  public func addOperator(
    _ record: OperatorRecord, certificate: CertificateRecord, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      guard try database.operatorRecord(named: record.name) == nil else {
        throw FleetError(
          .storeConflict, "there is an operator \(record.name) already",
          nextStep: "choose another name, or remove that one first: flotilla operator remove \(record.name)")
      }
      try database.save(record)
      try database.record(certificate)
      try database.append(trail)
    }
  }

  public func renewOperator(
    named name: String, certificate: CertificateRecord, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      guard
        try database.run(
          "UPDATE operators SET certificate_serial = ? WHERE name = ?", certificate.serial, name) > 0
      else { throw FleetError(.operatorUnknown, "there is no operator \(name)") }
      try database.record(certificate)
      try database.append(trail)
    }
  }

  public func removeOperator(
    named name: String, identity: String, at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      try database.refuseToLoseLastAdmin(name)
      guard try database.run("DELETE FROM operators WHERE name = ?", name) > 0 else { return }
      try database.denyCertificates(of: identity, at: now)
      try database.raiseDenylistRevision()
      try database.append(trail)
    }
  }
}

extension Database {
  fileprivate func operatorRecord(named name: String) throws -> OperatorRecord? {
    try one("SELECT * FROM operators WHERE name = ?", name, read: OperatorRecord.init)
  }

  fileprivate func save(_ record: OperatorRecord) throws {
    try run(
      "INSERT OR REPLACE INTO operators VALUES (?, ?, ?, ?, ?)", record.name, record.role,
      StoredJSON(record.environments), record.certificateSerial, record.createdAt)
  }

  fileprivate func refuseToLoseLastAdmin(_ name: String) throws {
    let admins: [OperatorRecord] = try all(
      "SELECT * FROM operators WHERE role = ?", OperatorRole.admin, read: OperatorRecord.init)
    guard admins.filter({ $0.environments.isEmpty }).map(\.name) == [name] else { return }
    throw FleetError(
      .storeConflict, "\(name) is the last admin of all environments, and nobody could add another one",
      nextStep: "add another admin first: flotilla operator add NAME --role admin")
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
