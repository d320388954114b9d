import Foundation
import Manifests
import Synchronization

/// One folder of this machine and the processes that work in it.
public final class LocalMachine: Sendable {
  public let directory: String
  /// Where our programs lie.
  private let programs: String
  private let processes = Mutex<[LocalProcess]>([])

  /// Makes the folder, which must not exist; a new temporary one by default.
  public init(directory: String?, programs: String) throws {
    let folder =
      directory.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "flotilla-\(UUID().uuidString.prefix(8))")
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw FleetError(.localFleet, "the folder is there already", at: .init(file: folder.path))
    }
    try FileManager.default.createDirectory(at: folder.appending(path: "logs"), withIntermediateDirectories: true)
    self.directory = folder.path
    self.programs = programs
  }

  /// The path of one of our programs.
  public func program(_ name: String) throws -> String {
    let path = "\(programs)/\(name)"
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw FleetError(
        .localFleet, "the program \(name) is not there", at: .init(file: path),
        nextStep: "build it: swift build --product \(name)")
    }
    return path
  }

  /// Starts one of our programs; its output is appended to `logs/NAME.log`.
  @discardableResult
  public func start(_ program: String, _ arguments: [String], as name: String) throws -> LocalProcess {
    let process = try LocalProcess(
      name: name, program: URL(filePath: try self.program(program)), arguments: arguments,
      log: URL(filePath: logFile(of: name)))
    processes.withLock { $0.append(process) }
    return process
  }

  /// The process last started under a name.
  public func process(_ name: String) throws -> LocalProcess {
    guard let process = processes.withLock({ $0.last { $0.name == name } }) else {
      throw FleetError(.localFleet, "there is no process \(name)")
    }
    return process
  }

  public func logFile(of name: String) -> String { "\(directory)/logs/\(name).log" }

  /// Ends every process that was started here, the hub last, and removes the folder if wanted.
  public func end(removing: Bool) async {
    let all = processes.withLock { processes in
      defer { processes = [] }
      return processes
    }
    await withTaskGroup(of: Void.self) { group in
      for process in all where process.name != LocalFleet.hubName { group.addTask { await process.stop() } }
    }
    for process in all where process.name == LocalFleet.hubName { await process.stop() }
    if removing { try? FileManager.default.removeItem(atPath: directory) }
  }

  public func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
}

/// Waits until something holds, and throws with what was waited for when it does not in time.
///
/// What the question itself throws counts as not yet, and is the error's cause in the end.
public func eventually(
  _ what: String, within time: Duration = .seconds(60), every pause: Duration = .milliseconds(20),
  _ holds: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + time
  var last: (any Error)?
  while ContinuousClock.now < deadline {
    do {
      if try await holds() { return }
      last = nil
    } catch {
      last = error
    }
    try await Task.sleep(for: pause)
  }
  throw FleetError(.localFleet, "did not happen within \(time): \(what)", cause: last.map { "\($0)" } ?? "")
}
