internal import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func recordReport(_ report: VerifiedReport) async throws(FleetError) -> ReportOutcome {
    try await writes.perform(sheds: true) { database in try database.accept(report) }
  }

  public func recordStates(
    _ apps: [Report.App], of cluster: ClusterUID, at now: Timestamp
  ) async throws(FleetError) {
    try await writes.perform(sheds: true) { database in
      _ = try database.knownCluster(cluster)
      for app in apps { try database.observe(app, of: cluster, at: now) }
    }
  }

  public func latestReport(of cluster: ClusterUID) async throws(FleetError) -> StoredReport? {
    try await read { try $0.latestReport(of: cluster) }
  }

  public func reports(of cluster: ClusterUID) async throws(FleetError) -> [StoredReport] {
    try await read { database in
      try database.all(
        "\(StoredReport.selection) WHERE cluster = ? ORDER BY seq DESC", cluster, read: StoredReport.init)
    }
  }

  public func recordPresence(_ presences: [Presence]) async throws(FleetError) {
    try await writes.perform { database in
      for presence in presences {
        try database.run(
          """
          INSERT INTO presences SELECT uid, ?2, ?3 FROM clusters WHERE uid = ?1 ON CONFLICT (cluster) DO UPDATE SET
          last_seen = excluded.last_seen, is_connected = excluded.is_connected WHERE excluded.last_seen >= last_seen
          """, presence.cluster, presence.lastSeen, presence.isConnected)
      }
    }
  }

  public func presences() async throws(FleetError) -> [Presence] {
    try await read { database in
      try database.all("SELECT cluster, last_seen, is_connected FROM presences ORDER BY cluster") { columns in
        Presence(cluster: try columns.next(), lastSeen: try columns.next(), isConnected: try columns.next())
      }
    }
  }
}

extension StoredReport {
  fileprivate static let selection = "SELECT cluster, seq, digest, payload, envelope, received_at FROM reports"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      cluster: try columns.next(), seq: try columns.next(), digest: try columns.next(), payload: try columns.next(),
      envelope: try columns.next(), receivedAt: try columns.next())
    guard Digest(of: payload) == digest else {
      throw FleetError(
        .storeDamaged, "report \(seq) is not what was stored", at: FleetError.Address(cluster: cluster.rawValue))
    }
  }
}

extension Database {
  fileprivate func latestReport(of cluster: ClusterUID) throws -> StoredReport? {
    try one(
      "\(StoredReport.selection) WHERE cluster = ? ORDER BY seq DESC LIMIT 1", cluster, read: StoredReport.init)
  }

  fileprivate func accept(_ incoming: VerifiedReport) throws -> ReportOutcome {
    let (report, digest) = (incoming.report, Digest(of: incoming.payload))
    _ = try knownCluster(report.cluster)
    let last = try one(
      "SELECT seq, digest FROM reports WHERE cluster = ? ORDER BY seq DESC LIMIT 1", report.cluster
    ) { (seq: try $0.next() as Int64, digest: try $0.next() as Digest) }
    if let last, report.seq <= last.seq {
      return last == (report.seq, digest) ? .repeated : .refused(lastSeq: last.seq)
    }
    try run(
      "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?)", report.cluster, report.seq, digest, incoming.payload,
      incoming.envelope, incoming.receivedAt)
    try run(
      """
      DELETE FROM reports WHERE cluster = ?1 AND seq <= (
        SELECT seq FROM reports WHERE cluster = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)
      """, report.cluster, ReportLimits.history)
    try noteTrusted(report)
    try observe(report, at: incoming.receivedAt)
    return .accepted
  }

  /// Whatever an agent trusts already is a version that was used, also when the hub's own memory was set back.
  private func noteTrusted(_ report: Report) throws {
    let plausible = 0...PublicationLimits.version
    func noted(_ version: Int64) -> Int64 { plausible.contains(version) ? version : 0 }
    try raiseViewVersions(
      of: report.cluster,
      to: ViewVersions(
        targets: noted(report.trusted.targets), snapshot: noted(report.trusted.snapshot),
        timestamp: noted(report.trusted.timestamp), bundleSeq: noted(report.bundleSeq)))
  }

  private func observe(_ report: Report, at now: Timestamp) throws {
    for app in report.apps { try observe(app, of: report.cluster, at: now) }
    let stored: [String] = try all("SELECT app FROM observed_apps WHERE cluster = ?", report.cluster) {
      try $0.next()
    }
    for app in Set(stored).subtracting(report.apps.map(\.name)) {
      try run("DELETE FROM observed_apps WHERE cluster = ? AND app = ?", report.cluster, app)
    }
  }
}
