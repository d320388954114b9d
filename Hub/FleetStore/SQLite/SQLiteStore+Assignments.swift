public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func assignments() async throws(FleetError) -> [Assignment] {
    try await read { database in
      try database.all("\(Assignment.selection) ORDER BY cluster, app", read: Assignment.init)
    }
  }

  public func assignments(of clusters: [ClusterUID]) async throws(FleetError) -> [ClusterUID: [Assignment]] {
    try await read { database in
      var found: [ClusterUID: [Assignment]] = [:]
      for cluster in clusters {
        let assignments = try database.all(
          "\(Assignment.selection) WHERE cluster = ? ORDER BY app", cluster, read: Assignment.init)
        found[cluster] = assignments.isEmpty ? nil : assignments
      }
      return found
    }
  }

  public func assignments(ofApp app: String) async throws(FleetError) -> [Assignment] {
    try await read { database in
      try database.all("\(Assignment.selection) WHERE app = ? ORDER BY cluster", app, read: Assignment.init)
    }
  }
}

extension Assignment {
  fileprivate static let selection = "SELECT cluster, app, digest, release, rollout FROM assignments"

  fileprivate init(_ columns: inout Columns) throws {
    self.init(
      cluster: try columns.next(), app: try columns.next(), digest: try columns.next(), release: try columns.next(),
      rollout: try columns.next())
  }
}

extension Database {
  func apply(_ change: AssignmentChange) throws {
    switch change {
    case .assign(let assignment):
      try run(
        "INSERT OR REPLACE INTO assignments VALUES (?, ?, ?, ?, ?)", assignment.cluster, assignment.app,
        assignment.digest, assignment.release, assignment.rollout)
    case .clear(let cluster, let app):
      try run("DELETE FROM assignments WHERE cluster = ? AND app = ?", cluster, app)
    }
  }
}
