extension Schema {
  /// Instants are milliseconds since 1970, digests 32 bytes, lists and maps canonical JSON.
  static let version1 = """
    CREATE TABLE fleet (
      only_row INTEGER PRIMARY KEY CHECK (only_row = 1), name TEXT NOT NULL, epoch INTEGER NOT NULL,
      created_at INTEGER NOT NULL) STRICT;
    CREATE TABLE hub_settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

    -- A cluster is Departed when it is not declared; `standing` is what it is apart from that.
    CREATE TABLE clusters (
      uid TEXT PRIMARY KEY, name TEXT NOT NULL, standing TEXT NOT NULL, is_declared INTEGER NOT NULL,
      state_since INTEGER NOT NULL, environment TEXT NOT NULL, labels BLOB NOT NULL, connectivity TEXT NOT NULL,
      report_key BLOB, created_at INTEGER NOT NULL, enrolled_at INTEGER) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX clusters_by_name ON clusters (name) WHERE standing <> 'Revoked';

    -- `repeat_until` is NULL while the cluster waits for approval.
    CREATE TABLE join_tokens (
      id TEXT PRIMARY KEY, cluster TEXT NOT NULL REFERENCES clusters, verification_key BLOB NOT NULL,
      issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, request_key BLOB, repeat_until INTEGER, reply BLOB
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE challenges (
      number INTEGER PRIMARY KEY, nonce BLOB NOT NULL UNIQUE, cluster TEXT NOT NULL REFERENCES clusters,
      expires_at INTEGER NOT NULL) STRICT;
    CREATE INDEX challenges_by_cluster ON challenges (cluster, number);
    CREATE TABLE certificates (
      serial TEXT PRIMARY KEY, identity TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
      revoked_at INTEGER) STRICT, WITHOUT ROWID;
    CREATE INDEX certificates_by_identity ON certificates (identity, not_after);
    CREATE INDEX certificates_revoked ON certificates (revoked_at) WHERE revoked_at IS NOT NULL;
    CREATE TABLE denylist_revision (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), value INTEGER NOT NULL) STRICT;
    INSERT INTO denylist_revision VALUES (1, 0);
    CREATE TABLE operators (
      name TEXT PRIMARY KEY, role TEXT NOT NULL, environments BLOB NOT NULL, certificate_serial TEXT,
      created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE commits (
      number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, committer TEXT NOT NULL, time INTEGER NOT NULL,
      summary TEXT NOT NULL, is_rewrite INTEGER NOT NULL, observed_at INTEGER NOT NULL) STRICT;
    CREATE TABLE declarations (path TEXT PRIMARY KEY, bytes BLOB NOT NULL, commit_id TEXT NOT NULL) STRICT;
    CREATE TABLE standing_errors (
      step TEXT NOT NULL, scope_app TEXT, scope_cluster TEXT, position INTEGER NOT NULL, code TEXT NOT NULL,
      message TEXT NOT NULL, file TEXT, line INTEGER, column_number INTEGER, field TEXT, cluster TEXT, app TEXT,
      object TEXT, cause TEXT NOT NULL, next_step TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
    CREATE INDEX standing_errors_by_scope ON standing_errors (step, scope_app, scope_cluster, position);

    CREATE TABLE contents (digest BLOB PRIMARY KEY, canonical BLOB NOT NULL) STRICT;
    CREATE TABLE releases (
      number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, app TEXT NOT NULL, commit_id TEXT NOT NULL,
      canonical BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
    CREATE INDEX releases_by_app ON releases (app, number);
    CREATE TABLE renders (
      key BLOB PRIMARY KEY, trace BLOB NOT NULL, result BLOB NOT NULL, length INTEGER NOT NULL) STRICT;

    CREATE TABLE rollout_log (
      number INTEGER PRIMARY KEY, time INTEGER NOT NULL, rollouts BLOB NOT NULL, event BLOB NOT NULL,
      transitions BLOB NOT NULL) STRICT;
    CREATE TABLE rollout_log_index (
      rollout TEXT NOT NULL, number INTEGER NOT NULL REFERENCES rollout_log, PRIMARY KEY (rollout, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE snapshots (
      number INTEGER PRIMARY KEY, time INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
    CREATE TABLE rollouts (
      number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, app TEXT NOT NULL, release BLOB NOT NULL,
      status TEXT NOT NULL, detail BLOB NOT NULL, started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      ended_at INTEGER) STRICT;
    CREATE INDEX rollouts_by_app ON rollouts (app, number);
    CREATE TABLE assignments (
      cluster TEXT NOT NULL REFERENCES clusters, app TEXT NOT NULL, digest BLOB NOT NULL, release BLOB NOT NULL,
      rollout TEXT NOT NULL, PRIMARY KEY (cluster, app)) STRICT, WITHOUT ROWID;
    CREATE INDEX assignments_by_app ON assignments (app, cluster);

    -- The highest versions that were ever allocated, published or reported by the agent: the next are above them.
    CREATE TABLE view_versions (
      cluster TEXT PRIMARY KEY REFERENCES clusters, targets INTEGER NOT NULL, snapshot INTEGER NOT NULL,
      timestamp INTEGER NOT NULL, bundle_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE publications (
      cluster TEXT PRIMARY KEY REFERENCES clusters, targets INTEGER NOT NULL, snapshot INTEGER NOT NULL,
      timestamp INTEGER NOT NULL, bundle_seq INTEGER NOT NULL, prev_seq INTEGER NOT NULL, bundle BLOB NOT NULL,
      timestamp_at INTEGER NOT NULL, targets_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE view_metadata (
      cluster TEXT NOT NULL REFERENCES clusters, role TEXT NOT NULL, version INTEGER NOT NULL, bytes BLOB NOT NULL,
      PRIMARY KEY (cluster, role, version)) STRICT;
    -- `blobs` is the digests that the bundle names, one after the other.
    CREATE TABLE bundles (
      cluster TEXT NOT NULL REFERENCES clusters, bundle_seq INTEGER NOT NULL, digest BLOB NOT NULL,
      bytes BLOB NOT NULL, blobs BLOB NOT NULL, PRIMARY KEY (cluster, bundle_seq)) STRICT;
    CREATE TABLE roots (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

    CREATE TABLE reports (
      cluster TEXT NOT NULL REFERENCES clusters, seq INTEGER NOT NULL, digest BLOB NOT NULL, payload BLOB NOT NULL,
      envelope BLOB NOT NULL, received_at INTEGER NOT NULL, PRIMARY KEY (cluster, seq)) STRICT;
    CREATE TABLE observed_apps (
      cluster TEXT NOT NULL REFERENCES clusters, app TEXT NOT NULL, digest BLOB NOT NULL, sync TEXT NOT NULL,
      health TEXT NOT NULL, blocking INTEGER NOT NULL, reason TEXT NOT NULL, total INTEGER NOT NULL,
      synced INTEGER NOT NULL, healthy INTEGER NOT NULL, not_healthy BLOB NOT NULL, drift_healed INTEGER NOT NULL,
      since INTEGER NOT NULL, PRIMARY KEY (cluster, app)) STRICT;
    CREATE INDEX observed_apps_by_app ON observed_apps (app, cluster);
    CREATE TABLE presences (
      cluster TEXT PRIMARY KEY REFERENCES clusters, last_seen INTEGER NOT NULL, is_connected INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE events (
      number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL, cluster TEXT, app TEXT,
      release BLOB, message TEXT NOT NULL) STRICT;
    CREATE INDEX events_by_cluster ON events (cluster, number);
    CREATE INDEX events_by_app ON events (app, number);
    CREATE TABLE audit (
      number INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      subject TEXT NOT NULL, commit_id TEXT NOT NULL, digest BLOB, outcome TEXT NOT NULL, reason TEXT NOT NULL,
      prev_hash BLOB, hash BLOB NOT NULL) STRICT;
    """
}
