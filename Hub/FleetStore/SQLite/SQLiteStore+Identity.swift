internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func fleetIdentity() async throws(FleetError) -> FleetIdentity? {
    try await read { try $0.fleetIdentity() }
  }

  public func establishFleet(_ identity: FleetIdentity, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      if let stored = try database.fleetIdentity() {
        guard stored == identity else {
          throw FleetError(.storeConflict, "this is the store of fleet \(stored.name), epoch \(stored.epoch)")
        }
        return
      }
      try database.run(
        "INSERT INTO fleet VALUES (1, ?, ?, ?)", identity.name, identity.epoch, identity.createdAt)
      try database.append(trail)
    }
  }

  public func hubSetting(_ name: String) async throws(FleetError) -> [UInt8]? {
    try await read { try $0.value("SELECT value FROM hub_settings WHERE name = ?", name) }
  }

  public func setHubSetting(_ name: String, to value: [UInt8]?, trail: Trail) async throws(FleetError) {
    try await writes.perform { database in
      if let value {
        try database.run("INSERT OR REPLACE INTO hub_settings VALUES (?, ?)", name, value)
      } else {
        try database.run("DELETE FROM hub_settings WHERE name = ?", name)
      }
      try database.append(trail)
    }
  }
}

extension Database {
  fileprivate func fleetIdentity() throws -> FleetIdentity? {
    try one("SELECT name, epoch, created_at FROM fleet") { columns in
      FleetIdentity(name: try columns.next(), epoch: try columns.next(), createdAt: try columns.next())
    }
  }
}
