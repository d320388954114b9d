import Digests
import FleetModel
import FleetStore
import Testing

@Suite("What is not needed any longer can be found and forgotten", .timeLimit(.minutes(1)))
struct CollectionTests {
  @Test("blobs are listed, and those that are removed are gone for good", arguments: Backend.all)
  func blobs(backend: Backend) async throws {
    try await backend.withStore { store async throws in
      let saved = try await store.saveBlobs(["a", "bb", "ccc"].map(bytes))
      #expect(try await store.storedBlobs() == Set(saved))
      let unknown = Digest(of: "unknown")
      #expect(try await store.removeBlobs([saved[0], unknown, saved[2]]) == 4)
      #expect(try await store.removeBlobs([saved[0]]) == 0)
    } afterReopening: { store async throws in
      #expect(try await store.storedBlobs() == [Digest(of: "bb")])
      #expect(try await store.blob(Digest(of: "a")) == nil)
      // What comes back is there again.
      _ = try await store.saveBlobs([bytes("a")])
      #expect(try await store.blob(Digest(of: "a")) == bytes("a"))
    }
  }

  @Test("releases are found by their age, and the youngest of each app whatever their age", arguments: Backend.all)
  func releases(backend: Backend) async throws {
    func release(_ app: String, _ number: Int64) throws -> ReleaseRecord {
      let release = Release(app: app, commit: "c\(number)", clusters: [try uid("fra-1"): appDigest("\(app) \(number)")])
      return ReleaseRecord(
        digest: release.digest, app: app, commit: release.commit, canonical: release.canonicalBytes,
        createdAt: at(number))
    }
    try await backend.withStore { store in
      let web = try (1...4).map { try release("web", $0) }
      let old = try release("old", 0)
      for record in [old] + web { try await store.saveRelease(record, trail: .none) }
      #expect(Set(try await store.releases(since: at(3), andOfEachApp: 0)) == Set(web.suffix(2).map(\.digest)))
      #expect(Set(try await store.releases(since: at(99), andOfEachApp: 1)) == [old.digest, web[3].digest])
      #expect(
        Set(try await store.releases(since: at(4), andOfEachApp: 2)) == [old.digest, web[2].digest, web[3].digest])
      #expect(try await store.releases(since: at(99), andOfEachApp: -1).isEmpty)
    }
  }

  @Test("renders are listed by their keys, and those that are removed are not remembered", arguments: Backend.all)
  func renders(backend: Backend) async throws {
    func render(_ name: String) -> CachedRender {
      CachedRender(
        key: Digest(of: name), trace: bytes("trace"), result: BlobReference(sha256: Digest(of: "x"), length: 1))
    }
    try await backend.withStore { store in
      try await store.saveRenders(["a", "b", "c"].map(render))
      let keys = ["a", "b", "c"].map { Digest(of: $0) }
      #expect(try await store.renderKeys() == Set(keys))
      try await store.removeRenders([keys[0], keys[2], Digest(of: "unknown")])
      #expect(try await store.renderKeys() == [keys[1]])
      #expect(Set(try await store.cachedRenders(keys).keys) == [keys[1]])
    }
  }

  @Test("what bundles name that are kept is known", arguments: Backend.all)
  func bundles(backend: Backend) async throws {
    try await backend.withStore { store in
      #expect(try await store.blobsOfBundles().isEmpty)
      let fra = try await store.register("fra-1")
      var all: Set<Digest> = []
      for number in 0..<(PublicationLimits.keptBundles + 2) {
        let blobs = Set(["one \(number)", "two \(number)"].map { Digest(of: $0) })
        _ = try await store.publishNext(fra, blobs: blobs)
        if number >= 2 { all.formUnion(blobs) }
      }
      #expect(try await store.blobsOfBundles() == all)
    }
  }
}
