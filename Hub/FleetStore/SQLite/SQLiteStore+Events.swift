internal import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func record(_ trail: Trail) async throws(FleetError) {
    try await writes.perform { try $0.append(trail) }
  }

  public func events(_ query: EventQuery) async throws(FleetError) -> [StoredEvent] {
    try await read { try $0.events(query) }
  }
}

extension Database {
  fileprivate func events(_ query: EventQuery) throws -> [StoredEvent] {
    // Two statements, because each has an index to walk in its own direction.
    let selection = "SELECT number, time, kind, cluster, app, release, message FROM events"
    let subject = "coalesce(app || '/' || cluster, app, cluster, '')"
    let filter = """
      (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR cluster = ?3) AND (?4 IS NULL OR app = ?4) \
      AND (?6 IS NULL OR instr(\(subject), ?6) > 0)
      """
    let limit = max(0, query.limit)
    guard let after = query.after else {
      return try all(
        "\(selection) WHERE number > ?1 AND \(filter) ORDER BY number DESC LIMIT ?5", Int64(0), query.kind,
        query.cluster, query.app, limit, query.subject, read: StoredEvent.init
      ).reversed()
    }
    return try all(
      "\(selection) WHERE number > ?1 AND \(filter) ORDER BY number LIMIT ?5", after, query.kind, query.cluster,
      query.app, limit, query.subject, read: StoredEvent.init)
  }

  func append(_ events: [FleetEvent]) throws {
    guard !events.isEmpty else { return }
    for event in events {
      try run(
        "INSERT INTO events (time, kind, cluster, app, release, message) VALUES (?, ?, ?, ?, ?, ?)", event.time,
        event.kind, event.cluster, event.app, event.release, event.message)
    }
    try run("DELETE FROM events WHERE number <= (SELECT MAX(number) FROM events) - ?", EventLimits.kept)
  }
}

extension StoredEvent {
  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      number: try columns.next(),
      event: FleetEvent(
        time: try columns.next(), kind: try columns.next(), cluster: try columns.next(), app: try columns.next(),
        release: try columns.next(), message: try columns.next()))
  }
}
