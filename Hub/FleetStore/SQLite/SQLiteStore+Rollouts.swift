internal import Digests
internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func advanceRollouts(_ step: RolloutStep) async throws(FleetError) {
    try await writes.perform { database in
      try database.append(step.entries)
      for change in step.assignments { try database.apply(change) }
      for rollout in step.rollouts { try database.save(rollout) }
      try database.append(step.trail)
    }
  }

  public func rolloutLog(after number: Int64, limit: Int) async throws(FleetError) -> [RolloutLogRecord] {
    try await read { database in
      try database.all(
        "\(RolloutLogRecord.selection) WHERE number > ? ORDER BY number LIMIT ?", number, max(0, limit),
        read: RolloutLogRecord.init)
    }
  }

  public func rolloutLog(
    of rollout: String, after number: Int64, limit: Int
  ) async throws(FleetError) -> [RolloutLogRecord] {
    try await read { database in
      try database.all(
        """
        \(RolloutLogRecord.selection) JOIN rollout_log_index USING (number)
        WHERE rollout = ? AND number > ? ORDER BY number LIMIT ?
        """, rollout, number, max(0, limit), read: RolloutLogRecord.init)
    }
  }

  public func saveSnapshot(_ snapshot: EngineSnapshot) async throws(FleetError) {
    try await writes.perform { database in
      try database.run(
        "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?)", snapshot.number, snapshot.time,
        Digest(of: snapshot.bytes), snapshot.bytes)
      try database.run(
        """
        DELETE FROM snapshots WHERE number <= (SELECT number FROM snapshots ORDER BY number DESC LIMIT 1 OFFSET ?)
        """, RolloutLimits.snapshots)
    }
  }

  public func latestSnapshot() async throws(FleetError) -> EngineSnapshot? {
    try await read { database in
      try database.one(
        "SELECT number, time, digest, bytes FROM snapshots ORDER BY number DESC LIMIT 1"
      ) { columns in
        let (number, time): (Int64, Timestamp) = (try columns.next(), try columns.next())
        let (digest, bytes): (Digest, [UInt8]) = (try columns.next(), try columns.next())
        guard Digest(of: bytes) == digest else {
          throw FleetError(.storeDamaged, "the engine's snapshot after entry \(number) is not what was stored")
        }
        return EngineSnapshot(number: number, time: time, bytes: bytes)
      }
    }
  }

  public func rollout(_ id: String) async throws(FleetError) -> RolloutRecord? {
    try await read { database in
      try database.one("\(RolloutRecord.selection) WHERE id = ?", id, read: RolloutRecord.init)
    }
  }

  public func rollouts(of app: String?, limit: Int) async throws(FleetError) -> [RolloutRecord] {
    try await read { database in
      guard let app else {
        return try database.all(
          "\(RolloutRecord.selection) ORDER BY number DESC LIMIT ?", max(0, limit), read: RolloutRecord.init)
      }
      return try database.all(
        "\(RolloutRecord.selection) WHERE app = ? ORDER BY number DESC LIMIT ?", app, max(0, limit),
        read: RolloutRecord.init)
    }
  }
}

extension RolloutLogRecord {
  fileprivate static let selection = "SELECT number, time, rollouts, event, transitions FROM rollout_log"

  fileprivate init(_ columns: inout Columns) throws {
    let (number, time): (Int64, Timestamp) = (try columns.next(), try columns.next())
    let rollouts: StoredJSON = try columns.next()
    self.init(
      number: number, time: time, rollouts: try rollouts.texts(), event: try columns.next(),
      transitions: try columns.next())
  }
}

extension RolloutRecord {
  fileprivate static let selection =
    "SELECT id, app, release, status, detail, started_at, updated_at, ended_at FROM rollouts"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      id: try columns.next(), app: try columns.next(), release: try columns.next(), status: try columns.next(),
      detail: try columns.next(), startedAt: try columns.next(), updatedAt: try columns.next(),
      endedAt: try columns.next())
  }
}

extension Database {
  fileprivate func append(_ entries: [RolloutLogRecord]) throws {
    var last: Int64 = try value("SELECT MAX(number) FROM rollout_log") ?? 0
    for entry in entries {
      guard entry.number == last + 1 else {
        throw FleetError(
          .storeConflict, "entry \(entry.number) does not continue the rollout log, which ends with \(last)")
      }
      last = entry.number
      try run(
        "INSERT INTO rollout_log VALUES (?, ?, ?, ?, ?)", entry.number, entry.time, StoredJSON(entry.rollouts),
        entry.event, entry.transitions)
      for rollout in Set(entry.rollouts) {
        try run("INSERT INTO rollout_log_index VALUES (?, ?)", rollout, entry.number)
      }
    }
  }

  fileprivate func save(_ rollout: RolloutRecord) throws {
    try run(
      """
      INSERT INTO rollouts (id, app, release, status, detail, started_at, updated_at, ended_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET release = excluded.release,
      status = excluded.status, detail = excluded.detail, updated_at = excluded.updated_at, ended_at = excluded.ended_at
      """, rollout.id, rollout.app, rollout.release, rollout.status, rollout.detail, rollout.startedAt,
      rollout.updatedAt, rollout.endedAt)
  }
}
