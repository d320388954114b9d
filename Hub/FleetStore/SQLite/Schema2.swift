extension Schema {
  /// `objects` is what a cluster loses that a person has to let go first, when it takes the app content of that digest.
  static let version2 = """
    CREATE TABLE guarded_deletions (
      cluster TEXT NOT NULL REFERENCES clusters, digest BLOB NOT NULL, objects BLOB NOT NULL,
      PRIMARY KEY (cluster, digest)) STRICT, WITHOUT ROWID;
    """
}
