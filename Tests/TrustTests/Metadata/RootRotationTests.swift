import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Roots follow one another, each signed by the one before and by itself (TUF 5.3)")
struct RootRotationTests {
  /// The keys that sign a next root, by what they belong to.
  enum Signers: CaseIterable { case old, new, both }

  @Test("a next root needs the old keys and the new ones", arguments: Signers.allCases)
  func bothThresholds(signers: Signers) async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    let (old, new) = (repository.root.keys, [try PrivateKey.generate(.ed25519)])
    repository.root.keys = new
    repository.root.version = 2
    repository.root.signers = signers == .old ? old : signers == .new ? new : old + new
    client.source.publish(try repository.publish())
    let code = try await client.refused()?.code
    #expect(code == (signers == .both ? nil : .badSignature))
    #expect(client.versions[0] == (signers == .both ? 2 : 1))
  }

  @Test("a raised threshold binds the root that raises it, a lowered one still needs the old")
  func thresholdChanges() async throws {
    let keys = try (0..<3).map { _ in try PrivateKey.generate(.ed25519) }
    for (before, after, signers, isTaken) in [(1, 2, 1, false), (1, 2, 2, true), (2, 1, 1, false), (2, 1, 2, true)] {
      var repository = try TestRepository()
      (repository.root.keys, repository.root.signers, repository.root.threshold) = (keys, keys, before)
      var client = try TestClient(try repository.publish())
      repository.root.threshold = after
      repository.root.signers = Array(keys.prefix(signers))
      repository.root.version = 2
      client.source.publish(try repository.publish())
      let refusal = try await client.refused()
      #expect((refusal == nil) == isTaken, "\(before) → \(after) with \(signers)")
    }
  }

  @Test("a version is neither skipped nor repeated nor taken back", arguments: [Int64(1), 3, 4])
  func versionsFollow(version: Int64) async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    repository.root.version = version
    client.source.set("2.root", try repository.publish().root)
    let code = try await client.refused()?.code
    #expect(code == .rollbackAttack)
    #expect(client.versions[0] == 1)
  }

  @Test("a client that was away follows every root in between, and expiry matters only for the last")
  func chainOfRoots() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    for version in Int64(2)...5 {
      let old = repository.root.keys
      repository.root.keys = [try PrivateKey.generate(.ed25519)]
      repository.root.signers = old + repository.root.keys
      repository.root.version = version
      repository.root.expires = TestRepository.now + .seconds(version < 5 ? -60 : 60)
      client.source.publish(try repository.publish())
    }
    try await client.refresh()
    #expect(client.versions == [5, 1, 1, 1])
    #expect(client.source.takeRequests().prefix(6) == ["2.root", "3.root", "4.root", "5.root", "6.root", "timestamp"])
  }

  @Test("an expired last root is kept and stops the refresh before anything else is asked for")
  func expiredLastRoot() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    repository.root.version = 2
    repository.root.expires = TestRepository.now
    let next = try repository.publish()
    client.source.publish(next)
    let code = try await client.refused()?.code
    #expect(code == .expiredMetadata)
    #expect(client.storage.files[.root] == next.root)
    #expect(client.source.takeRequests() == ["2.root", "3.root"])
  }

  @Test("one refresh follows so many rotations and no more; the next goes on")
  func boundedRotations() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    let last = Int64(MetadataJSON.Limits.rootRotations) + 3
    for version in 2...last {
      repository.root.version = version
      client.source.set("\(version).root", try repository.publish().root)
    }
    try await client.refresh()
    #expect(client.versions[0] == last - 2)
    try await client.refresh()
    #expect(client.versions[0] == last)
  }

  @Test("the epoch never shrinks")
  func epochNeverShrinks() async throws {
    var repository = try TestRepository()
    repository.epoch = 4
    var client = try TestClient(try repository.publish())
    repository.epoch = 3
    repository.root.version = 2
    client.source.publish(try repository.publish())
    let code = try await client.refused()?.code
    #expect(code == .rollbackAttack)
    #expect(client.client.view.root.epoch == 4)
  }

  @Test("a root without keys for one of the four roles is refused", arguments: MetadataRole.allCases)
  func missingRole(role: MetadataRole) throws {
    var repository = try TestRepository()
    repository.root.bend = { root in
      let kept = root["roles"]?.object?.entries.filter { $0.key != role.rawValue } ?? []
      root["roles"] = .object(Object(uniqueEntries: kept))
    }
    let error = try refusal { _ = try repository.trusted() }
    #expect(error?.code == .invalidMetadata)
    #expect(error?.message.contains(role.rawValue) == true)
  }

  @Test("a first root that is not the pinned one, or that its own keys did not sign, is refused")
  func firstRoot() throws {
    var repository = try TestRepository()
    let root = try repository.publish().root
    let unpinned = try refusal { _ = try RootMetadata(trusting: root, digest: Digest(of: "another")) }
    #expect(unpinned?.code == .contentMismatch)
    repository.root.signers = repository.targets.keys
    let unsigned = try refusal { _ = try repository.trusted() }
    #expect(unsigned?.code == .badSignature)
  }

  @Test("the root says whether files are asked for by version; without a word the newest is")
  func consistentSnapshot() async throws {
    var repository = try TestRepository()
    repository.root.bend = { $0["consistent_snapshot"] = false }
    let published = try repository.publish()
    var client = try TestClient(published)
    client.source.set("snapshot", published.snapshot)
    client.source.set("targets", published.targets)
    try await client.refresh()
    #expect(client.source.takeRequests() == ["2.root", "timestamp", "snapshot", "targets"])
  }
}
