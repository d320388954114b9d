import FleetModel
import FleetStore
import Testing

@Suite("The store knows its fleet", .timeLimit(.minutes(1)))
struct IdentityTests {
  let acme = FleetIdentity(name: "acme", epoch: 1, createdAt: at(0))

  @Test("a new store belongs to no fleet", arguments: Backend.all)
  func new(backend: Backend) async throws {
    try await backend.withStore { store async throws in
      #expect(try await store.fleetIdentity() == nil)
      #expect(try await store.hubSetting("certificate") == nil)
    }
  }

  @Test("it belongs to one fleet for good", arguments: Backend.all)
  func established(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.establishFleet(acme, trail: .none)
      try await store.establishFleet(acme, trail: .none)
      var other = acme
      other.epoch = 2
      await refuses(.storeConflict) { try await store.establishFleet(other, trail: .none) }
    } afterReopening: { store async throws in
      #expect(try await store.fleetIdentity() == acme)
    }
  }

  @Test("a value of the hub is set, replaced and removed", arguments: Backend.all)
  func settings(backend: Backend) async throws {
    try await backend.withStore { store in
      try await store.setHubSetting("certificate", to: bytes("one"), trail: .none)
      try await store.setHubSetting("certificate", to: bytes("two"), trail: .none)
      try await store.setHubSetting("empty", to: [], trail: .none)
      try await store.setHubSetting("gone", to: bytes("x"), trail: .none)
      try await store.setHubSetting("gone", to: nil, trail: .none)
    } afterReopening: { store async throws in
      #expect(try await store.hubSetting("certificate") == bytes("two"))
      #expect(try await store.hubSetting("empty") == [])
      #expect(try await store.hubSetting("gone") == nil)
    }
  }
}
