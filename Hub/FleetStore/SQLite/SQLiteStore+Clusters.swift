public import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func cluster(_ uid: ClusterUID) async throws(FleetError) -> ClusterRecord? {
    try await read { try $0.cluster(uid)?.record }
  }

  public func clusters(_ uids: [ClusterUID]) async throws(FleetError) -> [ClusterUID: ClusterRecord] {
    try await read { database in
      var found: [ClusterUID: ClusterRecord] = [:]
      for uid in uids { found[uid] = try database.cluster(uid)?.record }
      return found
    }
  }

  public func cluster(named name: String) async throws(FleetError) -> ClusterRecord? {
    try await read { try $0.cluster(named: name)?.record }
  }

  public func clusters() async throws(FleetError) -> [ClusterRecord] {
    try await read { database in
      try database.all("\(ClusterRow.selection) ORDER BY name, uid", read: ClusterRow.init).map(\.record)
    }
  }

  public func registerCluster(
    _ cluster: DeclaredCluster, name: String, at now: Timestamp, trail: Trail
  ) async throws(FleetError) -> ClusterRecord {
    try await writes.perform { database in
      if let row = try database.cluster(named: name) { return row.record }
      guard try database.cluster(cluster.uid) == nil else {
        throw FleetError(.storeConflict, "uid \(cluster.uid) is taken", at: FleetError.Address(cluster: name))
      }
      let row = ClusterRow(
        uid: cluster.uid, name: name, standing: .awaitingEnrollment, isDeclared: cluster.isDeclared, stateSince: now,
        environment: cluster.environment, labels: cluster.labels, connectivity: cluster.connectivity, reportKey: nil,
        createdAt: now, enrolledAt: nil)
      try database.save(row)
      try database.append(trail)
      return row.record
    }
  }

  public func updateDeclared(
    _ clusters: [DeclaredCluster], at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      for cluster in clusters {
        var row = try database.knownCluster(cluster.uid)
        row.environment = cluster.environment
        row.labels = cluster.labels
        row.connectivity = cluster.connectivity
        row.change(at: now) { $0.isDeclared = cluster.isDeclared }
        try database.save(row)
      }
      try database.append(trail)
    }
  }

  public func approveCluster(
    _ uid: ClusterUID, key: Digest, at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      var row = try database.knownCluster(uid)
      guard row.record.state == .pendingApproval else {
        throw FleetError(
          .storeConflict, "the cluster does not wait for approval: it is \(row.record.state.rawValue)",
          at: FleetError.Address(cluster: row.name))
      }
      let waiting: Int64? = try database.value(
        "SELECT COUNT(*) FROM join_tokens WHERE cluster = ? AND request_key = ? AND reply IS NULL", uid, key)
      guard waiting != 0 else {
        throw FleetError(
          .storeConflict, "no agent waits with the key \(key.hex)", at: FleetError.Address(cluster: row.name),
          nextStep: "see which one does, and compare it with what the agent shows")
      }
      try database.run(
        "DELETE FROM join_tokens WHERE cluster = ? AND request_key <> ? AND reply IS NULL", uid, key)
      row.change(at: now) { $0.standing = .awaitingEnrollment }
      try database.save(row)
      try database.append(trail)
    }
  }

  public func revokeCluster(
    _ uid: ClusterUID, identity: String, at now: Timestamp, trail: Trail
  ) async throws(FleetError) {
    try await writes.perform { database in
      var row = try database.knownCluster(uid)
      guard row.standing != .revoked else { return }
      row.change(at: now) { $0.standing = .revoked }
      try database.save(row)
      try database.run("DELETE FROM join_tokens WHERE cluster = ?", uid)
      try database.run("DELETE FROM challenges WHERE cluster = ?", uid)
      try database.denyCertificates(of: identity, at: now)
      try database.raiseDenylistRevision()
      try database.append(trail)
    }
  }
}

/// A row of `clusters`.
struct ClusterRow {
  static let selection = """
    SELECT uid, name, standing, is_declared, state_since, environment, labels, connectivity, report_key, created_at,
    enrolled_at FROM clusters
    """

  /// What a cluster is, apart from whether it is declared.
  enum Standing: String, Cell {
    case awaitingEnrollment = "AwaitingEnrollment"
    case pendingApproval = "PendingApproval"
    case enrolled = "Enrolled"
    case revoked = "Revoked"
  }

  var uid: ClusterUID
  var name: String
  var standing: Standing
  var isDeclared: Bool
  var stateSince: Timestamp
  var environment: String
  var labels: [String: String]
  var connectivity: ClusterDeclaration.Connectivity
  var reportKey: [UInt8]?
  var createdAt: Timestamp
  var enrolledAt: Timestamp?

  var state: ClusterRecord.State {
    switch standing {
    case .revoked: .revoked
    case _ where !isDeclared: .departed
    case .awaitingEnrollment: .awaitingEnrollment
    case .pendingApproval: .pendingApproval
    case .enrolled: .enrolled
    }
  }

  var record: ClusterRecord {
    ClusterRecord(
      uid: uid, name: name, state: state, stateSince: stateSince, environment: environment, labels: labels,
      connectivity: connectivity, reportKey: reportKey, createdAt: createdAt, enrolledAt: enrolledAt)
  }

  /// Makes a change, and notes the instant when it changes the state.
  mutating func change(at now: Timestamp, _ change: (inout ClusterRow) -> Void) {
    let before = state
    change(&self)
    if state != before { stateSince = now }
  }
}

extension ClusterRow {
  init(_ columns: inout Columns) throws {
    uid = try columns.next()
    name = try columns.next()
    standing = try columns.next()
    isDeclared = try columns.next()
    stateSince = try columns.next()
    environment = try columns.next()
    let storedLabels: StoredJSON = try columns.next()
    labels = try storedLabels.map()
    connectivity = try columns.next()
    reportKey = try columns.next()
    createdAt = try columns.next()
    enrolledAt = try columns.next()
  }
}

extension Database {
  func cluster(_ uid: ClusterUID) throws -> ClusterRow? {
    try one("\(ClusterRow.selection) WHERE uid = ?", uid, read: ClusterRow.init)
  }

  func cluster(named name: String) throws -> ClusterRow? {
    try one("\(ClusterRow.selection) WHERE name = ? AND standing <> 'Revoked'", name, read: ClusterRow.init)
  }

  /// The cluster of this uid; throws `clusterUnknown` when there is none.
  func knownCluster(_ uid: ClusterUID) throws -> ClusterRow {
    guard let row = try cluster(uid) else {
      throw FleetError(.clusterUnknown, "no cluster has this uid", at: FleetError.Address(cluster: uid.rawValue))
    }
    return row
  }

  /// Stores a row, in the place of the one with its uid.
  func save(_ row: ClusterRow) throws {
    try run(
      """
      INSERT INTO clusters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO UPDATE SET
      standing = excluded.standing, is_declared = excluded.is_declared, state_since = excluded.state_since,
      environment = excluded.environment, labels = excluded.labels, connectivity = excluded.connectivity,
      report_key = excluded.report_key, enrolled_at = excluded.enrolled_at
      """,
      row.uid, row.name, row.standing, row.isDeclared, row.stateSince, row.environment, StoredJSON(row.labels),
      row.connectivity, row.reportKey, row.createdAt, row.enrolledAt)
  }
}
