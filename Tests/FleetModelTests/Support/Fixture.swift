import FleetModel
import Foundation
import TestSupport
import Testing

/// A fleet repository under `Fixtures/`.
struct Fixture: Sendable, CustomTestStringConvertible {
  var name: String
  private var directory: URL

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  init(_ kind: String, _ name: String) {
    self.name = name
    directory = Fixture.root.appending(path: kind).appending(path: name)
  }

  /// All fixtures of a kind, by name.
  static func all(_ kind: String) -> [Fixture] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: kind).path)) ?? []
    return names.sorted().map { Fixture(kind, $0) }
  }

  var testDescription: String { name }

  func tree() throws -> MemoryTree { try MemoryTree(folder: directory.path) }

  func read() throws -> FleetRepository { FleetRepository.read(from: try tree()) }

  private var expectedFile: URL { directory.appending(path: "expected.txt") }

  /// What reading should say. With FLOTILLA_REWRITE=1 in the environment it becomes what reading says now, to be looked
  /// at in the diff.
  func expected(rewriting actual: String) throws -> String {
    if ProcessInfo.processInfo.environment["FLOTILLA_REWRITE"] == "1" {
      try Data(actual.utf8).write(to: expectedFile)
    }
    return String(decoding: try Data(contentsOf: expectedFile), as: UTF8.self)
  }
}
