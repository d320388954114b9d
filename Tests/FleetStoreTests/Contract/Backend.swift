import FleetStore
import TestSupport
import Testing

/// A way to keep the hub's memory; every test of the contract runs on each.
struct Backend: Sendable, CustomTestStringConvertible {
  var testDescription: String
  /// Opens the store that lives in this directory, the same one every time.
  var open: @Sendable (_ directory: String) throws -> any HubStore

  static let all = [
    Backend(testDescription: "SQLite", open: { directory in try SQLiteStore(directory: directory) })
  ]

  /// Runs a test with an empty store.
  func withStore(_ body: (any HubStore) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
      let store = try open(directory)
      do {
        try await body(store)
      } catch {
        try await store.close()
        throw error
      }
      try await store.close()
    }
  }

  /// Runs one part of a test, closes the store, and runs the other with the store opened anew.
  func withStore(
    _ before: (any HubStore) async throws -> Void, afterReopening after: (any HubStore) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { directory in
      let first = try open(directory)
      try await before(first)
      try await first.close()
      let second = try open(directory)
      try await after(second)
      try await second.close()
    }
  }
}
