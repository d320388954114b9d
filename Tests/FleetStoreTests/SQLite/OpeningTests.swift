import FleetStore
import Foundation
import GRDB
import Manifests
import TestSupport
import Testing

@Suite("A state directory belongs to one hub of one version", .timeLimit(.minutes(1)))
struct OpeningTests {
  func error(opening directory: String) -> FleetError? {
    do throws(FleetError) {
      _ = try SQLiteStore(directory: directory)
      return nil
    } catch {
      return error
    }
  }

  @Test("directories that are missing are made, for their owner alone")
  func created() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory + "/var/lib/hub")
      let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/var/lib/hub")
      #expect(attributes[.posixPermissions] as? Int == 0o700)
      try await store.close()
    }
  }

  @Test("a second hub is refused until the first has closed")
  func locked() async throws {
    try await withTemporaryDirectory { directory in
      let first = try SQLiteStore(directory: directory)
      let refusal = try #require(error(opening: directory))
      #expect(refusal.code == .storeUnavailable)
      #expect(refusal.message.contains("another flotilla-hub"))
      #expect(refusal.address.file == directory)
      try await first.close()
      try await SQLiteStore(directory: directory).close()
    }
  }

  @Test("a closed store refuses to read and to write")
  func closed() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await store.close()
      await refuses(.storeUnavailable) { _ = try await store.clusters() }
      await refuses(.storeUnavailable) { try await store.record(.none) }
    }
  }

  @Test("what a newer hub wrote is left alone")
  func newer() async throws {
    try await withTemporaryDirectory { directory in
      let store = try SQLiteStore(directory: directory)
      try await store.register("fra-1")
      try await store.close()
      let path = directory + "/store.sqlite"
      let queue = try DatabaseQueue(path: path)
      try await queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999')") }
      try queue.close()
      let before = try Data(contentsOf: URL(filePath: path))
      let refusal = try #require(error(opening: directory))
      #expect(refusal.code == .storeNewer)
      #expect(refusal.address.file == path)
      #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }
  }

  @Test("a file that is no database is refused")
  func noDatabase() async throws {
    try await withTemporaryDirectory { directory in
      try Data(repeating: 0x41, count: 4096).write(to: URL(filePath: directory + "/store.sqlite"))
      #expect(error(opening: directory)?.code == .storeDamaged)
    }
  }

  @Test("a file where a directory should be is refused")
  func fileInTheWay() async throws {
    try await withTemporaryDirectory { directory in
      try Data().write(to: URL(filePath: directory + "/file"))
      #expect(error(opening: directory + "/file")?.address.file == directory + "/file")
      #expect(error(opening: directory + "/file/below")?.code == .storeUnavailable)
    }
  }
}
