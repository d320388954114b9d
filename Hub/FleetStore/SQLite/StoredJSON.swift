internal import GRDB
internal import Manifests

/// Lists and maps of texts in one column, as canonical JSON.
struct StoredJSON: Cell {
  var value: Value

  init(_ value: Value) { self.value = value }
  init(_ texts: [String]) { value = .array(texts.map(Value.string)) }
  init(_ map: [String: String]) { value = .object(Object(map.map { ($0, .string($1)) })) }

  init?(cell: DatabaseValue) {
    guard let bytes = [UInt8](cell: cell), let value = try? JSON.parse(bytes, file: "") else { return nil }
    self.value = value
  }

  var cell: DatabaseValue { JSON.canonical(value).cell }

  func texts() throws(FleetError) -> [String] { try StoredJSON.intact { () throws(FleetError) in try field.strings() } }
  func map() throws(FleetError) -> [String: String] {
    try StoredJSON.intact { () throws(FleetError) in try field.stringMap() }
  }

  var field: Field { Field(value, file: "database") }

  /// What `read` makes of stored JSON; its error says that the store is damaged, not that somebody wrote a wrong field.
  static func intact<Result>(_ read: () throws(FleetError) -> Result) throws(FleetError) -> Result {
    do throws(FleetError) {
      return try read()
    } catch {
      throw FleetError(.storeDamaged, "a column of the database holds what cannot stand there", cause: error.message)
    }
  }
}
