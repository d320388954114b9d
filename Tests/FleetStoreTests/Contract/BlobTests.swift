import Digests
import FleetModel
import FleetStore
import Testing

@Suite("Blobs are named by what they are", .timeLimit(.minutes(1)))
struct BlobTests {
  @Test("what was saved is read back, whole and in parts", arguments: Backend.all)
  func saved(backend: Backend) async throws {
    let texts = ["", "a", String(repeating: "0123456789", count: 50_000)]
    try await backend.withStore { store async throws in
      #expect(try await store.saveBlobs(texts.map(bytes)) == texts.map { Digest(of: $0) })
    } afterReopening: { store async throws in
      for text in texts {
        #expect(try await store.blob(Digest(of: text)) == bytes(text))
        #expect(try await store.blobLength(Digest(of: text)) == text.utf8.count)
      }
      let long = Digest(of: texts[2])
      #expect(try await store.blobPart(long, offset: 0, count: 4) == bytes("0123"))
      #expect(try await store.blobPart(long, offset: 499_998, count: 100) == bytes("89"))
      #expect(try await store.blobPart(long, offset: 500_000, count: 100) == [])
      #expect(try await store.blobPart(long, offset: .max, count: .max) == [])
      await refuses(.storeConflict) { _ = try await store.blobPart(long, offset: -1, count: 1) }
    }
  }

  @Test("what was not saved is missing", arguments: Backend.all)
  func missing(backend: Backend) async throws {
    try await backend.withStore { store in
      let (there, not) = (Digest(of: "there"), Digest(of: "not"))
      _ = try await store.saveBlobs([bytes("there")])
      #expect(try await store.missingBlobs(of: [not, there]) == [not])
      #expect(try await store.blob(not) == nil)
      #expect(try await store.blobPart(not, offset: 0, count: 1) == nil)
      #expect(try await store.blobLength(not) == nil)
    }
  }

  @Test("the same blobs saved by many at once are saved", arguments: Backend.all)
  func concurrent(backend: Backend) async throws {
    try await backend.withStore { store in
      try await withThrowingTaskGroup { group in
        for _ in 0..<20 {
          group.addTask { _ = try await store.saveBlobs((0..<20).map { bytes("blob \($0)") }) }
        }
        try await group.waitForAll()
      }
      for index in 0..<20 { #expect(try await store.blob(Digest(of: "blob \(index)")) == bytes("blob \(index)")) }
    }
  }
}

@Suite("What was rendered stays known", .timeLimit(.minutes(1)))
struct ContentTests {
  @Test("contents and releases are stored under their digests only", arguments: Backend.all)
  func digests(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.saveContents([appDigest("one"): bytes("one"), appDigest("two"): bytes("two")])
      await refuses(.storeConflict) { try await store.saveContents([appDigest("one"): bytes("two")]) }
      let found = try await store.contents(of: [appDigest("one"), appDigest("three")])
      #expect(found == [appDigest("one"): bytes("one")])

      let forged = ReleaseRecord(
        digest: releaseDigest("r"), app: "shop", commit: "c", canonical: bytes("other"), createdAt: at(0))
      await refuses(.storeConflict) { try await store.saveRelease(forged, trail: .none) }
    }
  }

  @Test("an app's releases are listed from the youngest", arguments: Backend.all)
  func releases(backend: Backend) async throws {
    try await backend.withStore { store in
      func release(_ name: String, _ app: String) -> ReleaseRecord {
        ReleaseRecord(
          digest: releaseDigest(name), app: app, commit: "c", canonical: bytes(name), createdAt: at(0))
      }
      for (name, app) in [("r1", "shop"), ("r2", "db"), ("r3", "shop"), ("r1", "shop")] {
        try await store.saveRelease(release(name, app), trail: .none)
      }
      #expect(try await store.releases(of: "shop", limit: 9) == [release("r3", "shop"), release("r1", "shop")])
      #expect(try await store.releases(of: "shop", limit: 1) == [release("r3", "shop")])
      #expect(try await store.release(releaseDigest("r2")) == release("r2", "db"))
      #expect(try await store.release(releaseDigest("r9")) == nil)
    }
  }

  @Test("a render replaces the one under its key", arguments: Backend.all)
  func renders(backend: Backend) async throws {
    try await backend.withStore { store in
      func render(_ key: String, _ trace: String) -> CachedRender {
        CachedRender(
          key: Digest(of: key), trace: bytes(trace), result: BlobReference(sha256: Digest(of: trace), length: 7))
      }
      try await store.saveRenders([render("a", "1"), render("b", "1")])
      try await store.saveRenders([render("a", "2")])
      #expect(
        try await store.cachedRenders(["a", "b", "c"].map { Digest(of: $0) })
          == [Digest(of: "a"): render("a", "2"), Digest(of: "b"): render("b", "1")])
    }
  }
}
