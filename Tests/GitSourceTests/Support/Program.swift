import Foundation
import Testing

/// Runs programs of the system.
enum Program {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What the program writes to its standard output; throws when it fails.
  @discardableResult
  static func run(
    _ name: String, _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:],
    input: String = ""
  ) async throws -> String {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "flotilla-test-output-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let files = ["in", "out", "err"].map { scratch.appending(path: $0) }
    try Data(input.utf8).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    let handles = [
      try FileHandle(forReadingFrom: files[0]), try FileHandle(forWritingTo: files[1]),
      try FileHandle(forWritingTo: files[2]),
    ]
    let child = try Child(
      path(of: "sh"), ["-c", #"cd "$0" && exec "$@""#, directory ?? "/", path(of: name)] + arguments,
      environment: Self.environment.merging(environment) { $1 },
      descriptors: (handles[0].fileDescriptor, handles[1].fileDescriptor, handles[2].fileDescriptor))
    let status = await child.status()
    for handle in handles { try handle.close() }
    guard status == 0 else {
      let said = try String(decoding: Data(contentsOf: files[2]), as: UTF8.self)
      throw Failure(description: "\(name) \(arguments.joined(separator: " ")) ended with \(status): \(said)")
    }
    return try String(decoding: Data(contentsOf: files[1]), as: UTF8.self)
  }

  static func path(of name: String) throws -> String {
    let paths = ["/usr/bin", "/usr/sbin", "/bin"].map { "\($0)/\(name)" }
    guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw Failure(description: "\(name) is not installed; `make test` installs what the tests need")
    }
    return path
  }

  static let environment = [
    "PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1",
  ]
}

/// Waits until something holds; records a failure when it does not in time.
func eventually(
  _ what: Comment, within limit: Duration = .seconds(20), sourceLocation: SourceLocation = #_sourceLocation,
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < end else {
      Issue.record(what, sourceLocation: sourceLocation)
      return
    }
    try await Task.sleep(for: .milliseconds(10))
  }
}
