internal import Digests
internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func forgetHistory(_ scope: HistoryScope, limit: Int) async throws(FleetError) -> ForgottenHistory {
    let limit = max(0, limit)
    // One write each, so that nobody waits for all of them.
    var forgotten = ForgottenHistory()
    forgotten.rollouts = try await writes.perform { try $0.forgetRollouts(scope, limit) }
    forgotten.logEntries = try await writes.perform { try $0.forgetLogEntries(scope, limit) }
    forgotten.releases = try await writes.perform { try $0.forgetReleases(scope, limit) }
    forgotten.guardedDeletions = try await writes.perform { try $0.forgetGuardedDeletions(scope, limit) }
    forgotten.contents = try await writes.perform { try $0.forgetContents(scope, limit) }
    return forgotten
  }
}

extension Database {
  fileprivate func forgetRollouts(_ scope: HistoryScope, _ limit: Int) throws -> Int {
    let ids: [String] = try all(
      """
      SELECT id FROM (
        SELECT id, ended_at, row_number() OVER (PARTITION BY app ORDER BY number DESC) AS place FROM rollouts)
      WHERE ended_at < ? AND place > ? AND id NOT IN (SELECT rollout FROM assignments)
      AND id NOT IN (SELECT value FROM json_each(?)) LIMIT ?
      """, scope.before, max(0, scope.keptOfEachApp), StoredJSON(scope.rolloutsInUse.sorted()), limit
    ) { try $0.next() }
    for id in ids {
      try run("DELETE FROM rollout_log_index WHERE rollout = ?", id)
      try run("DELETE FROM rollouts WHERE id = ?", id)
    }
    return ids.count
  }

  /// A restart reads from the last snapshot on, or from the one before it; and the log is continued from its last entry.
  fileprivate func forgetLogEntries(_ scope: HistoryScope, _ limit: Int) throws -> Int {
    try run(
      """
      DELETE FROM rollout_log WHERE number IN (
        SELECT number FROM rollout_log WHERE number < (SELECT MIN(number) FROM snapshots) AND time < ?
        AND NOT EXISTS (SELECT 1 FROM rollout_log_index AS kept WHERE kept.number = rollout_log.number) LIMIT ?)
      """, scope.before, limit)
  }

  fileprivate func forgetReleases(_ scope: HistoryScope, _ limit: Int) throws -> Int {
    try run(
      """
      DELETE FROM releases WHERE number IN (
        SELECT number FROM (
          SELECT number, digest, created_at, row_number() OVER (PARTITION BY app ORDER BY number DESC) AS place
          FROM releases)
        WHERE created_at < ? AND place > ? AND digest NOT IN (SELECT release FROM assignments)
        AND digest NOT IN (SELECT release FROM rollouts) LIMIT ?)
      """, scope.before, max(0, scope.keptOfEachApp), limit)
  }

  fileprivate func forgetGuardedDeletions(_ scope: HistoryScope, _ limit: Int) throws -> Int {
    let stored: [(ClusterUID, AppDigest, String)] = try all(
      "SELECT cluster, digest, commit_id FROM guarded_deletions"
    ) { (try $0.next(), try $0.next(), try $0.next()) }
    let forgotten = stored.filter { !scope.contentsInUse.contains($0.1) }.prefix(limit)
    for (cluster, digest, commit) in forgotten {
      try run(
        "DELETE FROM guarded_deletions WHERE cluster = ? AND digest = ? AND commit_id = ?", cluster, digest, commit)
    }
    return forgotten.count
  }

  fileprivate func forgetContents(_ scope: HistoryScope, _ limit: Int) throws -> Int {
    let assigned: [AppDigest] = try all("SELECT DISTINCT digest FROM assignments") { try $0.next() }
    let stored: [AppDigest] = try all("SELECT digest FROM contents") { try $0.next() }
    let needed = scope.contentsInUse.union(assigned)
    let forgotten = stored.filter { !needed.contains($0) }.prefix(limit)
    for digest in forgotten { try run("DELETE FROM contents WHERE digest = ?", digest) }
    return forgotten.count
  }
}
