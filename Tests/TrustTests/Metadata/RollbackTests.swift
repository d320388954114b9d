import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("No role goes back")
struct RollbackTests {
  @Test("an older timestamp is refused and not stored (TUF 5.4.3)")
  func olderTimestamp() async throws {
    var repository = try TestRepository()
    let first = try repository.publish()
    repository.next()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    client.source.publish(first)
    let refusal = try await client.refused()
    #expect(refusal?.code == .rollbackAttack)
    #expect(refusal?.address.file == "timestamp.json")
    #expect(client.versions == [1, 2, 2, 2])
    try client.restart()
    #expect(client.versions == [1, 2, 2, 2])
  }

  @Test("a timestamp of the same version is passed over without a word, whatever it says")
  func equalTimestamp() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let stored = client.storage.files
    repository.snapshot.version = 100
    let other = try repository.publish()
    client.source.set("timestamp", other.timestamp)
    _ = client.source.takeRequests()
    let isNew = try await client.refresh()
    #expect(!isNew)
    #expect(client.source.takeRequests() == ["2.root", "timestamp"])
    #expect(client.storage.files == stored)
  }

  @Test("a newer timestamp that names an older snapshot is refused and not stored (TUF 5.4.3.2)")
  func olderSnapshot() async throws {
    var repository = try TestRepository()
    repository.next()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.timestamp.version = 3
    repository.snapshot.version = 1
    client.source.publish(try repository.publish())
    let refusal = try await client.refused()
    #expect(refusal?.code == .rollbackAttack)
    #expect(refusal?.message.contains("snapshot 1 after 2") == true)
    #expect(client.versions == [1, 2, 2, 2])
  }

  @Test("a newer snapshot that names older targets is refused and not stored (TUF 5.5.5)")
  func olderTargets() async throws {
    var repository = try TestRepository()
    repository.next()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    (repository.timestamp.version, repository.snapshot.version, repository.targets.version) = (3, 3, 1)
    client.source.publish(try repository.publish())
    let refusal = try await client.refused()
    #expect(refusal?.code == .rollbackAttack)
    #expect(refusal?.address.file == "snapshot.json")
    // The timestamp was accepted before the snapshot was refused.
    #expect(client.versions == [1, 3, 2, 2])
  }

  @Test("a role that a snapshot lists never vanishes")
  func vanishedRole() async throws {
    var repository = try TestRepository()
    repository.snapshot.bend = { $0["meta"]?["extra.json"] = ["version": 1] }
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.snapshot.bend = { _ in }
    repository.next()
    client.source.publish(try repository.publish())
    let refusal = try await client.refused()
    #expect(refusal?.code == .rollbackAttack)
    #expect(refusal?.message == "extra.json has vanished")
    #expect(client.versions == [1, 2, 1, 1])
  }

  @Test("names that Swift holds for equal are two names: neither hides that the other has vanished")
  func namesAreBytes() async throws {
    var repository = try TestRepository()
    repository.snapshot.bend = { $0["meta"]?["\u{e9}.json"] = ["version": 1] }
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.snapshot.bend = { $0["meta"]?["e\u{301}.json"] = ["version": 1] }
    repository.next()
    client.source.publish(try repository.publish())
    let code = try await client.refused()?.code
    #expect(code == .rollbackAttack)
  }

  @Test("a stored timestamp counts against rollback also after it has expired, and after a restart")
  func expiredLocalTimestamp() async throws {
    var repository = try TestRepository()
    repository.timestamp.version = 5
    repository.root.expires = TestRepository.now + .seconds(365 * 86_400)
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    try client.restart()
    repository.timestamp.version = 4
    let later = repository.timestamp.expires + .seconds(86_400)
    repository.timestamp.expires = later + .seconds(86_400)
    client.source.publish(try repository.publish())
    let code = try await client.refused(at: later)?.code
    #expect(code == .rollbackAttack)
    #expect(client.versions[1] == 5)
  }
}

@Suite("A thief who drove versions up is shaken off by new keys (TUF 5.3.11)")
struct FastForwardRecoveryTests {
  /// A view whose versions are far ahead, and what a client knows that has seen it.
  private func attacked() async throws -> (TestRepository, TestClient) {
    var repository = try TestRepository()
    (repository.timestamp.version, repository.snapshot.version, repository.targets.version) = (900, 900, 900)
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    (repository.timestamp.version, repository.snapshot.version, repository.targets.version) = (2, 2, 2)
    repository.root.version = 2
    return (repository, client)
  }

  @Test("without new keys the lower versions are refused")
  func withoutRotation() async throws {
    var (repository, client) = try await attacked()
    client.source.publish(try repository.publish())
    let code = try await client.refused()?.code
    #expect(code == .rollbackAttack)
    repository.root.version = 3
    client.source.publish(try repository.publish())
    let again = try await client.refused()?.code
    #expect(again == .rollbackAttack)
  }

  @Test("a new online key lets timestamp and snapshot begin anew, and the targets with them")
  func onlineKey() async throws {
    var (repository, client) = try await attacked()
    let online = try PrivateKey.generate(.ed25519)
    (repository.timestamp.keys, repository.timestamp.signers) = ([online], [online])
    (repository.snapshot.keys, repository.snapshot.signers) = ([online], [online])
    client.source.publish(try repository.publish())
    try await client.refresh()
    #expect(client.versions == [2, 2, 2, 2])
  }

  @Test("a new key of the snapshot alone is enough to take a lower one")
  func snapshotKeyAlone() async throws {
    var (repository, client) = try await attacked()
    let key = try PrivateKey.generate(.ed25519)
    (repository.snapshot.keys, repository.snapshot.signers) = ([key], [key])
    repository.timestamp.version = 901
    client.source.publish(try repository.publish())
    try await client.refresh()
    #expect(client.versions == [2, 901, 2, 2])
  }

  @Test("what is dropped is dropped from the disk too, after the root is stored")
  func droppedFromStorage() async throws {
    var (repository, client) = try await attacked()
    let online = try PrivateKey.generate(.ed25519)
    (repository.timestamp.keys, repository.timestamp.signers) = ([online], [online])
    (repository.snapshot.keys, repository.snapshot.signers) = ([online], [online])
    let before = client.storage.writes.count
    client.source.publish(try repository.publish())
    try await client.refresh()
    #expect(
      client.storage.writes.dropFirst(before)
        == [
          "store root", "remove timestamp", "remove snapshot", "store timestamp", "store snapshot", "store targets",
        ])
  }

  @Test("targets that a replaced key signed are no longer trusted")
  func targetsKey() async throws {
    var (repository, client) = try await attacked()
    let key = try PrivateKey.generate(.ed25519)
    (repository.targets.keys, repository.targets.signers) = ([key], [key])
    let root = try repository.publish().root
    client.source.set("2.root", root)
    let refusal = try await client.refused()
    // The hub published nothing that the new key signed: the old targets do not pass for it.
    #expect(refusal?.code == .badSignature)
    #expect(client.versions == [2, 900, 900, 0])
    try client.restart()
    #expect(client.client.view.targets == nil)
  }
}
