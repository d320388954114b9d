import Digests
import FleetModel
import Manifests
import TestSupport
import Testing
import Trust

@Suite("A view is for one cluster of one fleet (amendment 1)")
struct AudienceTests {
  @Test(
    "the view of another cluster or fleet is refused and leaves no trace",
    arguments: [("acme", "c-2"), ("acmf", "c-1")])
  func foreignView(fleet: String, cluster: String) async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    let stored = client.storage.files
    repository.next()
    (repository.fleet, repository.audience) = (fleet, uid(cluster))
    client.source.publish(try repository.publish())
    let refusal = try await client.refused()
    #expect(refusal?.code == .wrongAudience)
    #expect(refusal?.address.cluster == "c-1")
    #expect(client.versions == [1, 1, 1, 1])
    #expect(client.storage.files == stored)
    // And the own view is still taken.
    (repository.fleet, repository.audience) = ("acme", TestRepository.cluster)
    client.source.publish(try repository.publish())
    try await client.refresh()
    #expect(client.versions == [1, 2, 2, 2])
  }

  @Test("each role names its audience itself", arguments: [MetadataRole.timestamp, .snapshot, .targets])
  func everyRole(role: MetadataRole) throws {
    var repository = try TestRepository()
    let bend: (inout Value) -> Void = { $0["x-fleet"]?["aud"] = "c-2" }
    switch role {
    case .timestamp: repository.timestamp.bend = bend
    case .snapshot: repository.snapshot.bend = bend
    default: repository.targets.bend = bend
    }
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.code == .wrongAudience)
    #expect(error?.address.file == "\(role.rawValue).json")
  }

  @Test(
    "a role without an audience is refused, as plain TUF would have it",
    arguments: ["x-fleet", "aud", "fleet", "issued_at"])
  func missing(field: String) throws {
    var repository = try TestRepository()
    repository.timestamp.bend = { signed in
      if field == "x-fleet" { signed["x-fleet"] = nil } else { signed["x-fleet"]?[field] = nil }
    }
    var view = try repository.trusted()
    let published = try repository.publish()
    let error = try refusal { try view.take(published) }
    #expect(error?.code == .missingField)
    #expect(view.timestamp == nil)
  }

  @Test("the names of fleets are compared by their bytes")
  func fleetByBytes() throws {
    var repository = try TestRepository()
    repository.fleet = "caf\u{e9}"
    let published = try repository.publish()
    var view = TrustedView(
      root: try RootMetadata(trusting: published.root, digest: .init(of: published.root)), fleet: "cafe\u{301}",
      cluster: TestRepository.cluster)
    let error = try refusal { try view.take(published) }
    #expect(error?.code == .wrongAudience)
  }

  @Test("another cluster's metadata in the agent's own storage is passed over")
  func foreignStorage() async throws {
    var repository = try TestRepository()
    var client = try TestClient(try repository.publish())
    try await client.refresh()
    repository.audience = uid("c-2")
    let foreign = try repository.publish()
    for role in [MetadataRole.timestamp, .snapshot, .targets] { try client.storage.store(role, foreign[role]) }
    try client.restart()
    #expect(client.versions == [1, 0, 0, 0])
  }
}
