internal import Digests
internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func forgetHistory(_ scope: HistoryScope, limit: Int) async throws(FleetError) -> ForgottenHistory {
    let limit = max(0, limit)
    // In this order: what goes first is what names the others.
    var forgotten = ForgottenHistory()
    forgotten.rollouts = try await forget(try await read { try $0.oldRollouts(scope, limit) }) { database, id in
      try database.run("DELETE FROM rollout_log_index WHERE rollout = ?", id)
      try database.run("DELETE FROM rollouts WHERE id = ?", id)
    }
    forgotten.logEntries = try await forget(try await read { try $0.oldLogEntries(scope, limit) }) { database, number in
      try database.run("DELETE FROM rollout_log WHERE number = ?", number)
    }
    forgotten.releases = try await forget(try await read { try $0.oldReleases(scope, limit) }) { database, digest in
      try database.run("DELETE FROM releases WHERE digest = ?", digest)
    }
    forgotten.guardedDeletions = try await forget(
      try await read { try $0.oldTakeovers(scope, limit) }
    ) { database, takeover in
      try database.run(
        "DELETE FROM guarded_deletions WHERE cluster = ? AND digest = ? AND commit_id = ?", takeover.cluster,
        takeover.digest, takeover.commit)
    }
    forgotten.contents = try await forget(try await read { try $0.oldContents(scope, limit) }) { database, digest in
      try database.run("DELETE FROM contents WHERE digest = ?", digest)
    }
    return forgotten
  }

  /// Deletes these, so many in one write that nobody waits long for it; how many those were.
  private func forget<Element: Sendable>(
    _ elements: [Element], _ delete: @escaping @Sendable (Database, Element) throws -> Void
  ) async throws(FleetError) -> Int {
    var rest = elements[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(HistoryLimits.batch))
      rest = rest.dropFirst(part.count)
      try await writes.perform { database in
        for element in part { try delete(database, element) }
      }
    }
    return elements.count
  }
}

extension Database {
  fileprivate func oldRollouts(_ scope: HistoryScope, _ limit: Int) throws -> [String] {
    try all(
      """
      SELECT id FROM (
        SELECT id, ended_at, row_number() OVER (PARTITION BY app ORDER BY number DESC) AS place FROM rollouts)
      WHERE ended_at < ? AND place > ? AND id NOT IN (SELECT rollout FROM assignments)
      AND id NOT IN (SELECT value FROM json_each(?)) LIMIT ?
      """, scope.before, max(0, scope.keptOfEachApp), StoredJSON(scope.rolloutsInUse.sorted()), limit
    ) { try $0.next() }
  }

  /// A restart reads from the last snapshot on, or from the one before it; and the log is continued from its last entry.
  fileprivate func oldLogEntries(_ scope: HistoryScope, _ limit: Int) throws -> [Int64] {
    try all(
      """
      SELECT number FROM rollout_log WHERE number < (SELECT MIN(number) FROM snapshots) AND time < ?
      AND NOT EXISTS (SELECT 1 FROM rollout_log_index AS kept WHERE kept.number = rollout_log.number) LIMIT ?
      """, scope.before, limit
    ) { try $0.next() }
  }

  fileprivate func oldReleases(_ scope: HistoryScope, _ limit: Int) throws -> [ReleaseDigest] {
    try all(
      """
      SELECT digest FROM (
        SELECT digest, created_at, row_number() OVER (PARTITION BY app ORDER BY number DESC) AS place FROM releases)
      WHERE created_at < ? AND place > ? AND digest NOT IN (SELECT release FROM assignments)
      AND digest NOT IN (SELECT release FROM rollouts) LIMIT ?
      """, scope.before, max(0, scope.keptOfEachApp), limit
    ) { try $0.next() }
  }

  fileprivate func oldTakeovers(_ scope: HistoryScope, _ limit: Int) throws -> [Takeover] {
    let stored: [Takeover] = try all("SELECT cluster, digest, commit_id FROM guarded_deletions") { columns in
      Takeover(cluster: try columns.next(), digest: try columns.next(), commit: try columns.next())
    }
    let needed = try contentsInUse(scope)
    return Array(stored.filter { !needed.contains($0.digest) }.prefix(limit))
  }

  fileprivate func oldContents(_ scope: HistoryScope, _ limit: Int) throws -> [AppDigest] {
    let stored: [AppDigest] = try all("SELECT digest FROM contents") { try $0.next() }
    let needed = try contentsInUse(scope)
    return Array(stored.filter { !needed.contains($0) }.prefix(limit))
  }

  private func contentsInUse(_ scope: HistoryScope) throws -> Set<AppDigest> {
    let assigned: [AppDigest] = try all("SELECT DISTINCT digest FROM assignments") { try $0.next() }
    return scope.contentsInUse.union(assigned)
  }
}
