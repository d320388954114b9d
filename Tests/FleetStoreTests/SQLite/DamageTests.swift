import Digests
import FleetModel
import FleetStore
import Foundation
import GRDB
import Manifests
import TestSupport
import Testing

@Suite("What is damaged is told from what was stored", .timeLimit(.minutes(1)))
struct DamageTests {
  func withStore(_ body: (SQLiteStore, _ directory: String) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await body(store, directory)
      try await store.close()
    }
  }

  /// Changes the database behind the store's back.
  func change(_ directory: String, _ sql: String) async throws {
    let queue = try DatabaseQueue(path: directory + "/store.sqlite")
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
  }

  func file(of digest: Digest, in directory: String) -> URL {
    URL(filePath: "\(directory)/blobs/\(digest.hex.prefix(2))/\(digest.hex)")
  }

  @Test("one flipped byte of a blob is found when it is read, and mended when it is saved again")
  func flippedByte() async throws {
    try await withStore { store, directory in
      let content = bytes("apiVersion: v1")
      let digest = try #require(try await store.saveBlobs([content]).first)
      var damaged = content
      damaged[3] ^= 1
      try Data(damaged).write(to: file(of: digest, in: directory))

      await refuses(.storeDamaged) { _ = try await store.blob(digest) }
      #expect(try await store.blobPart(digest, offset: 0, count: 100) == damaged)
      #expect(try await store.saveBlobs([content]) == [digest])
      #expect(try await store.blob(digest) == content)
    }
  }

  @Test("a blob cut short is found and mended")
  func truncated() async throws {
    try await withStore { store, directory in
      let content = bytes("apiVersion: v1")
      let digest = try #require(try await store.saveBlobs([content]).first)
      try Data().write(to: file(of: digest, in: directory))
      await refuses(.storeDamaged) { _ = try await store.blob(digest) }
      _ = try await store.saveBlobs([content])
      #expect(try await store.blob(digest) == content)
    }
  }

  @Test("a blob that cannot be written is an error that names the file, and nothing is left of it")
  func unwritable() async throws {
    try await withStore { store, directory in
      let digest = Digest(of: "blob")
      let folder = file(of: digest, in: directory).deletingLastPathComponent()
      try FileManager.default.removeItem(at: folder)
      do throws(FleetError) {
        _ = try await store.saveBlobs([bytes("blob")])
        Issue.record("a blob was saved without its directory")
      } catch {
        #expect(error.code == .storeUnavailable)
        #expect(error.address.file == file(of: digest, in: directory).path)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/blobs/tmp").isEmpty)
    }
  }

  @Test("half a blob that a killed hub left is gone after the next start")
  func leftover() async throws {
    try await withStore { _, directory in
      try Data("half".utf8).write(to: URL(filePath: directory + "/blobs/tmp/abc"))
    }
    try await withTemporaryDirectory { directory in
      try await SQLiteStore(directory: directory).close()
      let leftover = directory + "/blobs/tmp/abc"
      try Data("half".utf8).write(to: URL(filePath: leftover))
      try await SQLiteStore(directory: directory).close()
      #expect(!FileManager.default.fileExists(atPath: leftover))
    }
  }

  @Test("an altered app content, release, snapshot or report is refused")
  func alteredRows() async throws {
    try await withStore { store, directory in
      let uid = try await store.register("fra-1")
      try await store.saveContents([appDigest("content"): bytes("content")])
      try await store.saveRelease(
        ReleaseRecord(
          digest: releaseDigest("release"), app: "shop", commit: "c", canonical: bytes("release"), createdAt: at(0)),
        trail: .none)
      try await store.saveSnapshot(EngineSnapshot(number: 1, time: at(0), bytes: bytes("state")))
      _ = try await store.recordReport(report(uid, seq: 1))
      try await change(
        directory,
        """
        UPDATE contents SET canonical = x'00'; UPDATE releases SET canonical = x'00';
        UPDATE snapshots SET bytes = x'00'; UPDATE reports SET payload = x'00'
        """)
      await refuses(.storeDamaged) { _ = try await store.contents(of: [appDigest("content")]) }
      await refuses(.storeDamaged) { _ = try await store.release(releaseDigest("release")) }
      await refuses(.storeDamaged) { _ = try await store.latestSnapshot() }
      await refuses(.storeDamaged) { _ = try await store.latestReport(of: uid) }
    }
  }

  @Test(
    "a column that holds nonsense is an error, never a crash",
    arguments: [
      "standing = 'Nonsense'", "labels = x'ff'", "labels = x'5b5d'", "connectivity = ''", "is_declared = 7",
      "uid = 'Not A Uid'",
    ])
  func nonsense(assignment: String) async throws {
    try await withStore { store, directory in
      try await store.register("fra-1")
      try await change(directory, "UPDATE clusters SET \(assignment)")
      await refuses(.storeDamaged) { _ = try await store.clusters() }
    }
  }

  @Test("digests of the wrong length and unreadable lists are errors too")
  func nonsenseElsewhere() async throws {
    try await withStore { store, directory in
      let uid = try await store.register("fra-1")
      try await store.publishNext(uid, blobs: [Digest(of: "x")])
      try await store.recordStates([observed("a")], of: uid, at: at(0))
      try await store.advanceRollouts(
        RolloutStep(entries: [logRecord(1)], assignments: [.assign(assignment(uid, "a"))]))
      try await change(
        directory,
        """
        UPDATE bundles SET blobs = x'0102'; UPDATE observed_apps SET not_healthy = x'5b315d';
        UPDATE assignments SET digest = x'01'; UPDATE rollout_log SET rollouts = x'7b7d'
        """)
      await refuses(.storeDamaged) { _ = try await store.readableBlobs(of: uid) }
      await refuses(.storeDamaged) { _ = try await store.observedApps() }
      await refuses(.storeDamaged) { _ = try await store.assignments() }
      await refuses(.storeDamaged) { _ = try await store.rolloutLog(after: 0, limit: 1) }
    }
  }

  @Test("a database whose pages are overwritten is an error, never a crash")
  func overwrittenPages() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      for index in 0..<300 { try await store.register("cluster-\(index)") }
      try await store.close()
      let path = URL(filePath: directory + "/store.sqlite")
      var content = try Data(contentsOf: path)
      // All but the first page, which says that this is a database at all.
      for index in 4096..<content.count { content[index] = UInt8(truncatingIfNeeded: index &* 31) }
      try content.write(to: path)
      await refuses(.storeDamaged) {
        let store = try SQLiteStore(directory: directory)
        _ = try await store.clusters()
      }
    }
  }
}
