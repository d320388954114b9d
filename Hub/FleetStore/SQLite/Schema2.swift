extension Schema {
  /// `objects` is what a cluster loses that a person has to let go first, when a commit gives it the app content of that
  /// digest.
  static let version2 = """
    CREATE TABLE guarded_deletions (
      cluster TEXT NOT NULL REFERENCES clusters, digest BLOB NOT NULL, commit_id TEXT NOT NULL, objects BLOB NOT NULL,
      PRIMARY KEY (cluster, digest, commit_id)) STRICT, WITHOUT ROWID;
    """
}
