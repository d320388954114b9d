public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func recordCertificate(_ certificate: CertificateRecord, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      try database.record(certificate)
      try database.append(trail)
    }
  }

  public func certificate(serial: String) async throws(FleetError) -> CertificateRecord? {
    try await read { try $0.certificate(serial: serial) }
  }

  public func certificates(of identity: String) async throws(FleetError) -> [CertificateRecord] {
    try await read { database in
      try database.all(
        "\(CertificateRecord.selection) WHERE identity = ? ORDER BY not_before DESC, serial", identity,
        read: CertificateRecord.init)
    }
  }

  public func revokeCertificates(
    of identity: String, at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      try database.denyCertificates(of: identity, at: now)
      try database.raiseDenylistRevision()
      try database.append(trail)
    }
  }

  public func denylist() async throws(FleetError) -> Denylist {
    try await read { database in
      let serials: [String] = try database.all(
        "SELECT serial FROM certificates WHERE revoked_at IS NOT NULL"
      ) { try $0.next() }
      let clusters: [ClusterUID] = try database.all(
        "SELECT uid FROM clusters WHERE standing = 'Revoked'"
      ) { try $0.next() }
      return Denylist(
        revision: try database.denylistRevision(), serials: Set(serials), clusters: Set(clusters))
    }
  }

  public func denylistRevision() async throws(FleetError) -> Int64 {
    try await read { try $0.denylistRevision() }
  }
}

extension CertificateRecord {
  fileprivate static let selection = "SELECT serial, identity, not_before, not_after, revoked_at FROM certificates"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      serial: try columns.next(), identity: try columns.next(), notBefore: try columns.next(),
      notAfter: try columns.next(), revokedAt: try columns.next())
  }
}

extension Database {
  fileprivate func certificate(serial: String) throws -> CertificateRecord? {
    try one("\(CertificateRecord.selection) WHERE serial = ?", serial, read: CertificateRecord.init)
  }

  /// Stores a certificate; those of its identity that ran out long before it began are forgotten.
  func record(_ certificate: CertificateRecord) throws {
    if let stored = try self.certificate(serial: certificate.serial) {
      guard stored == certificate else {
        throw FleetError(.storeConflict, "serial number \(certificate.serial) belongs to another certificate")
      }
      return
    }
    try run(
      "DELETE FROM certificates WHERE identity = ? AND not_after < ?", certificate.identity,
      certificate.notBefore - CertificateLimits.memory)
    try run(
      "INSERT INTO certificates VALUES (?, ?, ?, ?, ?)", certificate.serial, certificate.identity,
      certificate.notBefore, certificate.notAfter, certificate.revokedAt)
  }

  /// Puts every certificate of an identity that has not run out on the denylist.
  func denyCertificates(of identity: String, at now: Timestamp) throws {
    try run(
      "UPDATE certificates SET revoked_at = ? WHERE identity = ? AND revoked_at IS NULL AND not_after >= ?", now,
      identity, now)
  }

  fileprivate func denylistRevision() throws -> Int64 {
    try value("SELECT value FROM denylist_revision") ?? 0
  }

  func raiseDenylistRevision() throws { try run("UPDATE denylist_revision SET value = value + 1") }
}
