internal import Digests
internal import FleetModel
internal import FoundationEssentials  // for Data alone, GRDB's type of BLOBs
internal import GRDB
internal import Manifests

/// A type whose values stand in one column.
///
/// GRDB's own conversions end the process when a column holds what they do not expect. These throw `storeDamaged`.
protocol Cell {
  var cell: DatabaseValue { get }
  /// nil when the column holds something else.
  init?(cell: DatabaseValue)
}

extension Int64: Cell {
  var cell: DatabaseValue { databaseValue }
  init?(cell: DatabaseValue) {
    guard case .int64(let value) = cell.storage else { return nil }
    self = value
  }
}

extension Int: Cell {
  var cell: DatabaseValue { databaseValue }
  init?(cell: DatabaseValue) {
    guard let value = Int64(cell: cell) else { return nil }
    self.init(exactly: value)
  }
}

extension Bool: Cell {
  var cell: DatabaseValue { (self ? 1 : 0).databaseValue }
  init?(cell: DatabaseValue) {
    guard let value = Int64(cell: cell), value == 0 || value == 1 else { return nil }
    self = value == 1
  }
}

extension String: Cell {
  var cell: DatabaseValue { databaseValue }
  init?(cell: DatabaseValue) {
    guard case .string(let value) = cell.storage else { return nil }
    self = value
  }
}

extension [UInt8]: Cell {
  var cell: DatabaseValue { Data(self).databaseValue }
  init?(cell: DatabaseValue) {
    guard case .blob(let data) = cell.storage else { return nil }
    self = [UInt8](data)
  }
}

extension Optional: Cell where Wrapped: Cell {
  var cell: DatabaseValue { self?.cell ?? .null }
  init?(cell: DatabaseValue) {
    if cell.isNull {
      self = .none
    } else if let value = Wrapped(cell: cell) {
      self = .some(value)
    } else {
      return nil
    }
  }
}

extension Digest: Cell {
  var cell: DatabaseValue { bytes.cell }
  init?(cell: DatabaseValue) {
    guard let bytes = [UInt8](cell: cell) else { return nil }
    self.init(bytes: bytes)
  }
}

extension AppDigest: Cell {
  var cell: DatabaseValue { digest.cell }
  init?(cell: DatabaseValue) {
    guard let digest = Digest(cell: cell) else { return nil }
    self.init(digest)
  }
}

extension ReleaseDigest: Cell {
  var cell: DatabaseValue { digest.cell }
  init?(cell: DatabaseValue) {
    guard let digest = Digest(cell: cell) else { return nil }
    self.init(digest)
  }
}

extension Timestamp: Cell {
  var cell: DatabaseValue { milliseconds.cell }
  init?(cell: DatabaseValue) {
    guard let milliseconds = Int64(cell: cell) else { return nil }
    self.init(milliseconds: milliseconds)
  }
}

extension ClusterUID: Cell {
  var cell: DatabaseValue { rawValue.cell }
  init?(cell: DatabaseValue) {
    guard let text = String(cell: cell) else { return nil }
    self.init(text)
  }
}

extension TreePath: Cell {
  var cell: DatabaseValue { description.cell }
  init?(cell: DatabaseValue) {
    guard let text = String(cell: cell) else { return nil }
    self.init(text)
  }
}

extension Cell where Self: RawRepresentable, RawValue == String {
  var cell: DatabaseValue { rawValue.cell }
  init?(cell: DatabaseValue) {
    guard let text = String(cell: cell) else { return nil }
    self.init(rawValue: text)
  }
}

extension ClusterDeclaration.Connectivity: Cell {}
extension OperatorRole: Cell {}
extension Sync: Cell {}
extension Health: Cell {}
