import Foundation
import Manifests
import Synchronization
import Wire

/// The processes and folders of a demo, all below one folder.
final class DemoWorld: Sendable {
  let directory: String
  private let programs: URL
  private let processes = Mutex<[DemoProcess]>([])
  private let hubAddress: Mutex<String?> = Mutex(nil)

  init(directory: String?) throws {
    let folder =
      directory.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "flotilla-demo-\(UUID().uuidString.prefix(8))")
    guard !FileManager.default.fileExists(atPath: folder.path) else {
      throw FleetError(.demo, "the folder is there already", at: .init(file: folder.path))
    }
    try FileManager.default.createDirectory(
      at: folder.appending(path: "logs"), withIntermediateDirectories: true)
    self.directory = folder.path
    programs = URL(filePath: CommandLine.arguments.first ?? "flotilla").resolvingSymlinksInPath()
      .deletingLastPathComponent()
  }

  var operatorFile: String { "\(directory)/demo.json" }

  func folder(of cluster: String) -> String { "\(directory)/clusters/\(cluster)/manifests" }

  var blobs: String { "\(directory)/hub/store/blobs" }

  // MARK: Processes

  func program(_ name: String) throws -> URL {
    let beside = programs.appending(path: name)
    guard FileManager.default.isExecutableFile(atPath: beside.path) else {
      throw FleetError(
        .demo, "the program \(name) is not beside this one", at: .init(file: beside.path),
        nextStep: "build it: swift build --product \(name)")
    }
    return beside
  }

  @discardableResult
  func start(_ program: String, _ arguments: [String], as name: String) throws -> DemoProcess {
    let process = try DemoProcess(
      name: name, program: try self.program(program), arguments: arguments,
      log: URL(filePath: "\(directory)/logs/\(name).log"))
    processes.withLock { $0.append(process) }
    return process
  }

  func process(_ name: String) throws -> DemoProcess {
    guard let process = processes.withLock({ $0.last { $0.name == name } }) else {
      throw FleetError(.demo, "there is no process \(name)")
    }
    return process
  }

  /// Ends every process that the demo started, the hub last.
  func end(removing: Bool) async {
    let all = processes.withLock { processes in
      defer { processes = [] }
      return processes
    }
    await withTaskGroup(of: Void.self) { group in
      for process in all where process.name != "hub" { group.addTask { await process.stop() } }
    }
    for process in all where process.name == "hub" { await process.stop() }
    if removing { try? FileManager.default.removeItem(atPath: directory) }
  }

  /// Returns when the person at the terminal presses Ctrl-C, or the demo is asked to end.
  func waitForInterrupt() async {
    signal(SIGINT, SIG_IGN)
    signal(SIGTERM, SIG_IGN)
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let sources = [SIGINT, SIGTERM].map { number in
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.yield() }
      source.activate()
      return source
    }
    for await _ in stream { break }
    for source in sources { source.cancel() }
  }

  // MARK: The hub

  /// Asks the hub something as the operator.
  func ask<Answer: Sendable>(
    _ question: @Sendable @escaping (FlotillaV1.OperatorClient) async throws -> Answer
  ) async throws -> Answer {
    var options = HubOptions()
    options.operatorFile = operatorFile
    return try await options.withOperator(question)
  }

  /// Waits until something holds, and fails with what was waited for when it does not in time.
  func wait(
    for what: String, atMost time: Duration = .seconds(30), until holds: () async throws -> Bool
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
      try await Task.sleep(for: .milliseconds(50))
    }
    throw FleetError(.demo, "did not happen within \(time): \(what)", cause: last.map { "\($0)" } ?? "")
  }

  /// A TCP port of loopback that nobody has just now.
  static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw FleetError(.demo, "no socket can be made") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        bind(descriptor, plain, length) == 0 && getsockname(descriptor, plain, &length) == 0
      }
    }
    guard bound else { throw FleetError(.demo, "no port is free on 127.0.0.1") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
