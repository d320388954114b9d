import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("What could not be stored is not trusted")
struct StorageFailureTests {
  /// A rotation of every key and new versions of every role: the refresh with the most writes.
  private func rotated() async throws -> (TestClient, Published) {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let (online, signer) = (try PrivateKey.generate(.ed25519), try PrivateKey.generate(.ed25519))
    (repository.timestamp.keys, repository.timestamp.signers) = ([online], [online])
    (repository.snapshot.keys, repository.snapshot.signers) = ([online], [online])
    (repository.targets.keys, repository.targets.signers) = ([signer], [signer])
    repository.root.version = 2
    repository.next()
    let published = try repository.publish()
    client.source.publish(published)
    return (client, published)
  }

  @Test("whichever write fails, trust is what a restart would find, and the next refresh recovers")
  func everyWriteFails() async throws {
    var failures = 0
    for allowed in 0... {
      var (client, published) = try await rotated()
      client.storage.failAfter(allowed)
      let refusal = try await client.refused()
      guard let refusal else { break }
      failures += 1
      #expect(refusal == MemoryStorage.full)
      client.storage.failAfter(nil)
      let inMemory = client.versions
      var restarted = client
      try restarted.restart()
      // A root that is stored is trusted after a restart, though the removals after it failed.
      for (memory, disk) in zip(inMemory, restarted.versions) {
        #expect(memory <= disk || disk == 0, "after \(allowed) writes")
      }
      try await restarted.refresh()
      #expect(restarted.versions == [2, 2, 2, 2])
      try await client.refresh()
      #expect(client.versions == [2, 2, 2, 2])
      #expect(client.storage.files[.targets] == published.targets)
    }
    // root, three removals, timestamp, snapshot, targets.
    #expect(failures == 7)
  }

  @Test("a version that is reported is one that a restart remembers")
  func reportedVersionsAreDurable() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.next()
    client.source.publish(try repository.publish())
    for allowed in 0..<3 {
      client.storage.failAfter(allowed)
      _ = try await client.refused()
      let reported = client.versions
      try client.restart()
      #expect(client.versions == reported)
    }
  }

  @Test("a first root that cannot be stored makes no client")
  func firstRoot() throws {
    let published = try TestRepository().publish()
    let storage = MemoryStorage()
    storage.failAfter(0)
    let error = try refusal {
      _ = try MetadataClient(
        first: try RootMetadata(trusting: published.root, digest: .init(of: published.root)), fleet: "acme",
        cluster: TestRepository.cluster, storage: storage)
    }
    #expect(error == MemoryStorage.full)
  }
}
