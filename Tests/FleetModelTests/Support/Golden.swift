import Foundation
import Testing

/// The golden files, which `Golden/generate.py` wrote without any code of ours.
enum Golden {
  private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden")

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: directory.appending(path: name)))
  }

  static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

  /// What sha256sum says of a file.
  static func sha256(_ name: String) throws -> String {
    let lines = try text("SHA256SUMS").split(separator: "\n")
    return String(try #require(lines.first { $0.hasSuffix("  \(name)") }).prefix(64))
  }
}
