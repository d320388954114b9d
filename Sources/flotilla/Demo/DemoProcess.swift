import Foundation
import Manifests
import Synchronization

/// A program that the demo started, with its output in a file.
final class DemoProcess: Sendable {
  let name: String
  private let process: Mutex<Process>

  init(name: String, program: URL, arguments: [String], log: URL, environment: [String: String] = [:]) throws {
    self.name = name
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if !FileManager.default.fileExists(atPath: log.path) {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }
    let output = try FileHandle(forWritingTo: log)
    try output.seekToEnd()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    self.process = Mutex(process)
  }

  var isRunning: Bool { process.withLock { $0.isRunning } }
  var identifier: Int32 { process.withLock { $0.processIdentifier } }

  /// Asks it to end, and makes it after a while.
  func stop(within time: Duration = .seconds(10)) async {
    guard isRunning else { return }
    kill(identifier, SIGTERM)
    let deadline = ContinuousClock.now + time
    while isRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    if isRunning { kill(identifier, SIGKILL) }
    process.withLock { $0.waitUntilExit() }
  }

  /// Runs a program to its end and returns what it printed; throws with its words when it fails.
  static func run(_ program: URL, _ arguments: [String], in folder: URL? = nil) throws -> String {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let line = ([program.lastPathComponent] + arguments).joined(separator: " ")
      throw FleetError(
        .demo, "`\(line)` ended with \(process.terminationStatus)",
        cause: (complaint + text).trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return text
  }
}

extension FleetError.Code {
  /// A step of the demo that did not happen.
  static let demo = FleetError.Code("demo")
}
