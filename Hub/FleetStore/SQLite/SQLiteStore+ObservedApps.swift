internal import Digests
public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func observedApps(of cluster: ClusterUID) async throws(FleetError) -> [ObservedApp] {
    try await read { database in
      try database.all("\(ObservedApp.selection) WHERE cluster = ? ORDER BY app", cluster, read: ObservedApp.init)
    }
  }

  public func observedApps(ofApp app: String) async throws(FleetError) -> [ObservedApp] {
    try await read { database in
      try database.all("\(ObservedApp.selection) WHERE app = ? ORDER BY cluster", app, read: ObservedApp.init)
    }
  }

  public func observedApps() async throws(FleetError) -> [ObservedApp] {
    try await read { database in
      try database.all("\(ObservedApp.selection) ORDER BY cluster, app", read: ObservedApp.init)
    }
  }
}

extension ObservedApp {
  fileprivate static let selection = """
    SELECT cluster, app, digest, sync, health, blocking, reason, total, synced, healthy, not_healthy, drift_healed,
    since FROM observed_apps
    """

  fileprivate init(_ columns: inout Columns) throws {
    let cluster: ClusterUID = try columns.next()
    let (name, digest): (String, AppDigest) = (try columns.next(), try columns.next())
    let (sync, health): (Sync, Health) = (try columns.next(), try columns.next())
    let (blocking, reason): (Bool, String) = (try columns.next(), try columns.next())
    let objects = Report.ObjectCounts(
      total: try columns.next(), synced: try columns.next(), healthy: try columns.next())
    let notHealthy: UnhealthyObjects = try columns.next()
    let app = Report.App(
      name: name, appDigest: digest, sync: sync, health: health, blocking: blocking, reason: reason, objects: objects,
      notHealthy: notHealthy.objects, driftHealed: try columns.next())
    self.init(cluster: cluster, app: app, since: try columns.next())
  }
}

/// The objects of an app that are not healthy, in one column.
private struct UnhealthyObjects: Cell {
  var objects: [Report.UnhealthyObject]

  init(_ objects: [Report.UnhealthyObject]) { self.objects = objects }

  init?(cell: DatabaseValue) {
    guard let stored = StoredJSON(cell: cell) else { return nil }
    let read = try? stored.field.array { field throws(FleetError) in
      try field.object { fields throws(FleetError) in
        Report.UnhealthyObject(
          id: try fields.required("id").string(), health: try fields.required("health").choice(Health.self),
          reason: try fields.required("reason").string())
      }
    }
    guard let read else { return nil }
    objects = read
  }

  var cell: DatabaseValue {
    StoredJSON(
      .array(
        objects.map { ["id": .string($0.id), "health": .string($0.health.rawValue), "reason": .string($0.reason)] })
    ).cell
  }
}

extension Database {
  /// Stores what a cluster observed of an app. `since` moves only when the verdict does, and a row that would stay the
  /// same is not written.
  func observe(_ app: Report.App, of cluster: ClusterUID, at now: Timestamp) throws {
    try run(
      """
      INSERT INTO observed_apps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (cluster, app) DO UPDATE SET
      since = CASE WHEN (digest, sync, health, blocking) =
        (excluded.digest, excluded.sync, excluded.health, excluded.blocking) THEN since ELSE excluded.since END,
      digest = excluded.digest, sync = excluded.sync, health = excluded.health, blocking = excluded.blocking,
      reason = excluded.reason, total = excluded.total, synced = excluded.synced, healthy = excluded.healthy,
      not_healthy = excluded.not_healthy, drift_healed = excluded.drift_healed
      WHERE (digest, sync, health, blocking, reason, total, synced, healthy, not_healthy, drift_healed) <>
        (excluded.digest, excluded.sync, excluded.health, excluded.blocking, excluded.reason, excluded.total,
        excluded.synced, excluded.healthy, excluded.not_healthy, excluded.drift_healed)
      """, cluster, app.name, app.appDigest, app.sync, app.health, app.blocking, app.reason, app.objects.total,
      app.objects.synced, app.objects.healthy, UnhealthyObjects(app.notHealthy), app.driftHealed, now)
  }
}
