import Digests
import FleetModel
import FleetStore
import Foundation
import GRDB
import Manifests
import TestSupport
import Testing

// Each file in `Stores` is the dump (`sqlite3 FILE .dump`) of a store that had that version of the schema, filled by
// `fill`; FLOTILLA_KEEP_STORE=FILE keeps one. A released dump is never changed; a new version of the schema adds one.
@Suite("A store of every earlier version is brought up to date", .timeLimit(.minutes(1)))
struct MigrationTests {
  static let dumps = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Stores")

  func load(_ dump: String, into directory: String) async throws {
    let script = try String(contentsOf: Self.dumps.appending(path: dump), encoding: .utf8)
    let queue = try DatabaseQueue(path: directory + "/store.sqlite")
    try await queue.writeWithoutTransaction { try $0.execute(sql: script) }
    try queue.close()
  }

  func schema(of directory: String) async throws -> [String] {
    let queue = try DatabaseQueue(path: directory + "/store.sqlite")
    let schema = try await queue.read {
      try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    }
    try queue.close()
    return schema
  }

  @Test(
    "what it held is still there, and its schema is that of a new one",
    arguments: ["version-1.sql", "version-2.sql", "version-3.sql", "version-4.sql"])
  func migrated(dump: String) async throws {
    try await withTemporaryDirectory { directory in
      try await load(dump, into: directory)
      let store = try SQLiteStore(directory: directory)
      try await check(store)
      try await store.close()
      try await withTemporaryDirectory { other in
        try await SQLiteStore(directory: other).close()
        let fresh = try await schema(of: other)
        #expect(fresh.count > 30)
        #expect(try await schema(of: directory) == fresh)
      }
    }
  }

  @Test("an operator whose certificate was not noted then is refused with it after they were removed")
  func operatorsCertificate() async throws {
    try await withTemporaryDirectory { directory in
      try await load("version-2.sql", into: directory)
      let queue = try DatabaseQueue(path: directory + "/store.sqlite")
      try await queue.write { try $0.execute(sql: "UPDATE operators SET certificate_serial = '0a'") }
      try queue.close()
      let store = try SQLiteStore(directory: directory)
      let identity = "spiffe://acme/operator/ana"
      #expect(try await store.certificate(serial: "0a")?.identity == identity)
      try await store.removeOperator(named: "ana", identity: identity, at: at(9), trail: .none)
      #expect(try await store.denylist().serials.contains("0a"))
      try await store.close()
    }
  }

  @Test("the check finds what it looks for in a store filled now")
  func fresh() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await fill(store)
      try await store.close()
      if let path = ProcessInfo.processInfo.environment["FLOTILLA_KEEP_STORE"] {
        try FileManager.default.copyItem(atPath: directory + "/store.sqlite", toPath: path)
      }
      let reopened = try SQLiteStore(directory: directory)
      try await check(reopened)
      try await reopened.close()
    }
  }

  /// One of everything. What it writes is in the dumps, so it only ever grows.
  private func fill(_ store: SQLiteStore) async throws {
    try await store.establishFleet(FleetIdentity(name: "acme", epoch: 1, createdAt: at(0)), trail: .none)
    try await store.setHubSetting("certificate", to: bytes("pem"), trail: .none)
    let uid = try await store.register("fra-1")
    try await store.register("fra-2")
    try await store.enroll(uid, token: "t")
    try await store.saveChallenge(Challenge(nonce: bytes("nonce"), cluster: uid, expiresAt: at(60)))
    try await store.saveOperator(
      OperatorRecord(name: "ana", role: .deployer, environments: ["dev"], createdAt: at(0)), trail: .none)
    try await store.revokeCertificates(of: "spiffe://acme/cluster/\(uid)", at: at(5), trail: .none)
    try await store.recordObservation(try observation, trail: .none)
    try await store.setErrors([FleetError(.storeBusy, "wrong")], in: ErrorScope(step: "render"), at: at(1))
    try await store.saveContents([appDigest("content"): bytes("content")])
    try await store.saveRelease(release, trail: .none)
    try await store.saveRenders([render])
    try await store.advanceRollouts(
      RolloutStep(
        entries: [logRecord(1)], assignments: [.assign(assignment(uid, "shop"))], rollouts: [rolloutRecord("r1")],
        trail: Trail(audit: [entry("rollout.approve")], events: [event("Started", cluster: "fra-1", app: "shop")])))
    try await store.saveSnapshot(EngineSnapshot(number: 1, time: at(1), bytes: bytes("state")))
    try await store.saveRoot(bytes("root"), version: 1, trail: .none)
    try await store.publishNext(uid, blobs: [Digest(of: "x")])
    _ = try await store.recordReport(report(uid, seq: 7, apps: [observed("shop", health: .degraded)]))
    try await store.recordPresence([Presence(cluster: uid, lastSeen: at(9), isConnected: true)])
  }

  private func check(_ store: SQLiteStore) async throws {
    let uid = try uid("u-fra-1")
    try await checkClusters(store, uid)
    let observation = try observation
    #expect(try await store.latestCommit() == observation.commit)
    #expect(try await store.declarations() == observation.changed)
    #expect(try await store.currentErrors().map(\.error.message) == ["wrong"])
    #expect(try await store.contents(of: [appDigest("content")]).values.map { $0 } == [bytes("content")])
    #expect(try await store.releases(of: "shop", limit: 9) == [release])
    #expect(try await store.cachedRenders([render.key]) == [render.key: render])
    #expect(try await store.rolloutLog(of: "r1", after: 0, limit: 9) == [logRecord(1)])
    #expect(try await store.assignments() == [assignment(uid, "shop")])
    #expect(try await store.rollouts(of: nil, limit: 9) == [rolloutRecord("r1")])
    #expect(try await store.latestSnapshot()?.bytes == bytes("state"))
    #expect(try await store.verifyAudit()?.n == 1)
    #expect(try await store.events(EventQuery(cluster: "fra-1", app: "shop")).map(\.event.kind) == ["Started"])
    #expect(try await store.root(version: nil)?.bytes == bytes("root"))
    #expect(try await store.metadata(of: uid, .targets, version: nil) == bytes("targets 1 a"))
    #expect(try await store.bundle(of: uid, Digest(of: "bundle 1 a")) == bytes("bundle 1 a"))
    #expect(try await store.readableBlobs(of: uid) == [Digest(of: "x")])
    #expect(try await store.latestReport(of: uid)?.seq == 7)
    #expect(try await store.observedApps().map(\.app) == [observed("shop", health: .degraded)])
    #expect(try await store.presences() == [Presence(cluster: uid, lastSeen: at(9), isConnected: true)])
  }

  private func checkClusters(_ store: SQLiteStore, _ uid: ClusterUID) async throws {
    #expect(try await store.fleetIdentity()?.name == "acme")
    #expect(try await store.hubSetting("certificate") == bytes("pem"))
    #expect(try await store.clusters().map(\.state) == [.enrolled, .awaitingEnrollment])
    #expect(try await store.redeemToken(redemption("t", at: 2), trail: .none).reply == bytes("reply"))
    #expect(try await store.consumeChallenge(bytes("nonce"), at: at(1)) == uid)
    #expect(try await store.operators().map(\.environments) == [["dev"]])
    #expect(try await store.denylist().serials == ["c-t-reply"])
  }

  private var observation: SourceObservation {
    get throws {
      let commit = ObservedCommit(
        id: "c0ffee", committer: "Ana", time: at(1), summary: "Raise replicas", isRewrite: false, observedAt: at(2))
      let path = try #require(TreePath("fleet.yaml"))
      return SourceObservation(
        commit: commit, changed: [DeclarationFile(path: path, bytes: bytes("fleet"), commit: "c0ffee")])
    }
  }

  private var release: ReleaseRecord {
    ReleaseRecord(
      digest: releaseDigest("release"), app: "shop", commit: "c0ffee", canonical: bytes("release"), createdAt: at(0))
  }

  private var render: CachedRender {
    CachedRender(
      key: Digest(of: "key"), trace: bytes("trace"), result: BlobReference(sha256: Digest(of: "x"), length: 1))
  }
}
