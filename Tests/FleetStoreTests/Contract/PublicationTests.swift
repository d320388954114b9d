import Digests
import FleetModel
import FleetStore
import Testing

@Suite("A version of signed metadata has one content for ever", .timeLimit(.minutes(1)))
struct PublicationTests {
  @Test("the first publication has version 1 of everything", arguments: Backend.all)
  func first(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      #expect(try await store.publication(of: uid) == nil)
      #expect(try await store.metadata(of: uid, .timestamp, version: nil) == nil)
      let versions = try await store.publishNext(uid, content: "a", blobs: [Digest(of: "x")], at: 7)
      #expect(versions == PublicationVersions(targets: 1, snapshot: 1, timestamp: 1, bundleSeq: 1, prevSeq: 0))
    } afterReopening: { store in
      let uid = try uid("u-fra-1")
      let bundle = Digest(of: "bundle 1 a")
      let record = PublicationRecord(
        cluster: uid, versions: PublicationVersions(targets: 1, snapshot: 1, timestamp: 1, bundleSeq: 1, prevSeq: 0),
        bundle: bundle, timestampAt: at(7), targetsAt: at(7))
      #expect(try await store.publication(of: uid) == record)
      #expect(try await store.publications() == [record])
      #expect(try await store.metadata(of: uid, .timestamp, version: nil) == bytes("timestamp 1 a"))
      #expect(try await store.metadata(of: uid, .targets, version: 1) == bytes("targets 1 a"))
      #expect(try await store.metadata(of: uid, .targets, version: 2) == nil)
      #expect(try await store.bundle(of: uid, bundle) == bytes("bundle 1 a"))
      #expect(try await store.readableBlobs(of: uid) == [Digest(of: "x")])
    }
  }

  @Test("a publication renews no more than it says", arguments: Backend.all)
  func extents(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      for extent in [PublicationExtent.targets, .timestamp] {
        await refuses(.storeConflict) { _ = try await store.allocateVersions([uid: extent]) }
      }
      try await store.publishNext(uid, at: 1)
      try await store.publishNext(uid, .timestamp, at: 2)
      let renewed = try await store.publishNext(uid, .targets, at: 3)
      #expect(renewed == PublicationVersions(targets: 2, snapshot: 2, timestamp: 3, bundleSeq: 1, prevSeq: 0))
      let touched = try await store.publishNext(uid, .timestamp, at: 4)
      #expect(touched == PublicationVersions(targets: 2, snapshot: 2, timestamp: 4, bundleSeq: 1, prevSeq: 0))
      let record = try #require(try await store.publication(of: uid))
      #expect(record.timestampAt == at(4))
      #expect(record.targetsAt == at(3))
      #expect(record.bundle == Digest(of: "bundle 1 a"))
      let next = try await store.publishNext(uid)
      #expect(next == PublicationVersions(targets: 3, snapshot: 3, timestamp: 5, bundleSeq: 2, prevSeq: 1))
    }
  }

  @Test(
    "after a restore every version is far ahead, and what is published is known to be overtaken", arguments: Backend.all
  )
  func setAhead(backend: Backend) async throws {
    try await backend.withStore { store in
      let (uid, other) = (try await store.register("fra-1"), try await store.register("fra-2"))
      try await store.publishNext(uid)
      #expect(try await store.overtakenPublications() == [])
      try await store.setVersionsAhead(by: 1000, trail: Trail(audit: [entry("hub.restore")]))
      #expect(try await store.overtakenPublications() == [uid])
      let next = try await store.publishNext(uid)
      #expect(
        next == PublicationVersions(targets: 1002, snapshot: 1002, timestamp: 1002, bundleSeq: 1002, prevSeq: 1))
      #expect(try await store.publishNext(other).bundleSeq == 1001)
      #expect(try await store.overtakenPublications() == [])
      _ = try await store.recordReport(report(uid, seq: 1, trusted: 1003, bundleSeq: 1002))
      #expect(try await store.overtakenPublications() == [uid])
      #expect(try await store.auditRecords(AuditQuery()).map(\.content.action) == ["hub.restore"])
    }
  }

  @Test("versions are allocated once, also to many at once and when they are lost", arguments: Backend.all)
  func allocation(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let allocated = try await withThrowingTaskGroup(of: PublicationVersions?.self) { group in
        for _ in 0..<200 { group.addTask { try await store.allocateVersions([uid: .bundle])[uid] } }
        return try await group.reduce(into: []) { $0.append($1) }
      }.compactMap { $0 }
      #expect(Set(allocated.map(\.targets)) == Set(1...200))
      #expect(Set(allocated.map(\.timestamp)) == Set(1...200))
      #expect(Set(allocated.map(\.bundleSeq)) == Set(1...200))
    } afterReopening: { store in
      let versions = try await store.publishNext(try uid("u-fra-1"))
      #expect(versions == PublicationVersions(targets: 201, snapshot: 201, timestamp: 201, bundleSeq: 201, prevSeq: 0))
    }
  }

  @Test("versions that an agent reports to trust are not used again", arguments: Backend.all)
  func reported(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.publishNext(uid)
      _ = try await store.recordReport(report(uid, seq: 1, trusted: 90, bundleSeq: 42))
      let versions = try await store.publishNext(uid)
      #expect(versions == PublicationVersions(targets: 91, snapshot: 91, timestamp: 91, bundleSeq: 43, prevSeq: 1))
    }
  }

  @Test("a report of absurd versions does not use up the numbers", arguments: Backend.all)
  func absurd(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      _ = try await store.recordReport(report(uid, seq: 1, trusted: .max, bundleSeq: .max))
      _ = try await store.recordReport(report(uid, seq: 2, trusted: .min, bundleSeq: .min))
      #expect(try await store.publishNext(uid).timestamp == 1)
    }
  }

  @Test("what was not allocated is not published", arguments: Backend.all)
  func notAllocated(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let invented = PublicationVersions(targets: 1, snapshot: 1, timestamp: 1, bundleSeq: 1, prevSeq: 0)
      await refuses(.storeConflict) { try await store.publish([signedView(uid, invented)], at: at(0), trail: .none) }
      #expect(try await store.publication(of: uid) == nil)
    }
  }

  @Test("other content under published versions is refused, the same is fine", arguments: Backend.all)
  func twice(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let versions = try await store.publishNext(uid, content: "a", at: 1)
      try await store.publish([signedView(uid, versions, content: "a")], at: at(2), trail: .none)
      #expect(try await store.publication(of: uid)?.timestampAt == at(1))
      let other = signedView(uid, versions, content: "b")
      await refuses(.storeConflict) { try await store.publish([other], at: at(2), trail: .none) }
      var onlyBundle = signedView(uid, versions, content: "a")
      onlyBundle.bundle = other.bundle
      await refuses(.storeConflict) { try await store.publish([onlyBundle], at: at(2), trail: .none) }
      #expect(try await store.metadata(of: uid, .targets, version: 1) == bytes("targets 1 a"))
    }
  }

  @Test("a publication that was overtaken is refused", arguments: Backend.all)
  func overtaken(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      try await store.publishNext(uid)
      let slow = try #require(try await store.allocateVersions([uid: .bundle])[uid])
      let slowTouch = try #require(try await store.allocateVersions([uid: .timestamp])[uid])
      try await store.publishNext(uid)
      for late in [signedView(uid, slow), signedView(uid, slowTouch, extent: .timestamp)] {
        await refuses(.storeConflict) { try await store.publish([late], at: at(0), trail: .none) }
      }
    }
  }

  @Test("a publication without the roles that belong together is refused", arguments: Backend.all)
  func incomplete(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      let versions = try #require(try await store.allocateVersions([uid: .bundle])[uid])
      for role in ViewRole.allCases {
        var part = signedView(uid, versions)
        part.metadata[role] = nil
        await refuses(.storeConflict) { try await store.publish([part], at: at(0), trail: .none) }
      }
      var noBundle = signedView(uid, versions)
      noBundle.bundle = nil
      await refuses(.storeConflict) { try await store.publish([noBundle], at: at(0), trail: .none) }
    }
  }

  @Test("of several publications all are made or none", arguments: Backend.all)
  func batch(backend: Backend) async throws {
    try await backend.withStore { store in
      let (one, two) = (try await store.register("fra-1"), try await store.register("fra-2"))
      let versions = try await store.allocateVersions([one: .bundle, two: .bundle])
      let good = signedView(one, try #require(versions[one]))
      var bad = signedView(two, try #require(versions[two]))
      bad.versions.timestamp += 1
      let trail = Trail(events: [event("Published")])
      await refuses(.storeConflict) { try await store.publish([good, bad], at: at(0), trail: trail) }
      #expect(try await store.publications() == [])
      #expect(try await store.events(EventQuery()).isEmpty)
      bad.versions.timestamp -= 1
      try await store.publish([good, bad], at: at(0), trail: trail)
      #expect(try await store.publications().map(\.cluster) == [one, two])
      #expect(try await store.events(EventQuery()).count == 1)
    }
  }

  @Test("an agent in the middle of a walk still finds what it began with", arguments: Backend.all)
  func recentViews(backend: Backend) async throws {
    try await backend.withStore { store in
      let (uid, other) = (try await store.register("fra-1"), try await store.register("fra-2"))
      try await store.publishNext(other)
      for index in 1...20 { try await store.publishNext(uid, blobs: [Digest(of: "blob \(index)")]) }
      let oldest = Int64(20 - PublicationLimits.keptViews + 1)
      for role in ViewRole.allCases {
        #expect(try await store.metadata(of: uid, role, version: oldest) == bytes("\(role.rawValue) \(oldest) a"))
        #expect(try await store.metadata(of: uid, role, version: oldest - 1) == nil)
      }
      let kept = (20 - PublicationLimits.keptBundles + 1)...20
      #expect(try await store.readableBlobs(of: uid) == Set(kept.map { Digest(of: "blob \($0)") }))
      #expect(try await store.bundle(of: uid, Digest(of: "bundle \(kept.lowerBound) a")) != nil)
      #expect(try await store.bundle(of: uid, Digest(of: "bundle \(kept.lowerBound - 1) a")) == nil)
      #expect(try await store.metadata(of: other, .targets, version: 1) != nil)
    }
  }

  @Test("one cluster's view is not another's", arguments: Backend.all)
  func views(backend: Backend) async throws {
    try await backend.withStore { store in
      let (one, two) = (try await store.register("fra-1"), try await store.register("fra-2"))
      try await store.publishNext(one, content: "one", blobs: [Digest(of: "x")])
      try await store.publishNext(two, content: "two")
      #expect(try await store.bundle(of: two, Digest(of: "bundle 1 one")) == nil)
      #expect(try await store.readableBlobs(of: two) == [])
      #expect(try await store.metadata(of: two, .targets, version: nil) == bytes("targets 1 two"))
      let nobody = try uid("nobody")
      await refuses(.clusterUnknown) { _ = try await store.allocateVersions([nobody: .bundle]) }
    }
  }

  @Test(
    "a view is whole: what is published now, the roots that follow, and what is new in its bundle",
    arguments: Backend.all)
  func view(backend: Backend) async throws {
    try await backend.withStore { store in
      let uid = try await store.register("fra-1")
      #expect(try await store.view(of: uid, after: 0, held: nil) == nil)
      #expect(try await store.publishedBundle(of: uid) == nil)
      try await store.publishNext(uid, blobs: [Digest(of: "x"), Digest(of: "y")])
      try await store.publishNext(uid, blobs: [Digest(of: "y"), Digest(of: "z")])
      for version in 1...(Int64(PublicationLimits.rootsAtOnce) + 3) {
        try await store.saveRoot(bytes("root \(version)"), version: version, trail: .none)
      }
      let record = try #require(try await store.publication(of: uid))
      let view = try #require(try await store.view(of: uid, after: 1, held: Digest(of: "bundle 1 a")))
      #expect(view.record == record)
      #expect(
        view.metadata == [
          .targets: bytes("targets 2 a"), .snapshot: bytes("snapshot 2 a"), .timestamp: bytes("timestamp 2 a"),
        ])
      #expect(view.roots.map(\.version) == Array(2...(Int64(PublicationLimits.rootsAtOnce) + 1)))
      #expect(view.roots.first?.bytes == bytes("root 2"))
      #expect(view.bundle == bytes("bundle 2 a"))
      #expect(view.blobs == [Digest(of: "z")])
      let strange = try await store.view(of: uid, after: .max, held: Digest(of: "no bundle"))
      #expect(strange?.blobs == [Digest(of: "y"), Digest(of: "z")])
      #expect(strange?.roots == [])
      #expect(try await store.publishedBundle(of: uid) == PublishedBundle(record: record, bytes: view.bundle))
      #expect(try await store.bundles(of: uid) == [bytes("bundle 1 a"), bytes("bundle 2 a")])
    }
  }

  @Test("roots follow one another without a gap", arguments: Backend.all)
  func roots(backend: Backend) async throws {
    try await backend.withStore { store in
      #expect(try await store.root(version: nil) == nil)
      await refuses(.storeConflict) { try await store.saveRoot(bytes("2"), version: 2, trail: .none) }
      for version in Int64(1)...3 { try await store.saveRoot(bytes("\(version)"), version: version, trail: .none) }
      try await store.saveRoot(bytes("2"), version: 2, trail: .none)
      await refuses(.storeConflict) { try await store.saveRoot(bytes("x"), version: 3, trail: .none) }
      await refuses(.storeConflict) { try await store.saveRoot(bytes("5"), version: 5, trail: .none) }
    } afterReopening: { store async throws in
      #expect(try await store.root(version: nil) == RootRecord(version: 3, bytes: bytes("3")))
      #expect(try await store.root(version: 1) == RootRecord(version: 1, bytes: bytes("1")))
      #expect(try await store.root(version: 4) == nil)
    }
  }
}
