PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('1');
INSERT INTO grdb_migrations VALUES('2');
INSERT INTO grdb_migrations VALUES('3');
CREATE TABLE fleet (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1), name TEXT NOT NULL, epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL) STRICT;
INSERT INTO fleet VALUES(1,'acme',1,1700000000000);
CREATE TABLE hub_settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO hub_settings VALUES('certificate',X'70656d');
CREATE TABLE clusters (
  uid TEXT PRIMARY KEY, name TEXT NOT NULL, standing TEXT NOT NULL, is_declared INTEGER NOT NULL,
  state_since INTEGER NOT NULL, environment TEXT NOT NULL, labels BLOB NOT NULL, connectivity TEXT NOT NULL,
  report_key BLOB, created_at INTEGER NOT NULL, enrolled_at INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO clusters VALUES('u-fra-1','fra-1','Enrolled',1,1700000001000,'prod',X'7b22726567696f6e223a226575222c2274696572223a2265646765227d','edge',X'7265706f7274',1700000000000,1700000001000);
INSERT INTO clusters VALUES('u-fra-2','fra-2','AwaitingEnrollment',1,1700000000000,'prod',X'7b22726567696f6e223a226575222c2274696572223a2265646765227d','edge',NULL,1700000000000,NULL);
CREATE TABLE join_tokens (
  id TEXT PRIMARY KEY, cluster TEXT NOT NULL REFERENCES clusters, verification_key BLOB NOT NULL,
  issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, request_key BLOB, repeat_until INTEGER, reply BLOB
) STRICT, WITHOUT ROWID;
INSERT INTO join_tokens VALUES('t','u-fra-1',X'6b6579206f662074',1700000000000,1700003600000,X'1f58b9145b24d108d7ac38887338b3ea3229833b9c1e418250343f907bfd1047',1700000601000,X'7265706c79');
CREATE TABLE challenges (
  number INTEGER PRIMARY KEY, nonce BLOB NOT NULL UNIQUE, cluster TEXT NOT NULL REFERENCES clusters,
  expires_at INTEGER NOT NULL) STRICT;
INSERT INTO challenges VALUES(1,X'6e6f6e6365','u-fra-1',1700000060000);
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY, identity TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
  revoked_at INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO certificates VALUES('c-t-reply','spiffe://acme/cluster/u-fra-1',1700000001000,1700086401000,1700000005000);
CREATE TABLE denylist_revision (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), value INTEGER NOT NULL) STRICT;
INSERT INTO denylist_revision VALUES(1,1);
CREATE TABLE operators (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, environments BLOB NOT NULL, certificate_serial TEXT,
  created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO operators VALUES('ana','deployer',X'5b22646576225d',NULL,1700000000000);
CREATE TABLE commits (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, committer TEXT NOT NULL, time INTEGER NOT NULL,
  summary TEXT NOT NULL, is_rewrite INTEGER NOT NULL, observed_at INTEGER NOT NULL) STRICT;
INSERT INTO commits VALUES(1,'c0ffee','Ana',1700000001000,'Raise replicas',0,1700000002000);
CREATE TABLE declarations (path TEXT PRIMARY KEY, bytes BLOB NOT NULL, commit_id TEXT NOT NULL) STRICT;
INSERT INTO declarations VALUES('fleet.yaml',X'666c656574','c0ffee');
CREATE TABLE standing_errors (
  step TEXT NOT NULL, scope_app TEXT, scope_cluster TEXT, position INTEGER NOT NULL, code TEXT NOT NULL,
  message TEXT NOT NULL, file TEXT, line INTEGER, column_number INTEGER, field TEXT, cluster TEXT, app TEXT,
  object TEXT, cause TEXT NOT NULL, next_step TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
INSERT INTO standing_errors VALUES('render',NULL,NULL,0,'store-busy','wrong',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'','',1700000001000);
CREATE TABLE contents (digest BLOB PRIMARY KEY, canonical BLOB NOT NULL) STRICT;
INSERT INTO contents VALUES(X'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73',X'636f6e74656e74');
CREATE TABLE releases (
  number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, app TEXT NOT NULL, commit_id TEXT NOT NULL,
  canonical BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
INSERT INTO releases VALUES(1,X'a4d451ec23463726f72c43d64c710968f6b602cd653b4de8adee1b556240a829','shop','c0ffee',X'72656c65617365',1700000000000);
CREATE TABLE renders (
  key BLOB PRIMARY KEY, trace BLOB NOT NULL, result BLOB NOT NULL, length INTEGER NOT NULL) STRICT;
INSERT INTO renders VALUES(X'2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683',X'7472616365',X'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',1);
CREATE TABLE rollout_log (
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, rollouts BLOB NOT NULL, event BLOB NOT NULL,
  transitions BLOB NOT NULL) STRICT;
INSERT INTO rollout_log VALUES(1,1700000001000,X'5b227231225d',X'6576656e742031',X'7472616e736974696f6e732031');
CREATE TABLE rollout_log_index (
  rollout TEXT NOT NULL, number INTEGER NOT NULL REFERENCES rollout_log, PRIMARY KEY (rollout, number)
) STRICT, WITHOUT ROWID;
INSERT INTO rollout_log_index VALUES('r1',1);
CREATE TABLE snapshots (
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
INSERT INTO snapshots VALUES(1,1700000001000,X'4ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4e',X'7374617465');
CREATE TABLE rollouts (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, app TEXT NOT NULL, release BLOB NOT NULL,
  status TEXT NOT NULL, detail BLOB NOT NULL, started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  ended_at INTEGER) STRICT;
INSERT INTO rollouts VALUES(1,'r1','checkout',X'82f3e9c695dc6b8d1b11818d5701919e286de8d47f7c3eb3100c485f79e57828','Running',X'7b226964223a227231227d',1700000000000,1700000000000,NULL);
CREATE TABLE assignments (
  cluster TEXT NOT NULL REFERENCES clusters, app TEXT NOT NULL, digest BLOB NOT NULL, release BLOB NOT NULL,
  rollout TEXT NOT NULL, PRIMARY KEY (cluster, app)) STRICT, WITHOUT ROWID;
INSERT INTO assignments VALUES('u-fra-1','shop',X'3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe',X'3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe','r-v1');
CREATE TABLE view_versions (
  cluster TEXT PRIMARY KEY REFERENCES clusters, targets INTEGER NOT NULL, snapshot INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, bundle_seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO view_versions VALUES('u-fra-1',1,1,1,1);
CREATE TABLE publications (
  cluster TEXT PRIMARY KEY REFERENCES clusters, targets INTEGER NOT NULL, snapshot INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, bundle_seq INTEGER NOT NULL, prev_seq INTEGER NOT NULL, bundle BLOB NOT NULL,
  timestamp_at INTEGER NOT NULL, targets_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO publications VALUES('u-fra-1',1,1,1,1,0,X'c5c7ff661a757edc3c3d65cc41ab3626311778aa4d7fdb27ecacc3c972026b6d',1700000000000,1700000000000);
CREATE TABLE view_metadata (
  cluster TEXT NOT NULL REFERENCES clusters, role TEXT NOT NULL, version INTEGER NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (cluster, role, version)) STRICT;
INSERT INTO view_metadata VALUES('u-fra-1','targets',1,X'7461726765747320312061');
INSERT INTO view_metadata VALUES('u-fra-1','timestamp',1,X'74696d657374616d7020312061');
INSERT INTO view_metadata VALUES('u-fra-1','snapshot',1,X'736e617073686f7420312061');
CREATE TABLE bundles (
  cluster TEXT NOT NULL REFERENCES clusters, bundle_seq INTEGER NOT NULL, digest BLOB NOT NULL,
  bytes BLOB NOT NULL, blobs BLOB NOT NULL, PRIMARY KEY (cluster, bundle_seq)) STRICT;
INSERT INTO bundles VALUES('u-fra-1',1,X'c5c7ff661a757edc3c3d65cc41ab3626311778aa4d7fdb27ecacc3c972026b6d',X'62756e646c6520312061',X'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
CREATE TABLE roots (version INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
INSERT INTO roots VALUES(1,X'726f6f74');
CREATE TABLE reports (
  cluster TEXT NOT NULL REFERENCES clusters, seq INTEGER NOT NULL, digest BLOB NOT NULL, payload BLOB NOT NULL,
  envelope BLOB NOT NULL, received_at INTEGER NOT NULL, PRIMARY KEY (cluster, seq)) STRICT;
INSERT INTO reports VALUES('u-fra-1',7,X'29e4ce3d7afe87534a93b116fd5a017798e9f1ef93b63e787321601673231d86',X'7265706f72742037206f6620752d6672612d31',X'7369676e65642037',1700000000000);
CREATE TABLE observed_apps (
  cluster TEXT NOT NULL REFERENCES clusters, app TEXT NOT NULL, digest BLOB NOT NULL, sync TEXT NOT NULL,
  health TEXT NOT NULL, blocking INTEGER NOT NULL, reason TEXT NOT NULL, total INTEGER NOT NULL,
  synced INTEGER NOT NULL, healthy INTEGER NOT NULL, not_healthy BLOB NOT NULL, drift_healed INTEGER NOT NULL,
  since INTEGER NOT NULL, PRIMARY KEY (cluster, app)) STRICT;
INSERT INTO observed_apps VALUES('u-fra-1','shop',X'3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe','Synced','Degraded',1,'Deployment shop/web: 1 of 3 available',12,12,11,X'5b7b226865616c7468223a224465677261646564222c226964223a22617070732f4465706c6f796d656e742f73686f702f776562222c22726561736f6e223a225c2271756f7465645c2220e29c93227d5d',2,1700000000000);
CREATE TABLE presences (
  cluster TEXT PRIMARY KEY REFERENCES clusters, last_seen INTEGER NOT NULL, is_connected INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO presences VALUES('u-fra-1',1700000009000,1);
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, kind TEXT NOT NULL, cluster TEXT, app TEXT,
  release BLOB, message TEXT NOT NULL) STRICT;
INSERT INTO events VALUES(1,1700000000000,'Started','fra-1','shop',X'ecbc89cd37a037342e740f9e0e0633a70180a2279b0157c9a823fce729f4bd77','Started!');
CREATE TABLE audit (
  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  subject TEXT NOT NULL, commit_id TEXT NOT NULL, digest BLOB, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  prev_hash BLOB, hash BLOB NOT NULL) STRICT;
INSERT INTO audit VALUES(1,1700000000000,'operator/ana','rollout.approve','fra-1','c0ffee',X'004b3595e859473dca5e1ac096ba44ce472a49bf1672be4de09fd74757c3cdc7','done','because',NULL,X'0117af43fb907f7030a2ee99a25ce9a3610076827201c302d49cf49f1f7d305c');
CREATE TABLE guarded_deletions (
  cluster TEXT NOT NULL REFERENCES clusters, digest BLOB NOT NULL, commit_id TEXT NOT NULL, objects BLOB NOT NULL,
  PRIMARY KEY (cluster, digest, commit_id)) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('events',1);
CREATE UNIQUE INDEX clusters_by_name ON clusters (name) WHERE standing <> 'Revoked';
CREATE INDEX challenges_by_cluster ON challenges (cluster, number);
CREATE INDEX certificates_by_identity ON certificates (identity, not_after);
CREATE INDEX certificates_revoked ON certificates (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX standing_errors_by_scope ON standing_errors (step, scope_app, scope_cluster, position);
CREATE INDEX releases_by_app ON releases (app, number);
CREATE INDEX rollouts_by_app ON rollouts (app, number);
CREATE INDEX assignments_by_app ON assignments (app, cluster);
CREATE INDEX observed_apps_by_app ON observed_apps (app, cluster);
CREATE INDEX events_by_cluster ON events (cluster, number);
CREATE INDEX events_by_app ON events (app, number);
CREATE TRIGGER audit_is_appended_to BEFORE INSERT ON audit
  WHEN NEW.number <> (SELECT COALESCE(MAX(number), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END;
COMMIT;
