import Foundation
public import Manifests
import Synchronization

/// A program that runs beside this process, with its output in a file.
public final class LocalProcess: Sendable {
  public let name: String
  private let process: Mutex<Process>

  init(name: String, program: URL, arguments: [String], log: URL) throws {
    self.name = name
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if !FileManager.default.fileExists(atPath: log.path) {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }
    let output = try FileHandle(forWritingTo: log)
    try output.seekToEnd()
    process.standardOutput = output
    process.standardError = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    try output.close()
    self.process = Mutex(process)
  }

  public var isRunning: Bool { process.withLock { $0.isRunning } }
  public var identifier: Int32 { process.withLock { $0.processIdentifier } }

  /// Waits until it has ended by itself, and returns its exit status (128 and the signal when one ended it).
  public func exitStatus() -> Int32 {
    process.withLock { process in
      process.waitUntilExit()
      return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }
  }

  /// Asks it to end, and makes it after a while.
  public func stop(within time: Duration = .seconds(10)) async {
    guard isRunning else { return }
    Foundation.kill(identifier, SIGTERM)
    let deadline = ContinuousClock.now + time
    while isRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(20)) }
    kill()
  }

  /// Ends it at once (SIGKILL), as a power cut would.
  public func kill() {
    if isRunning { Foundation.kill(identifier, SIGKILL) }
    process.withLock { $0.waitUntilExit() }
  }

  /// Holds it where it is (SIGSTOP), its connections open, until `resume`.
  public func suspend() {
    if isRunning { Foundation.kill(identifier, SIGSTOP) }
  }

  public func resume() {
    if isRunning { Foundation.kill(identifier, SIGCONT) }
  }

  /// Runs a program to its end and returns what it printed; throws with its words when it fails.
  @discardableResult
  public static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    // What is said on standard error is short, so that reading one after the other cannot block the program.
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw FleetError(
        .localFleet, "`\(([program] + arguments).joined(separator: " "))` ended with \(process.terminationStatus)",
        cause: (complaint + text).trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return text
  }
}

extension FleetError.Code {
  /// A step of a fleet on this machine that did not happen.
  public static let localFleet = FleetError.Code("local-fleet")
}
