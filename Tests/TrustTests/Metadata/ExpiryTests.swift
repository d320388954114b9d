import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("Nothing that has expired is taken, at a now that is fixed for the whole refresh")
struct ExpiryTests {
  @Test(
    "an expired file is refused and not stored; what came before it is",
    arguments: [MetadataRole.timestamp, .snapshot, .targets])
  func expired(role: MetadataRole) async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.next()
    let expected: [Int64]
    switch role {
    case .timestamp: (repository.timestamp.expires, expected) = (TestRepository.now, [1, 1, 1, 1])
    case .snapshot: (repository.snapshot.expires, expected) = (TestRepository.now, [1, 2, 1, 1])
    default: (repository.targets.expires, expected) = (TestRepository.now, [1, 2, 2, 1])
    }
    repository.issuedAt = TestRepository.now - .seconds(60)
    client.source.publish(try repository.publish())
    let refusal = try await client.refused()
    #expect(refusal?.code == .expiredMetadata)
    #expect(refusal?.address.file == "\(role.rawValue).json")
    #expect(refusal?.nextStep.contains("\(TestRepository.now)") == true)
    #expect(client.versions == expected)
    try client.restart()
    #expect(client.versions == expected)
  }

  @Test("metadata holds to the last millisecond before it expires")
  func lastMoment() async throws {
    var repository = try TestRepository()
    repository.timestamp.expires = TestRepository.now + .seconds(1)
    var client = try TestClient(try repository.publish())
    try await client.refresh(at: TestRepository.now + .milliseconds(999))
    let code = try await client.refused(at: TestRepository.now + .seconds(1))?.code
    #expect(code == .expiredMetadata)
  }

  @Test("an agent that hears nothing newer becomes stale, and keeps what it has")
  func stale() async throws {
    let repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let later = repository.timestamp.expires
    #expect(!client.client.view.isStale(at: TestRepository.now))
    #expect(client.client.view.isStale(at: later))
    let code = try await client.refused(at: later)?.code
    #expect(code == .expiredMetadata)
    #expect(client.versions == [1, 1, 1, 1])
  }

  @Test("an expired stored root gives way to a newer one")
  func expiredLocalRoot() async throws {
    var repository = try TestRepository()
    repository.root.expires = TestRepository.now + .seconds(7 * 86_400)
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let later = TestRepository.now + .seconds(18 * 86_400)
    let code = try await client.refused(at: later)?.code
    #expect(code == .expiredMetadata)
    repository.root.version = 2
    repository.root.expires = TestRepository.now + .seconds(21 * 86_400)
    client.source.publish(try repository.publish())
    try await client.refresh(at: later)
    #expect(client.versions[0] == 2)
  }

  @Test(
    "an instant with fractions, another zone or a missing one is no instant of metadata",
    arguments: [
      "2030-01-01T00:00:00.5Z", "2030-01-01T00:00:00+01:00", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z", "",
    ])
  func malformedInstants(text: String) throws {
    var repository = try TestRepository()
    repository.timestamp.bend = { $0["expires"] = .string(text) }
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.address.field?.hasSuffix("expires") == true)
  }

  @Test("a timestamp issued after it expires is refused: as a time floor it would stop the clock")
  func issuedAfterExpiry() throws {
    var repository = try TestRepository()
    repository.issuedAt = repository.timestamp.expires
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.code == .invalidMetadata)
    #expect(error?.address.field == "x-fleet.issued_at")
    #expect(view.timestamp == nil)
  }
}
