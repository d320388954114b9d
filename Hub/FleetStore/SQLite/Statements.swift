internal import GRDB
internal import Manifests

// The few forms in which this module asks SQLite. Statements are literals, so each is prepared once and cached. A row
// reads from its statement, which the cursor resets when it goes: hence the extended lifetimes.
extension Database {
  /// What a statement is given. As optionals: of plain values GRDB asks each for its own by a key path, at ten times the cost.
  private func bound(_ arguments: [any Cell]) -> StatementArguments {
    StatementArguments(arguments.map { $0.cell as (any DatabaseValueConvertible)? })
  }

  /// Runs a statement that changes rows; how many it changed.
  @discardableResult
  func run(_ sql: String, _ arguments: any Cell...) throws -> Int {
    try cachedStatement(sql: sql).execute(arguments: bound(arguments))
    return changesCount
  }

  /// All rows of a query, each read by `read`.
  func all<Element>(
    _ sql: String, _ arguments: any Cell..., read: (inout Columns) throws -> Element
  ) throws -> [Element] {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: bound(arguments))
    return try withExtendedLifetime(cursor) {
      var elements: [Element] = []
      while let row = try cursor.next() {
        var columns = Columns(row)
        elements.append(try read(&columns))
      }
      return elements
    }
  }

  /// The only row of a query, read by `read`; nil when there is none.
  func one<Element>(
    _ sql: String, _ arguments: any Cell..., read: (inout Columns) throws -> Element
  ) throws -> Element? {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: bound(arguments))
    return try withExtendedLifetime(cursor) {
      guard let row = try cursor.next() else { return nil }
      var columns = Columns(row)
      return try read(&columns)
    }
  }

  /// The only column of the only row of a query; nil when there is none.
  func value<Value: Cell>(_ sql: String, _ arguments: any Cell...) throws -> Value? {
    let cursor = try Row.fetchCursor(cachedStatement(sql: sql), arguments: bound(arguments))
    return try withExtendedLifetime(cursor) {
      guard let row = try cursor.next() else { return nil }
      var columns = Columns(row)
      return try columns.next()
    }
  }
}

/// The columns of a row from left to right, in the order in which the query names them.
struct Columns {
  private let row: Row
  private var position = 0

  init(_ row: Row) { self.row = row }

  /// The next column; throws `storeDamaged` when it holds something else.
  mutating func next<Value: Cell>() throws(FleetError) -> Value {
    guard position < row.count else {
      throw FleetError(.storeDamaged, "a row of the database has \(row.count) columns where more are expected")
    }
    defer { position += 1 }
    let stored: DatabaseValue = row[position]
    guard let value = Value(cell: stored) else {
      let column = row.columnNames.dropFirst(position).first ?? ""
      throw FleetError(.storeDamaged, "column \(column) of the database holds what cannot stand there")
    }
    return value
  }
}
