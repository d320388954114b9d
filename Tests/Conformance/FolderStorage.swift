import Foundation
import Manifests
import Trust

/// Accepted metadata as `<role>.json` in the folder that the suite looks into.
struct FolderStorage: MetadataStorage {
  let directory: String

  private func url(_ role: MetadataRole) -> URL { URL(fileURLWithPath: "\(directory)/\(role.rawValue).json") }

  func load(_ role: MetadataRole) throws(FleetError) -> [UInt8]? {
    let url = url(role)
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    return try reporting(role) { [UInt8](try Data(contentsOf: url)) }
  }

  func store(_ role: MetadataRole, _ bytes: [UInt8]) throws(FleetError) {
    try reporting(role) { try Data(bytes).write(to: url(role), options: .atomic) }
  }

  func remove(_ role: MetadataRole) throws(FleetError) {
    try reporting(role) { try FileManager.default.removeItem(at: url(role)) }
  }

  private func reporting<Result>(_ role: MetadataRole, _ body: () throws -> Result) throws(FleetError) -> Result {
    do {
      return try body()
    } catch {
      throw FleetError(FleetError.Code("folder"), "\(error)", at: .init(file: url(role).path))
    }
  }
}
