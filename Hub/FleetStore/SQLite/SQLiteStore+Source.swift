internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func recordObservation(_ observation: SourceObservation, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      let commit = observation.commit
      // Replacing gives the commit a new number, and so moves it to the front.
      try database.run(
        """
        INSERT OR REPLACE INTO commits (number, id, committer, time, summary, is_rewrite, observed_at)
        VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM commits), ?, ?, ?, ?, ?, ?)
        """, commit.id, commit.committer, commit.time, commit.summary, commit.isRewrite, commit.observedAt)
      for file in observation.changed {
        try database.run(
          "INSERT OR REPLACE INTO declarations VALUES (?, ?, ?)", file.path, file.bytes, file.commit)
      }
      for path in observation.removed { try database.run("DELETE FROM declarations WHERE path = ?", path) }
      try database.append(trail)
    }
  }

  public func latestCommit() async throws(FleetError) -> ObservedCommit? {
    try await observedCommits(limit: 1).first
  }

  public func observedCommit(_ id: String) async throws(FleetError) -> ObservedCommit? {
    try await read { database in
      try database.one("\(ObservedCommit.selection) WHERE id = ?", id, read: ObservedCommit.init)
    }
  }

  public func observedCommits(limit: Int) async throws(FleetError) -> [ObservedCommit] {
    try await read { database in
      try database.all(
        "\(ObservedCommit.selection) ORDER BY number DESC LIMIT ?", max(0, limit), read: ObservedCommit.init)
    }
  }

  public func declarations() async throws(FleetError) -> [DeclarationFile] {
    try await read { database in
      try database.all("SELECT path, bytes, commit_id FROM declarations ORDER BY path") { columns in
        DeclarationFile(path: try columns.next(), bytes: try columns.next(), commit: try columns.next())
      }
    }
  }
}

extension ObservedCommit {
  fileprivate static let selection =
    "SELECT id, committer, time, summary, is_rewrite, observed_at FROM commits"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      id: try columns.next(), committer: try columns.next(), time: try columns.next(), summary: try columns.next(),
      isRewrite: try columns.next(), observedAt: try columns.next())
  }
}
