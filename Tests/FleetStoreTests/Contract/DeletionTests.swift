import FleetModel
import FleetStore
import Testing

@Suite("What clusters lose that is guarded is remembered", .timeLimit(.minutes(1)))
struct DeletionTests {
  private let objects = [
    GuardedDeletion(object: "/Namespace//shop", reason: "deleting a namespace deletes everything in it"),
    GuardedDeletion(object: "/PersistentVolumeClaim/shop/data", reason: "deleting a volume claim can delete its data"),
  ]

  @Test("by cluster, content and commit, until there is nothing left of it", arguments: Backend.all)
  func remembered(backend: Backend) async throws {
    try await backend.withStore { store async throws in
      let uid = try await store.register("fra-1")
      let (one, two) = (
        Takeover(cluster: uid, digest: appDigest("one"), commit: "c1"),
        Takeover(cluster: uid, digest: appDigest("two"), commit: "c1")
      )
      try await store.saveGuardedDeletions([one: objects, two: [objects[0]]])
      try await store.saveGuardedDeletions([one: [objects[1]], two: []])
      try await store.saveGuardedDeletions([:])
    } afterReopening: { store async throws in
      let uid = try uid("u-fra-1")
      let (one, two) = (
        Takeover(cluster: uid, digest: appDigest("one"), commit: "c1"),
        Takeover(cluster: uid, digest: appDigest("two"), commit: "c1")
      )
      #expect(try await store.guardedDeletions(of: [one, two]) == [one: [objects[1]]])
      #expect(try await store.guardedDeletions(of: []).isEmpty)
      let later = Takeover(cluster: uid, digest: appDigest("one"), commit: "c2")
      #expect(try await store.guardedDeletions(of: [later]).isEmpty)
    }
  }
}
