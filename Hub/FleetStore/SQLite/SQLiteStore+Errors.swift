public import FleetModel
internal import GRDB
public import Manifests

extension SQLiteStore {
  public func setErrors(
    _ errors: [FleetError], in scope: ErrorScope, at now: Timestamp
  ) async throws(FleetError) {
    try await writes.perform { database in
      let before = try database.all(
        "\(StandingError.selection) WHERE step = ? AND scope_app IS ? AND scope_cluster IS ?", scope.step, scope.app,
        scope.cluster, read: StandingError.init)
      let since = Dictionary(before.map { ($0.error, $0.since) }, uniquingKeysWith: min)
      try database.run(
        "DELETE FROM standing_errors WHERE step = ? AND scope_app IS ? AND scope_cluster IS ?", scope.step, scope.app,
        scope.cluster)
      for (position, error) in errors.enumerated() {
        try database.insert(
          StandingError(scope: scope, error: error, since: since[error] ?? now), position: position)
      }
    }
  }

  public func currentErrors() async throws(FleetError) -> [StandingError] {
    try await read { database in
      try database.all(
        "\(StandingError.selection) ORDER BY step, scope_app, scope_cluster, position", read: StandingError.init)
    }
  }
}

extension StandingError {
  fileprivate static let selection = """
    SELECT step, scope_app, scope_cluster, code, message, file, line, column_number, field, cluster, app, object, cause,
    next_step, since FROM standing_errors
    """

  fileprivate init(_ columns: inout Columns) throws {
    let scope = ErrorScope(step: try columns.next(), app: try columns.next(), cluster: try columns.next())
    let code = FleetError.Code(rawValue: try columns.next())
    let message: String = try columns.next()
    let address = FleetError.Address(
      file: try columns.next(), line: try columns.next(), column: try columns.next(), field: try columns.next(),
      cluster: try columns.next(), app: try columns.next(), object: try columns.next())
    let error = FleetError(
      code, message, at: address, cause: try columns.next(), nextStep: try columns.next())
    self.init(scope: scope, error: error, since: try columns.next())
  }
}

extension Database {
  fileprivate func insert(_ standing: StandingError, position: Int) throws {
    let (scope, error, address) = (standing.scope, standing.error, standing.error.address)
    try run(
      "INSERT INTO standing_errors VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", scope.step, scope.app,
      scope.cluster, position, error.code.rawValue, error.message, address.file, address.line, address.column,
      address.field, address.cluster, address.app, address.object, error.cause, error.nextStep, standing.since)
  }
}
