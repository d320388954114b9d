import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A refresh asks for what it needs, in TUF's order")
struct RefreshTests {
  @Test("the first refresh asks for the next root, timestamp, snapshot and targets")
  func firstRefresh() async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    let isNew = try await client.refresh()
    #expect(isNew)
    #expect(client.source.takeRequests() == ["2.root", "timestamp", "1.snapshot", "1.targets"])
  }

  @Test("when nothing changed only root and timestamp are asked for, also after a restart")
  func unchanged() async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    try client.restart()
    _ = client.source.takeRequests()
    let isNew = try await client.refresh()
    #expect(!isNew)
    #expect(client.source.takeRequests() == ["2.root", "timestamp"])
  }

  @Test("a fresh timestamp of the same snapshot brings nothing new but itself")
  func freshTimestamp() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    _ = client.source.takeRequests()
    repository.timestamp.version = 2
    client.source.publish(try repository.publish())
    let isNew = try await client.refresh()
    #expect(!isNew)
    #expect(client.source.takeRequests() == ["2.root", "timestamp"])
    #expect(client.versions == [1, 2, 1, 1])
  }

  @Test("going on from storage makes no requests, and fails without a root")
  func restoring() async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    _ = client.source.takeRequests()
    try client.restart()
    #expect(client.source.takeRequests().isEmpty)
    #expect(client.versions == [1, 1, 1, 1])
    try client.storage.remove(.root)
    let error = try refusal { try client.restart() }
    #expect(error?.code == .invalidMetadata)
  }

  @Test("files are stored byte for byte as they came")
  func verbatim() async throws {
    let repository = try TestRepository()
    var published = try repository.publish()
    published.timestamp = Array(" \n\t".utf8) + published.timestamp + Array("\n\n".utf8)
    var client = try TestClient(published)
    try await client.refresh()
    for role in MetadataRole.allCases { #expect(client.storage.files[role] == published[role]) }
  }

  @Test("a hub that has published nothing yet, and one that lost a file, are told apart")
  func missingFiles() async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    client.source.set("1.targets", nil)
    let lost = try await client.refused()
    #expect(lost?.code == .invalidMetadata)
    #expect(lost?.message == "the hub has no targets 1")
    #expect(client.versions == [1, 1, 1, 0])
    client.source.set("timestamp", nil)
    let empty = try await client.refused()
    #expect(empty?.code == .nothingPublished)
  }

  @Test("a refused file leaves what was accepted before it, and the next refresh goes on from there")
  func goesOn() async throws {
    let repository = try TestRepository()
    let published = try repository.publish()
    var client = try TestClient(published)
    client.source.set("1.snapshot", [])
    let error = try await client.refused()
    #expect(error != nil)
    client.source.publish(published)
    _ = client.source.takeRequests()
    let isNew = try await client.refresh()
    #expect(isNew)
    #expect(client.source.takeRequests() == ["2.root", "timestamp", "1.snapshot", "1.targets"])
  }

  @Test("stored metadata that a change of keys made worthless is fetched anew")
  func keysChangedWhileAway() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let online = try PrivateKey.generate(.ed25519)
    (repository.timestamp.keys, repository.timestamp.signers) = ([online], [online])
    (repository.snapshot.keys, repository.snapshot.signers) = ([online], [online])
    repository.root.version = 2
    client.source.publish(try repository.publish())
    try await client.refresh()
    #expect(client.versions == [2, 1, 1, 1])
  }
}
