internal import GRDB
internal import Manifests

/// The tables, version by version. A version that was released is never edited; a change is a new one.
enum Schema {
  private static let versions: [(name: String, script: String)] = [
    ("1", version1), ("2", version2), ("3", version3), ("4", version4),
  ]

  /// Refuses a database that is beyond the last version, without a change to it.
  static func refuseNewer(_ path: String) throws {
    // Opening a database to write changes it already.
    var configuration = Configuration()
    configuration.readonly = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let isNewer = try queue.read(migrator().hasBeenSuperseded)
    try queue.close()
    guard !isNewer else {
      throw FleetError(
        .storeNewer, "the database was written by a newer flotilla-hub than this one",
        at: FleetError.Address(file: path), nextStep: "start that version or a later one; there is no way back")
    }
  }

  /// Brings a database up to the last version.
  static func update(_ pool: DatabasePool) throws { try migrator().migrate(pool) }

  private static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    for version in versions {
      migrator.registerMigration(version.name) { database in try database.execute(sql: version.script) }
    }
    return migrator
  }
}
