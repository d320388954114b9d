import Digests
import FleetModel
import FleetStore
import Foundation
import HubSite
import LocalFleet
import ReleasePipeline
import Synchronization
import Testing

@Suite("What nothing names any longer is collected", .timeLimit(.minutes(8)))
struct RetentionTests {
  /// The store of the hub that runs.
  private final class Opened: Sendable {
    private let opened = Mutex<SQLiteStore?>(nil)

    func take(_ store: SQLiteStore) -> any HubStore {
      opened.withLock { $0 = store }
      return store
    }

    var store: SQLiteStore { get throws { try #require(opened.withLock { $0 }) } }
  }

  /// A hub on a fleet of one cluster that forgets as soon as it may.
  private func withHub(
    keeping releases: Int, history: Duration = .seconds(100 * 86_400),
    _ body: @escaping @Sendable (FleetHub, Site, SQLiteStore, TestAgent) async throws -> Void
  ) async throws {
    try await Site.with { site in
      var site = site
      site.retention = Retention(age: .seconds(3600), releases: releases, history: history, interval: .milliseconds(50))
      try site.repository.git("rm", "-q", "clusters/prod-1.yaml")
      try site.repository.commit("one cluster")
      let (here, opened) = (site, Opened())
      let dev = try TestAgent("dev-1")
      try await here.runHub(wrap: { opened.take($0) }) { hub in
        try await hub.drive([dev], until: "dev-1 runs both apps") { await dev.digests.count == 2 }
        try await body(hub, here, try opened.store, dev)
      }
    }
  }

  /// Rolls out a release of `web` to the cluster, and returns what its manifests are.
  private static func release(_ tag: String, _ hub: FleetHub, _ site: Site, _ dev: TestAgent) async throws -> Digest {
    try site.repository.write(SmallFleet(tag: tag).settings(of: "web"), to: SmallFleet.settings(of: "web"))
    let commit = try site.repository.commit("web \(tag)")
    try await hub.drive([dev], until: "dev-1 runs \(tag)") {
      await dev.bundle?.apps.first { $0.name == "web" }?.commit == commit
    }
    return try #require(await dev.bundle?.apps.first { $0.name == "web" }?.manifests.sha256)
  }

  @Test("the blobs of releases that are too old and too many go, and what is in use stays")
  func blobs() async throws {
    try await withHub(keeping: 2) { hub, site, store, dev in
      var manifests: [Digest] = []
      for number in 2...9 { manifests.append(try await RetentionTests.release("\(number).0", hub, site, dev)) }
      // All of them are young, and stay.
      #expect(try await store.missingBlobs(of: manifests).isEmpty)
      site.clock.advance(by: .seconds(4000))
      let oldest = try #require(manifests.first)
      try await hub.drive([dev], until: "the oldest is gone") {
        try await store.missingBlobs(of: [oldest]) == [oldest]
      }
      #expect(try await store.missingBlobs(of: Array(manifests.suffix(2))).isEmpty)
      let named = await dev.bundle?.apps.map(\.manifests.sha256) ?? []
      #expect(named.count == 2)
      #expect(try await store.missingBlobs(of: named).isEmpty)
      #expect(try await store.missingBlobs(of: Array(try await store.blobsOfBundles())).isEmpty)

      // What comes back is rendered again.
      #expect(try await RetentionTests.release("2.0", hub, site, dev) == oldest)
      #expect(try await store.blob(oldest) != nil)
    }
  }

  @Test("rollouts that ended long ago go with their releases, contents and log, and the hub goes on, restarted or not")
  func history() async throws {
    try await withHub(keeping: 2, history: .seconds(7200)) { hub, site, store, dev in
      for number in 2...6 { _ = try await RetentionTests.release("\(number).0", hub, site, dev) }
      try await hub.driveToTheEnd([dev])
      let before = try await store.rollouts(of: "web", limit: 99)
      #expect(before.count >= 6)
      site.clock.advance(by: .seconds(9000))
      try await hub.drive([dev], until: "old rollouts are forgotten") {
        try await store.rollouts(of: "web", limit: 99).count <= 3
      }
      let kept = try await store.rollouts(of: "web", limit: 99)
      #expect(Set(before.prefix(2).map(\.id)).isSubset(of: kept.map(\.id)))
      for assignment in try await store.assignments() {
        #expect(try await store.release(assignment.release) != nil)
        #expect(try await store.rollout(assignment.rollout) != nil)
        #expect(try await store.contents(of: [assignment.digest]).count == 1)
      }
      #expect(try await store.verifyAudit() != nil)
      _ = try await RetentionTests.release("7.0", hub, site, dev)
      try await hub.driveToTheEnd([dev])
    }
  }

  @Test("as many releases of an app stay as are to be kept, whatever their age")
  func kept() async throws {
    try await withHub(keeping: 100) { hub, site, store, dev in
      var manifests: [Digest] = []
      for number in 2...8 { manifests.append(try await RetentionTests.release("\(number).0", hub, site, dev)) }
      site.clock.advance(by: .seconds(4000))
      let stray = try await store.saveBlobs([Array("nothing names this".utf8)])
      try await hub.drive([dev], until: "it was collected") { try await store.missingBlobs(of: stray) == stray }
      #expect(try await store.missingBlobs(of: manifests).isEmpty)
    }
  }

  @Test("what was rendered of an app goes with the app, and nothing of the others; the audit log stays whole")
  func renders() async throws {
    try await withHub(keeping: 1) { hub, site, store, dev in
      let before = try await store.renderKeys()
      let records = try await store.auditRecords(after: 0, limit: 10_000).count
      try site.repository.git("rm", "-q", "-r", "apps/db")
      try site.repository.commit("no db")
      try await hub.drive([dev], until: "less is remembered") { try await store.renderKeys().count < before.count }
      #expect(try await store.renderKeys().isSubset(of: before))
      #expect(try await !store.renderKeys().isEmpty)
      #expect(try await store.auditRecords(after: 0, limit: 10_000).count >= records)
      #expect(try await store.verifyAudit() != nil)
    }
  }
}
